#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analyzer/findings/rule.h"
#include "analyzer/trend/growth.h"

namespace beamtape {

const char* severity_name(Severity severity) {
  return severity == Severity::kCritical  ? "critical"
         : severity == Severity::kWarning ? "warning"
                                          : "info";
}

Severity severity_called(const std::string& name) {
  return name == "critical"  ? Severity::kCritical
         : name == "warning" ? Severity::kWarning
                             : Severity::kInfo;
}

Severity one_less(Severity severity) {
  return severity == Severity::kCritical ? Severity::kWarning : Severity::kInfo;
}

std::vector<std::string> also_lines(const Finding& finding) {
  constexpr std::size_t kMost = 8;
  std::vector<std::string> lines;
  for (const Consequence& one : finding.also) {
    if (lines.size() == kMost) {
      lines.push_back(fmt::format("and {} more", finding.also.size() - kMost));
      break;
    }
    lines.push_back(one.rule + ": " + one.title);
  }
  return lines;
}

std::vector<std::string> rules_of(const std::vector<Consequence>& also) {
  std::vector<std::string> rules;
  for (const Consequence& one : also) {
    if (std::find(rules.begin(), rules.end(), one.rule) == rules.end()) rules.push_back(one.rule);
  }
  return rules;
}

Finding& Verdict::add(Severity severity, double strength, FindingSubject subject) {
  // 0 to 39 info, 40 to 79 warning, 80 to 100 critical.
  const int base = 40 * static_cast<int>(severity);
  const int span = severity == Severity::kCritical ? 20 : 39;
  if (std::isnan(strength)) strength = 0;
  const SnapshotRecord& first = *observed_.segment.snapshots.front();
  const SnapshotRecord& last = observed_.last_snapshot();
  Finding finding;
  finding.rule = rule_;
  finding.severity = severity;
  finding.score = base + static_cast<int>(span * std::clamp(strength, 0.0, 1.0));
  finding.node = observed_.node_name;
  finding.subject = std::move(subject);
  finding.from = first.id;
  finding.to = last.id;
  finding.from_wall_us = first.began_wall_us;
  finding.to_wall_us = last.began_wall_us;
  finding.stretch = first.id;
  findings.push_back(std::move(finding));
  return findings.back();
}

void Verdict::not_evaluated(std::string why) {
  missing.push_back({rule_, observed_.node_name, std::move(why)});
}

bool Verdict::long_enough() {
  if (observed_.size() >= kFewestSamples) return true;
  not_evaluated(fmt::format(
      "a trend needs {} snapshots without a gap, the stretch has {} (#{} to #{})", kFewestSamples,
      observed_.size(), observed_.segment.snapshots.front()->id, observed_.last_snapshot().id));
  return false;
}

const Values* Verdict::need(const char* node_column) {
  const Values* values = observed_.node(node_column);
  if (values == nullptr) not_evaluated(fmt::format("{} was not recorded", node_column));
  return values;
}

}  // namespace beamtape
