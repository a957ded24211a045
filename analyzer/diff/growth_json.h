#pragma once

#include "analyzer/diff/growth.h"
#include "analyzer/load/value.h"

namespace beamtape {

// As `diff --json` and reports write it: `growth` in schema/analyzer_output.schema.json.
Json growth_json(const GrowthPart& part);

}  // namespace beamtape
