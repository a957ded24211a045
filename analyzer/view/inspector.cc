// The selected process, at the right: who it is, how its numbers went, what it does, to whom it is
// tied.

#include <fmt/format.h>
#include <imgui.h>

#include <cmath>

#include "analyzer/view/panel.h"
#include "analyzer/view/widgets.h"

namespace beamtape {

namespace {

void draw_curves(const Session& session, const LifeText& life) {
  for (const LifeText::Curve& one : life.curves) {
    double now = NAN;
    const double second = session.overview().seconds[session.at()];
    for (std::size_t i = 0; i < one.seconds.size() && one.seconds[i] <= second + 1e-6; ++i) {
      now = one.values[i];
    }
    quiet_text(one.name);
    const std::string value = track_text(now, one.unit, one.is_rate);
    ImGui::PushFont(faces().mono);
    ImGui::SameLine(ImGui::GetContentRegionMax().x - ImGui::CalcTextSize(value.c_str()).x);
    ImGui::TextUnformatted(value.c_str());
    ImGui::PopFont();
    curve(one.seconds, one.values, {session.from_s, session.to_s},
          {theme().accent, second, scaled(34), true});
  }
}

void draw_links(Session& session, const LifeText& life) {
  if (life.links.empty() && life.owned.empty()) return;
  ImGui::Separator();
  std::string relation;
  int id = 0;
  for (const LifeText::Link& link : life.links) {
    if (link.relation != relation) {
      relation = link.relation;
      quiet_text(relation);
    }
    ImGui::Indent(scaled(10));
    if (link.ref.rfind("<", 0) == 0) {
      process_link(session, link.name.empty() ? link.ref : link.ref + "  " + link.name, link.ref,
                   ++id);
    } else {
      mono_text(link.ref.empty() ? link.name : link.ref, theme().text);
    }
    ImGui::Unindent(scaled(10));
  }
  if (life.owned.empty()) return;
  quiet_text("owns");
  for (const std::string& one : life.owned) wrapped_text(one, theme().text);
}

void draw_stack(const LifeText& life) {
  if (life.stack.empty()) return;
  ImGui::Separator();
  quiet_text("stack, " + life.stack_span);
  ImGui::PushFont(faces().mono);
  for (const std::string& frame : life.stack) wrapped_text(frame, theme().text);
  ImGui::PopFont();
}

void draw_facts(const LifeText& life) {
  ImGui::Separator();
  if (!ImGui::BeginTable("facts", 2, ImGuiTableFlags_SizingFixedFit)) return;
  ImGui::TableSetupColumn("name", ImGuiTableColumnFlags_WidthFixed, scaled(150));
  ImGui::TableSetupColumn("value", ImGuiTableColumnFlags_WidthStretch);
  for (const LifeText::Fact& fact : life.facts) {
    ImGui::TableNextRow();
    ImGui::TableSetColumnIndex(0);
    quiet_text(fact.name);
    explain(fact.explanation);
    ImGui::TableSetColumnIndex(1);
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
  const auto life = session.life();
  if (!life) {
    quiet_text("reading " + session.place().subject + " …");
    return;
  }
  if (!life->error.empty()) {
    wrapped_text(life->error, theme().warning);
    return;
  }
  ImGui::SameLine();
  mono_text(life->pid, theme().quiet);
  ImGui::PushFont(faces().title);
  wrapped_text(life->name.empty() ? life->pid : life->name, theme().text);
  ImGui::PopFont();
  quiet_text(life->span);
  draw_curves(session, *life);
  draw_stack(*life);
  draw_links(session, *life);
  draw_facts(*life);
}

}  // namespace beamtape
