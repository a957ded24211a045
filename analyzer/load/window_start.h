#pragma once

#include <cstdint>
#include <string_view>

#include "analyzer/load/recording.h"
#include "schema/error.h"

namespace beamtape {

// Microseconds of "10s"; kUsage: not a time, or none.
Expected<std::int64_t> parse_window(std::string_view text);
// Where a window that ends at `now` begins: the newest snapshot of the same life of the node at
// least `window_us` before it, else the first one of that life; null if `now` is that.
const SnapshotRecord* window_start(const Recording& recording, const SnapshotRecord& now,
                                   std::int64_t window_us);

}  // namespace beamtape
