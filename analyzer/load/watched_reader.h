#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "schema/store/reader.h"

namespace beamtape {

// How far whoever reads has come, and whether to go on; set and read on any thread.
struct Watch {
  std::atomic<bool> stopped = false;
  std::atomic<std::int64_t> snapshot = 0;  // the newest that was asked for last; 0: none yet
};

// Reads as `reader` does, and tells `watch` where; once that is stopped, whatever takes long ends
// with an error, kOther.
std::unique_ptr<Reader> watched(std::unique_ptr<Reader> reader, std::shared_ptr<Watch> watch);

}  // namespace beamtape
