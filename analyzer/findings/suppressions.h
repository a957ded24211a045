#pragma once

#include <string>
#include <vector>

#include "analyzer/findings/finding.h"
#include "schema/error.h"

namespace beamtape {

// Findings that a team knows and accepts, from a file of lines
//   RULE SUBJECT    # a comment
// where both may contain * for any text. SUBJECT is compared with the subject's name and id.
// In place of a rule kMetricRule stands for a metric of `compare`: `metric ets:prices size*`.
inline constexpr const char* kMetricRule = "metric";

struct Suppression {
  int line = 0;
  std::string rule;
  std::string subject;
  std::size_t matched = 0;
};

// kUsage, with the line, for a rule that no rule matches and for a line without a subject.
Expected<std::vector<Suppression>> parse_suppressions(const std::string& text,
                                                      const std::vector<std::string>& rules);
// kNotFound if it cannot be read.
Expected<std::vector<Suppression>> read_suppressions(const std::string& path);

// Takes out what is suppressed, and counts it where it matched. Returns what was taken out.
std::vector<Finding> suppress(std::vector<Finding>& findings,
                              std::vector<Suppression>& suppressions);

// `*` stands for any text.
bool matches_pattern(const std::string& pattern, const std::string& text);

}  // namespace beamtape
