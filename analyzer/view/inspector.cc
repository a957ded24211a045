// The selected process, at the right: who it is, how its numbers went, where it is and was, whom
// it waits for, to whom it is tied, what it owns.

#include <fmt/format.h>
#include <imgui.h>

#include <algorithm>
#include <set>

#include "analyzer/load/text.h"
#include "analyzer/load/time.h"
#include "analyzer/view/links.h"
#include "analyzer/view/panel.h"
#include "analyzer/view/widgets.h"

namespace beamtape {

namespace {

constexpr std::size_t kMostWaiters = 8;

// A part that can be closed; it stays so while the window is open.
bool section(const std::string& title) {
  ImGui::Dummy({0, scaled(2)});
  ImGui::Separator();
  ImGui::PushStyleColor(ImGuiCol_Text, theme().quiet);
  const bool open = ImGui::TreeNodeEx(title.c_str(), ImGuiTreeNodeFlags_DefaultOpen |
                                                         ImGuiTreeNodeFlags_NoTreePushOnOpen |
                                                         ImGuiTreeNodeFlags_SpanAvailWidth);
  ImGui::PopStyleColor();
  return open;
}

void draw_telling(Session& session, const LifeText& life) {
  for (std::size_t i = 0; i < life.telling; ++i) {
    const LifeText::Curve& one = life.curves[i];
    quiet_text(one.name);
    explain(one.explanation);
    reach_text(session, life.seconds, one.values, one.unit, one.is_rate);
    ImGui::SameLine();
    lower_to_text();
    right_text(one.text, one.why.empty() ? theme().text : theme().quiet);
    explain(one.why);
    curve(session, life.seconds, one.values,
          {theme().accent, scaled(34), one.unit, one.is_rate, life.pid});
  }
}

void draw_frames(const std::vector<std::string>& frames) {
  ImGui::PushFont(faces().mono);
  for (const std::string& frame : frames) wrapped_text(printable(frame), theme().text);
  if (frames.empty()) wrapped_text("empty", theme().quiet);
  ImGui::PopFont();
}

void draw_stacks(Session& session, const LifeText& life) {
  if (life.stacks.empty()) return;
  for (const LifeText::Stack& one : life.stacks) {
    if (one.shown && section(fmt::format("stack, {}###stack", one.span))) draw_frames(one.frames);
  }
  if (life.stacks_in_all < 2) return;
  const auto count = grouped(static_cast<std::int64_t>(life.stacks_in_all - 1));
  if (!section(fmt::format("stacks before and after, {}###stacks", count))) return;
  for (const LifeText::Stack& one : life.stacks) {
    const bool chosen = text_link(one.span);
    if (ImGui::IsItemHovered()) {
      ImGui::BeginTooltip();
      draw_frames(one.frames);
      ImGui::EndTooltip();
    }
    if (chosen) session.go_to(session.position_at(one.from_s));
    ImGui::SameLine();
    mono_text(one.frames.empty() ? "empty" : printable(one.frames.front()),
              one.shown ? theme().text : theme().quiet);
  }
  if (life.stacks_in_all > life.stacks.size()) {
    quiet_text(fmt::format("{} of {}, around the shown instant", life.stacks.size(),
                           grouped(static_cast<std::int64_t>(life.stacks_in_all))));
  }
}

const Wait* wait_of(const Waits& waits, const std::string& pid) {
  for (const Wait& one : waits.waits) {
    if (one.waiter.pid == pid) return &one;
  }
  return nullptr;
}

void waiting_link(Session& session, const WaitingProcess& process, bool recorded) {
  const auto text = process.name.empty() ? process.pid : process.pid + "  " + process.name;
  if (recorded) {
    process_link(session, printable(text), process.pid);
  } else {
    mono_text(printable(text), theme().text);
  }
}

// From one to the next until one waits for nobody, or for one that was told already.
void draw_chain(Session& session, const Waits& waits, const std::string& pid) {
  std::set<std::string> told{pid};
  for (const Wait* wait = wait_of(waits, pid); wait; wait = wait_of(waits, wait->callee.pid)) {
    quiet_text(fmt::format("waits in {}{}", printable(wait->function),
                           wait->since
                               ? fmt::format(" since {}{}", wait->since_open ? "before " : "",
                                             clock_text(wait->since->began_wall_us, false))
                               : ""));
    quiet_text("for");
    ImGui::SameLine();
    waiting_link(session, wait->callee, wait->certainty != WaitEdge::Certainty::kOutside);
    if (told.insert(wait->callee.pid).second) continue;
    mono_text("■ a circle", theme().critical);
    return;
  }
}

void draw_waits(Session& session, const LifeText& life) {
  // They read many snapshots: not for each instant that is played past.
  const auto answer = session.playing ? nullptr : session.waits();
  const Instant* now = session.instant();
  if (!answer || !now || answer->snapshot != now->snapshot) return;
  std::vector<const Wait*> waiters;
  for (const Wait& one : answer->found.waits) {
    if (one.callee.pid == life.pid) waiters.push_back(&one);
  }
  if (waiters.empty() && !wait_of(answer->found, life.pid)) return;
  if (!section("waits###waits")) return;
  draw_chain(session, answer->found, life.pid);
  if (waiters.empty()) return;
  quiet_text(fmt::format("{} wait{} for it", grouped(static_cast<std::int64_t>(waiters.size())),
                         waiters.size() == 1 ? "s" : ""));
  for (std::size_t i = 0; i < waiters.size() && i < kMostWaiters; ++i) {
    waiting_link(session, waiters[i]->waiter, true);
  }
  if (waiters.size() > kMostWaiters && text_link("all of them")) session.show("waits");
}

void draw_link(Session& session, const LifeText::Link& link) {
  // An ancestor may be told by its registered name.
  const bool process = link.ref.rfind("<", 0) == 0 || link.relation == "ancestors";
  const bool port = link.ref.rfind("#Port<", 0) == 0;
  const std::string text =
      link.ref.empty() || link.name.empty() ? link.ref + link.name : link.ref + "  " + link.name;
  thing_link(session, text, process ? "process" : port ? "port" : "", link.ref);
}

// The links [from, to) of one relation: the first of them until somebody wants all.
void draw_relation(Session& session, const LifeText& life, std::size_t from, std::size_t to) {
  constexpr std::size_t kMostAtFirst = 12;
  static std::set<std::string> opened;  // while the window is open
  const std::string& relation = life.links[from].relation;
  quiet_text(relation);
  ImGui::Indent(scaled(10));
  const std::string key = life.pid + relation;
  // The last may be how many there are in all.
  const std::size_t counted = life.links[to - 1].ref.empty() ? 1 : 0;
  const std::size_t count = to - from - counted;
  const bool folded = count > kMostAtFirst + 1 && !opened.count(key);
  for (std::size_t i = 0; i < (folded ? kMostAtFirst : count); ++i) {
    draw_link(session, life.links[from + i]);
  }
  if (folded) {
    const auto more = grouped(static_cast<std::int64_t>(count - kMostAtFirst));
    if (text_link(fmt::format("and {} more", more))) opened.insert(key);
    tell_place(session, "more " + relation);
  }
  if (counted > 0) draw_link(session, life.links[to - 1]);
  ImGui::Unindent(scaled(10));
}

void draw_links(Session& session, const LifeText& life) {
  if (!life.owned.empty() && section("owns###owns")) {
    for (const LifeText::Holding& one : life.owned) {
      thing_link(session, one.text, one.kind, one.id);
    }
  }
  if (life.links.empty() || !section("tied to###tied")) return;
  for (std::size_t from = 0, to = 0; from < life.links.size(); from = to) {
    while (to < life.links.size() && life.links[to].relation == life.links[from].relation) ++to;
    draw_relation(session, life, from, to);
  }
}

void draw_numbers(Session& session, const LifeText& life) {
  if (life.curves.size() == life.telling || !section("other numbers that change###numbers")) return;
  if (!ImGui::BeginTable("numbers", 3)) return;
  ImGui::TableSetupColumn("name", ImGuiTableColumnFlags_WidthStretch, 1.1F);
  ImGui::TableSetupColumn("value", ImGuiTableColumnFlags_WidthStretch, 0.7F);
  ImGui::TableSetupColumn("curve", ImGuiTableColumnFlags_WidthStretch, 1);
  for (std::size_t i = life.telling; i < life.curves.size(); ++i) {
    const LifeText::Curve& one = life.curves[i];
    ImGui::TableNextRow();
    ImGui::TableSetColumnIndex(0);
    quiet_text(one.name);
    explain(one.name + "\n" + one.explanation);
    ImGui::TableSetColumnIndex(1);
    lower_to_text();
    right_text(one.text, one.why.empty() ? theme().text : theme().quiet);
    explain(one.why);
    ImGui::TableSetColumnIndex(2);
    curve(session, life.seconds, one.values,
          {theme().accent, ImGui::GetTextLineHeight(), one.unit, one.is_rate, life.pid});
  }
  ImGui::EndTable();
}

void draw_facts(const LifeText& life) {
  if (!section("identity and state###facts")) return;
  if (!ImGui::BeginTable("facts", 2, ImGuiTableFlags_SizingFixedFit)) return;
  ImGui::TableSetupColumn("name", ImGuiTableColumnFlags_WidthFixed, scaled(164));
  ImGui::TableSetupColumn("value", ImGuiTableColumnFlags_WidthStretch);
  for (const LifeText::Fact& fact : life.facts) {
    ImGui::TableNextRow();
    ImGui::TableSetColumnIndex(0);
    quiet_text(fact.name);
    explain(fact.name + "\n" + fact.explanation);
    ImGui::TableSetColumnIndex(1);
    lower_to_text();
    ImGui::PushFont(faces().mono);
    wrapped_text(fact.text, theme().text);
    ImGui::PopFont();
  }
  ImGui::EndTable();
}

}  // namespace

void draw_inspector(Session& session) {
  if (ImGui::SmallButton("close")) {
    session.select("");
    return;
  }
  explain("Closes the inspector (X)");
  const auto life = session.life();
  if (!life) {
    quiet_text("reading " + printable(session.place().subject) + " …");
    return;
  }
  if (!life->error.empty()) {
    wrapped_text(printable(life->error), theme().warning);
    return;
  }
  const bool pinned =
      std::find(session.pinned.begin(), session.pinned.end(), life->pid) != session.pinned.end();
  ImGui::SameLine();
  if (ImGui::SmallButton(pinned ? "unpin" : "pin")) session.pin(life->pid);
  explain("To the top of the processes, or no longer (P)");
  ImGui::SameLine();
  if (ImGui::SmallButton("mark")) session.tag(life->pid);
  explain("With the next of five colours, after the last with none (T)");
  ImGui::SameLine();
  mono_text(life->pid, theme().quiet);
  ImGui::PushFont(faces().title);
  wrapped_text(life->name.empty() ? life->pid : life->name, theme().text);
  ImGui::PopFont();
  quiet_text(life->span);
  damage_lines(life->damage);
  if (!life->absent.empty()) wrapped_text(life->absent, theme().warning);
  draw_telling(session, *life);
  draw_stacks(session, *life);
  draw_waits(session, *life);
  draw_links(session, *life);
  draw_numbers(session, *life);
  draw_facts(*life);
}

}  // namespace beamtape
