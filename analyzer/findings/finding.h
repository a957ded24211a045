#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "schema/tables/column.h"

namespace beamtape {

enum class Severity { kInfo, kWarning, kCritical };
const char* severity_name(Severity severity);  // "info", "warning", "critical"
// The reverse; kInfo for any other name.
Severity severity_called(const std::string& name);
// kInfo stays kInfo.
Severity one_less(Severity severity);

// What a finding is about. `id` is what other commands take: a pid, a group's or table's name.
struct FindingSubject {
  std::string kind;  // node, process, group, ets, port, allocator
  std::string id;
  std::string name;   // as people call it; may be empty
  std::string group;  // of a process; may be empty
};

// The series that a finding rests on, so that it can be drawn.
struct Plot {
  std::string metric;  // "memory"
  Unit unit = Unit::kNone;
  std::vector<double> seconds;  // since Finding::from; what was before is negative
  std::vector<double> values;   // NaN: not read
};

// What else was found of the same cause.
struct Consequence {
  std::string rule;
  Severity severity = Severity::kInfo;
  FindingSubject subject;
  std::string title;
};
// Their rules, each once.
std::vector<std::string> rules_of(const std::vector<Consequence>& also);

// One cause, in four parts: what, evidence, why it may be wrong, what to do.
struct Finding {
  std::string rule;
  Severity severity = Severity::kInfo;
  int score = 0;  // 0 to 100, for sorting: severity first, then how strong the evidence is
  std::string node;
  FindingSubject subject;
  std::string title;
  std::string evidence;
  std::string caveat;
  std::string advice;
  std::vector<std::pair<std::string, double>> numbers;  // of the evidence, by name
  // First and last snapshot in which it was seen.
  std::int64_t from = 0, to = 0;
  std::int64_t from_wall_us = 0, to_wall_us = 0;
  std::int64_t stretch = 0;  // the first snapshot of the stretch that was looked at
  Plot plot;
  // Told here only (causes.h).
  std::vector<Consequence> also;
  // What has a part in it: "process <0.1.2>", "group shop_cart", "ets prices".
  std::vector<std::string> involves;
  // By how much a number of the node rose here, or how much of it this is.
  std::vector<std::pair<std::string, double>> of_node;
};

// "bottleneck: order_server …", one for each of `also`; of many the first, and how many more.
std::vector<std::string> also_lines(const Finding& finding);

// A rule that could not look, and why: not the same as "nothing wrong".
struct NotEvaluated {
  std::string rule;
  std::string node;
  std::string why;
};

}  // namespace beamtape
