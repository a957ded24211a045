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
  std::vector<double> seconds;  // since the first snapshot looked at
  std::vector<double> values;   // NaN: not read
};

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
  // First and last snapshot looked at.
  std::int64_t from = 0, to = 0;
  std::int64_t from_wall_us = 0, to_wall_us = 0;
  Plot plot;
  // Rules that saw the same cause and are told here only.
  std::vector<std::string> same_cause;
  // Subjects (pids, groups) of which other rules' findings are consequences of this one.
  std::vector<std::string> explains;
};

// A rule that could not look, and why: not the same as "nothing wrong".
struct NotEvaluated {
  std::string rule;
  std::string node;
  std::string why;
};

}  // namespace beamtape
