#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "analyzer/findings/observed.h"

namespace beamtape {

// Whether processes, rows of the last snapshot, have a hundred links or monitors and more, which
// take memory at both ends: " It has 216 793 monitors on others." or, of several, by the median of
// those whose lists were read, " Half of them have 720 monitors on them or more, most by
// topic_registry (<0.291.0>)." Empty if not.
std::string relations_text(const Observed& observed, const std::vector<std::size_t>& slots);

}  // namespace beamtape
