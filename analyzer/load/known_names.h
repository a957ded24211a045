#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "analyzer/load/recording.h"

namespace beamtape {

// The names that subjects of a kind ("node", "process", "group", "ets", "port", "allocator") have
// within the snapshots of `range`, or of all kinds if `kind` is empty; sorted. Of processes the
// registered names and labels in its last snapshot. For messages about a name that does not
// exist: what cannot be read is left out.
std::vector<std::string> known_names(const Recording& recording, const std::string& kind,
                                     std::pair<std::int64_t, std::int64_t> range);

}  // namespace beamtape
