#pragma once

#include <string>
#include <vector>

#include "analyzer/findings/finding.h"
#include "analyzer/findings/observed.h"

namespace beamtape {

// Where a rule puts what it decided about one segment.
class Verdict {
 public:
  Verdict(const Observed& observed, std::string rule)
      : observed_(observed), rule_(std::move(rule)) {}

  // Adds a finding over the whole segment; the caller fills in its texts. `strength` from 0 to 1
  // orders findings of one severity; NaN, which nobody knows, is 0. Valid until the next call.
  Finding& add(Severity severity, double strength, FindingSubject subject);
  void not_evaluated(std::string why);
  // False, with the reason noted, if the segment is too short for a trend.
  bool long_enough();
  // The values of a node column; null, with the reason noted, if it was not recorded.
  const Values* need(const char* node_column);

  std::vector<Finding> findings;
  std::vector<NotEvaluated> missing;

 private:
  const Observed& observed_;
  std::string rule_;
};

// A rule: a pure function of what was observed. To add one: a file that defines it and a line in
// all_rules.cc.
struct Rule {
  const char* id;
  const char* summary;
  void (*evaluate)(const Observed&, Verdict&);
};

// The explicit list, causes before what they lead to: of two rules that see the same cause the
// first one tells it.
const std::vector<Rule>& all_rules();

}  // namespace beamtape
