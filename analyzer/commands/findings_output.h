#pragma once

#include <string>
#include <vector>

#include "analyzer/commands/output.h"
#include "analyzer/findings/findings.h"
#include "analyzer/findings/suppressions.h"

namespace beamtape {

// What `findings` prints: one place for each form.
struct FindingsAnswer {
  const Recording* recording = nullptr;
  Findings found;
  std::vector<Finding> suppressed;
  std::vector<Suppression> suppressions;
};

void write_findings_text(const FindingsAnswer& answer, Output& out);
void write_findings_json(const FindingsAnswer& answer, Output& out);
// How often a line of the suppressions matched.
std::string suppression_text(const Suppression& one);
Json suppressions_json(const std::vector<Suppression>& suppressions);
// One test case per rule; it fails where a finding is at or above `fail_on`.
void write_findings_junit(const FindingsAnswer& answer, Severity fail_on, Output& out);

}  // namespace beamtape
