#pragma once

#include <string>
#include <utility>
#include <vector>

#include "analyzer/findings/finding.h"
#include "analyzer/load/recording.h"

namespace beamtape {

// What all rules (all_rules.cc) say of a recording: one answer for the command, reports and the
// window.
struct Findings {
  std::vector<Finding> findings;  // by score, the gravest first
  std::vector<NotEvaluated> not_evaluated;
  std::vector<Damage> damage;
};

// Evaluates every rule over every stretch without a gap within snapshots [from, to]; of the node of
// that name alone unless it is empty. One cause is told once: by the first rule of the list, and of
// several stretches by the gravest. A rule is "not evaluated" if it could look at none of them.
// One streaming pass; memory as in observed.h.
Expected<Findings> find_findings(const Recording& recording, const std::string& node,
                                 std::pair<std::int64_t, std::int64_t> range);

}  // namespace beamtape
