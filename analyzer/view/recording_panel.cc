// What was recorded: how completely, with which gaps, at what cost for the node.

#include <fmt/format.h>
#include <imgui.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "analyzer/load/damage_words.h"
#include "analyzer/load/text.h"
#include "analyzer/load/time.h"
#include "analyzer/view/all_panels.h"
#include "analyzer/view/widgets.h"

namespace beamtape {

namespace {

// What looking for findings came upon: nothing reads the rest before somebody wants it.
void draw_damage(Session& session) {
  const auto answer = session.findings();
  if (!answer) {
    quiet_text("looking for damage …");
    return;
  }
  if (!answer->error.empty()) {
    wrapped_text("damage is not known: " + printable(answer->error), theme().warning);
    return;
  }
  const auto damage = damage_texts(answer->found.damage);
  damage_lines(damage);
  if (damage.empty()) quiet_text("no damage where findings looked");
  explain("`beamtape-analyzer check` reads every byte of the file");
}

void draw_remarks(const Overview& overview) {
  quiet_text(fmt::format("format {}, {}", overview.format_version, size_text(overview.file_bytes)));
  for (const std::string& one : overview.remarks) wrapped_text(printable(one), theme().warning);
  if (overview.gaps.empty()) quiet_text("no gaps");
  for (const Stretch& gap : overview.gaps) {
    wrapped_text(fmt::format("gap  {}: {}", clock_span_text(gap.from_us, gap.to_us), gap.reason),
                 theme().warning);
  }
  for (const Stretch& note : overview.notes) {
    wrapped_text(fmt::format("note  {}: {}", clock_text(note.from_us, false), note.reason),
                 theme().text);
  }
}

struct Head {
  const char* name;
  const char* explanation;
};

constexpr Head kHeads[] = {
    {"snapshot", "A click goes there"},
    {"time (UTC)", "When the first question was asked"},
    {"processes", "That were listed"},
    {"not read", "Processes of which something could not be read: their cells say why"},
    {"took", "From the first question to the last answer: a snapshot is not one instant"},
    {"cost on node", "Time of the workers that answered, on the node: an upper bound of their CPU"},
    {"received", "Bytes that the node sent"},
    {"what is missing", "Questions that the node did not answer, and why"},
};
constexpr int kHeadCount = static_cast<int>(std::size(kHeads));

bool is_number(int column) { return column > 1 && column < kHeadCount - 1; }

void cell(int column, const std::string& text) {
  ImGui::TableSetColumnIndex(column);
  ImGui::PushFont(faces().mono);
  const float room = ImGui::GetContentRegionAvail().x;
  const float wide = ImGui::CalcTextSize(text.c_str()).x;
  if (is_number(column) && wide < room) {
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
  ImGui::PushFont(faces().mono);
  if (ImGui::Selectable(label.c_str(), false, ImGuiSelectableFlags_SpanAllColumns)) {
    session.go_to(position);
  }
  ImGui::PopFont();
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
  if (!ImGui::BeginTable("snapshots", kHeadCount, flags)) return;
  ImGui::TableSetupScrollFreeze(0, 1);
  for (const Head& head : kHeads) ImGui::TableSetupColumn(head.name);
  ImGui::TableNextRow(ImGuiTableRowFlags_Headers);
  for (int i = 0; i < kHeadCount; ++i) {
    table_head(i, kHeads[i].name, kHeads[i].explanation, is_number(i));
  }
  // To the shown one when another is shown, or this place is come to.
  static std::pair<const Session*, std::size_t> shown;
  const std::pair<const Session*, std::size_t> now{&session, session.at()};
  if (std::exchange(shown, now) != now || ImGui::IsWindowAppearing()) {
    const float height = ImGui::GetTextLineHeight() + 2 * ImGui::GetStyle().CellPadding.y;
    const float middle = static_cast<float>(session.at()) * height;
    const float top = ImGui::GetScrollY(), room = ImGui::GetWindowHeight();
    if (middle < top || middle + 3 * height > top + room) ImGui::SetScrollY(middle - room / 2);
  }
  ImGuiListClipper clipper;
  clipper.Begin(static_cast<int>(session.overview().instants.size()));
  while (clipper.Step()) {
    for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) {
      draw_snapshot(session, static_cast<std::size_t>(i));
    }
  }
  ImGui::EndTable();
}

void draw_recording(Session& session) {
  if (!session.overview().instants.empty()) draw_damage(session);
  draw_remarks(session.overview());
  if (session.overview().instants.empty()) {
    empty_state("Nothing to show", session.overview().error);
    return;
  }
  draw_snapshots(session);
}

}  // namespace

const Panel kRecordingPanel{"recording", "Recording", "Snapshots, gaps, completeness and cost",
                            draw_recording};

}  // namespace beamtape
