#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "analyzer/findings/observed.h"

namespace beamtape {

// Whether processes, rows of the last snapshot, have a hundred links or monitors and more, which
// take memory of both ends: " It monitors others 216 793 times." or, of several, " The median of
// them is monitored 720 times, mostly by topic_registry (<0.291.0>)." Empty if not.
std::string relations_text(const Observed& observed, const std::vector<std::size_t>& slots);

}  // namespace beamtape
