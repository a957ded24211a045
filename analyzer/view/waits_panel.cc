// Who waits for whom at the shown instant.

#include <fmt/format.h>
#include <imgui.h>

#include <iterator>

#include "analyzer/load/damage_words.h"
#include "analyzer/load/text.h"
#include "analyzer/load/time.h"
#include "analyzer/view/all_panels.h"
#include "analyzer/view/wait_graph_view.h"
#include "analyzer/view/widgets.h"

namespace beamtape {

namespace {

std::string called(const WaitingProcess& process) {
  return process.name.empty() ? process.pid : process.pid + "  " + printable(process.name);
}

// On the same line where there is room for it.
void go_on(const std::string& next) {
  ImGui::SameLine();
  ImGui::PushFont(faces().mono);
  const float wide = ImGui::CalcTextSize(next.c_str()).x;
  ImGui::PopFont();
  if (wide > ImGui::GetContentRegionAvail().x) ImGui::NewLine();
}

void draw_cycles(Session& session, const Waits& found) {
  for (const auto& cycle : found.cycles) {
    mono_text("■ deadlock", theme().critical);
    for (const std::size_t at : cycle) {
      const std::string name = called(found.waits[at].waiter);
      go_on(name + " waits for");
      process_link(session, name, found.waits[at].waiter.pid);
      ImGui::SameLine();
      quiet_text("waits for");
    }
    go_on("the first");
    quiet_text("the first");
  }
}

struct Head {
  const char* name;
  const char* explanation;
  bool number = false;
};

constexpr Head kHeads[] = {
    {"waits", "The process that is inside a call"},
    {"for", "The process whose answer it waits for"},
    {"in", "The function in which it waits"},
    {"since (UTC)", "The first of the snapshots in a row with this very wait"},
    {"callee's mailbox", "Messages waiting at the one that is called", true},
    {"waiters of callee", "How many wait directly for the same one", true},
    {"certainty", "How it is known whom it waits for"},
};
constexpr int kHeadCount = static_cast<int>(std::size(kHeads));

void draw_wait(Session& session, const Wait& wait) {
  ImGui::TableNextRow();
  ImGui::TableSetColumnIndex(0);
  process_link(session, called(wait.waiter), wait.waiter.pid);
  ImGui::TableSetColumnIndex(1);
  if (wait.certainty == WaitEdge::Certainty::kOutside) {
    mono_text(printable(called(wait.callee)), theme().text);
  } else {
    process_link(session, called(wait.callee), wait.callee.pid);
  }
  ImGui::TableSetColumnIndex(2);
  mono_text(printable(wait.function), theme().text);
  ImGui::TableSetColumnIndex(3);
  if (wait.since) {
    mono_text(clock_text(wait.since->began_wall_us, false) + (wait.since_open ? " or before" : ""),
              theme().text);
  }
  ImGui::TableSetColumnIndex(4);
  right_text(is_missing(wait.callee_queue) ? "not read" : grouped(wait.callee_queue),
             is_missing(wait.callee_queue) ? theme().quiet : theme().text);
  ImGui::TableSetColumnIndex(5);
  right_text(grouped(static_cast<std::int64_t>(wait.callee_waiters)), theme().text);
  ImGui::TableSetColumnIndex(6);
  quiet_text(certainty_name(wait.certainty));
}

void draw_table(Session& session, const Waits& found) {
  const ImGuiTableFlags flags = ImGuiTableFlags_Resizable | ImGuiTableFlags_RowBg |
                                ImGuiTableFlags_ScrollX | ImGuiTableFlags_ScrollY |
                                ImGuiTableFlags_SizingFixedFit;
  if (!ImGui::BeginTable("waits", kHeadCount, flags)) return;
  ImGui::TableSetupScrollFreeze(0, 1);
  for (const Head& head : kHeads) ImGui::TableSetupColumn(head.name);
  ImGui::TableNextRow(ImGuiTableRowFlags_Headers);
  for (int i = 0; i < kHeadCount; ++i) {
    table_head(i, kHeads[i].name, kHeads[i].explanation, kHeads[i].number);
  }
  ImGuiListClipper clipper;
  clipper.Begin(static_cast<int>(found.waits.size()));
  while (clipper.Step()) {
    for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) {
      draw_wait(session, found.waits[static_cast<std::size_t>(i)]);
    }
  }
  ImGui::EndTable();
}

void draw_waits(Session& session) {
  const auto answer = session.waits();
  if (!answer) {
    empty_state("Looking who waits for whom …", "Up to 120 snapshots before are read for it.");
    return;
  }
  if (!answer->error.empty()) {
    wrapped_text(printable(answer->error), theme().warning);
    return;
  }
  const Instant* now = session.instant();
  quiet_text(fmt::format("at #{}{}", answer->snapshot,
                         now && now->snapshot != answer->snapshot ? ", newer being read …" : ""));
  damage_lines(damage_texts(answer->found.damage));
  if (answer->found.waits.empty() && !answer->found.damage.empty()) {
    empty_state("Not known", "What the processes were in is damaged, and whom they waited for.");
    return;
  }
  if (answer->found.waits.empty()) {
    empty_state("Nobody waits", "No process stands in a call that is known to wait for another.");
    return;
  }
  draw_cycles(session, answer->found);
  if (!ImGui::BeginTabBar("waits")) return;
  if (ImGui::BeginTabItem("Graph")) {
    draw_wait_graph(session, *answer);
    ImGui::EndTabItem();
  }
  const auto list = fmt::format("List  {}###list",
                                grouped(static_cast<std::int64_t>(answer->found.waits.size())));
  if (ImGui::BeginTabItem(list.c_str())) {
    draw_table(session, answer->found);
    ImGui::EndTabItem();
  }
  ImGui::EndTabBar();
}

}  // namespace

const Panel kWaitsPanel{"waits", "Waits", "Who waits for whom at this instant, and since when",
                        draw_waits};

}  // namespace beamtape
