// What was recorded: how completely, with which gaps, at what cost for the node.

#include <fmt/format.h>
#include <imgui.h>

#include <algorithm>

#include "analyzer/load/text.h"
#include "analyzer/load/time.h"
#include "analyzer/view/all_panels.h"
#include "analyzer/view/widgets.h"

namespace beamtape {

namespace {

void draw_remarks(const Overview& overview) {
  quiet_text(fmt::format("format {}, {}", overview.format_version, size_text(overview.file_bytes)));
  for (const std::string& one : overview.remarks) wrapped_text(printable(one), theme().warning);
  if (overview.gaps.empty()) quiet_text("no gaps");
  for (const Stretch& gap : overview.gaps) {
    wrapped_text(fmt::format("gap  {} to {}: {}", clock_text(gap.from_us, false),
                             clock_text(gap.to_us, false), gap.reason),
                 theme().warning);
  }
  for (const Stretch& note : overview.notes) {
    wrapped_text(fmt::format("note  {}: {}", clock_text(note.from_us, false), note.reason),
                 theme().text);
  }
}

void cell(int column, const std::string& text) {
  ImGui::TableSetColumnIndex(column);
  ImGui::PushFont(faces().mono);
  const float room = ImGui::GetContentRegionAvail().x;
  const float wide = ImGui::CalcTextSize(text.c_str()).x;
  if (column > 0 && column < 7 && wide < room) {
    ImGui::SetCursorPosX(ImGui::GetCursorPosX() + room - wide);
  }
  ImGui::TextUnformatted(text.c_str());
  ImGui::PopFont();
}

void draw_snapshot(Session& session, std::size_t position) {
  const Instant& one = session.overview().instants[position];
  ImGui::TableNextRow();
  if (position == session.at()) {
    ImGui::TableSetBgColor(ImGuiTableBgTarget_RowBg0, faded(theme().accent, 0.22F));
  }
  ImGui::TableSetColumnIndex(0);
  const auto label = fmt::format("#{}", one.snapshot);
  if (ImGui::Selectable(label.c_str(), false, ImGuiSelectableFlags_SpanAllColumns)) {
    session.go_to(position);
  }
  cell(1, clock_text(one.wall_us, true));
  cell(2, grouped(one.processes));
  cell(3, grouped(one.not_read));
  cell(4, duration_text(one.took_us));
  cell(5, duration_text(one.target_us));
  cell(6, size_text(one.received_bytes));
  cell(7, one.not_answered.empty() ? (one.filling ? "still filling" : "")
                                   : printable(one.not_answered));
}

void draw_snapshots(Session& session) {
  const ImGuiTableFlags flags = ImGuiTableFlags_Resizable | ImGuiTableFlags_RowBg |
                                ImGuiTableFlags_ScrollX | ImGuiTableFlags_ScrollY |
                                ImGuiTableFlags_SizingFixedFit;
  if (!ImGui::BeginTable("snapshots", 8, flags)) return;
  ImGui::TableSetupScrollFreeze(0, 1);
  for (const char* head : {"snapshot", "time (UTC)", "processes", "not read", "took",
                           "cost on node", "received", "what is missing"}) {
    ImGui::TableSetupColumn(head);
  }
  ImGui::TableHeadersRow();
  ImGuiListClipper clipper;
  clipper.Begin(static_cast<int>(session.overview().instants.size()));
  while (clipper.Step()) {
    for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) {
      draw_snapshot(session, static_cast<std::size_t>(i));
    }
  }
  ImGui::EndTable();
}

void draw(Session& session) {
  draw_remarks(session.overview());
  if (session.overview().instants.empty()) {
    empty_state("Nothing to show", session.overview().error);
    return;
  }
  draw_snapshots(session);
}

}  // namespace

const Panel kRecordingPanel{"recording", "Recording", "Snapshots, gaps, completeness and cost",
                            draw};

}  // namespace beamtape
