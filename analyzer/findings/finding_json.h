#pragma once

#include "analyzer/findings/finding.h"
#include "analyzer/load/value.h"

namespace beamtape {

// A finding as `findings --json`, reports and comparisons write it; `finding` in
// schema/analyzer_output.schema.json.
Json finding_json(const Finding& finding);
Json not_evaluated_json(const std::vector<NotEvaluated>& all);

}  // namespace beamtape
