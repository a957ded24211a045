#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "analyzer/load/recording.h"

namespace beamtape {

// What the snapshots in a range of numbers, of any node, have in a column of table `node`: cells,
// by snapshot, some of which may be missing. Empty if the file has no such column.
Expected<std::map<std::int64_t, Cell>> node_column(const Recording& recording,
                                                   const std::string& name,
                                                   std::pair<std::int64_t, std::int64_t> range);

}  // namespace beamtape
