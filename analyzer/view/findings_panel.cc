// The landing page: what is wrong, why one may believe it, why it may be wrong, what to do.

#include <fmt/format.h>
#include <imgui.h>

#include "analyzer/load/damage_words.h"
#include "analyzer/load/text.h"
#include "analyzer/load/time.h"
#include "analyzer/view/all_panels.h"
#include "analyzer/view/links.h"
#include "analyzer/view/widgets.h"

namespace beamtape {

namespace {

Theme::Colour colour_of(Severity severity) {
  if (severity == Severity::kCritical) return theme().critical;
  return severity == Severity::kWarning ? theme().warning : theme().accent;
}

// A sign of another shape for each, for those who do not see the colours.
const char* sign_of(Severity severity) {
  if (severity == Severity::kCritical) return "■ critical";
  return severity == Severity::kWarning ? "▲ warning" : "● info";
}

void part(const char* title, const std::string& text) {
  if (text.empty()) return;
  quiet_text(title);
  ImGui::SameLine(scaled(150));
  wrapped_text(printable(text), theme().text);
}

void draw_plot(Session& session, const Finding& finding) {
  if (finding.plot.values.empty()) return;
  const Overview& overview = session.overview();
  // The plot counts from the first snapshot that the rule looked at.
  const double shift =
      static_cast<double>(finding.from_wall_us - overview.instants.front().wall_us) / 1e6;
  std::vector<double> seconds = finding.plot.seconds;
  for (double& one : seconds) one += shift;
  double most = 0;
  for (const double one : finding.plot.values) most = one > most ? one : most;
  quiet_text(fmt::format("{}, at most {}", finding.plot.metric,
                         track_text(most, finding.plot.unit, false)));
  curve(session, seconds, finding.plot.values,
        {colour_of(finding.severity), scaled(44), finding.plot.unit, false,
         finding.subject.kind == "process" ? finding.subject.id : ""});
}

const char* show_text(const std::string& kind, const std::string& id) {
  if (kind == "process") return "Show the process";
  if (kind == "group") return "Show its processes";
  if (kind == "ets") return "Show the table";
  if (kind == "port") return are_sockets(kind, id) ? "Show sockets" : "Show ports";
  return kind == "allocator" ? "Show allocators" : "Show the node";
}

void draw_actions(Session& session, const Finding& finding) {
  const auto& subject = finding.subject;
  if (leads_somewhere(subject.kind)) {
    const bool clicked = ImGui::Button(show_text(subject.kind, subject.id));
    tell_place(session, "show " + subject.kind);
    if (clicked) follow(session, subject.kind, subject.id);
  }
  ImGui::SameLine();
  if (ImGui::Button("Compare its ends")) {
    const auto start = session.overview().instants.front().wall_us;
    session.compare(session.position_at(static_cast<double>(finding.from_wall_us - start) / 1e6),
                    session.position_at(static_cast<double>(finding.to_wall_us - start) / 1e6));
  }
  explain("What changed over the stretch that this finding rests on");
}

void draw_finding(Session& session, const Finding& finding) {
  mono_text(sign_of(finding.severity), colour_of(finding.severity));
  ImGui::SameLine();
  quiet_text(fmt::format("{}  {} UTC", finding.rule,
                         clock_span_text(finding.from_wall_us, finding.to_wall_us)));
  ImGui::PushFont(faces().title);
  wrapped_text(printable(finding.title), theme().text);
  ImGui::PopFont();
  draw_plot(session, finding);
  part("Evidence", finding.evidence);
  part("May be wrong", finding.caveat);
  part("What to do", finding.advice);
  const auto also = also_lines(finding);
  for (std::size_t i = 0; i < also.size(); ++i) part(i == 0 ? "Also" : "", also[i]);
  draw_actions(session, finding);
  ImGui::Dummy({0, scaled(4)});
  ImGui::Separator();
  ImGui::Dummy({0, scaled(4)});
}

void draw_not_evaluated(const Findings& found) {
  if (found.not_evaluated.empty()) return;
  const auto label = fmt::format("{} rules could not look: not the same as nothing wrong",
                                 found.not_evaluated.size());
  if (!ImGui::TreeNode(label.c_str())) return;
  for (const NotEvaluated& one : found.not_evaluated) {
    wrapped_text(printable(one.rule + ": " + one.why), theme().quiet);
  }
  ImGui::TreePop();
}

void draw_looking(Session& session) {
  const std::int64_t reached = session.findings_reached();
  const auto& instants = session.overview().instants;
  empty_state("Looking for what is wrong …",
              reached > 0
                  ? fmt::format("At #{} of #{} to #{}. The other places can be used meanwhile.",
                                reached, instants.front().snapshot, instants.back().snapshot)
                  : "The other places can be used meanwhile.");
  if (instants.empty() || reached == 0) return;
  ImGui::Indent(scaled(20));
  if (ImGui::Button("Stop")) session.stop_findings();
  ImGui::Unindent(scaled(20));
}

void draw_findings(Session& session) {
  const auto answer = session.findings();
  if (!answer) {
    draw_looking(session);
    return;
  }
  if (!answer->error.empty()) {
    wrapped_text("No findings: " + printable(answer->error), theme().warning);
    if (ImGui::Button("Look again")) session.look_again();
    return;
  }
  // What was not seen may be the gravest.
  damage_lines(damage_texts(answer->found.damage));
  if (answer->found.findings.empty()) {
    empty_state("No findings", "No rule saw anything that grows, floods, leaks or is stuck.");
  }
  const auto& findings = answer->found.findings;
  for (std::size_t i = 0; i < findings.size(); ++i) {
    ImGui::PushID(static_cast<int>(i));
    if (session.wanted_finding == i) ImGui::SetScrollHereY(0);
    draw_finding(session, findings[i]);
    ImGui::PopID();
  }
  session.wanted_finding.reset();
  draw_not_evaluated(answer->found);
}

}  // namespace

const Panel kFindingsPanel{"findings", "Findings", "What the rules say is wrong, the gravest first",
                           draw_findings};

}  // namespace beamtape
