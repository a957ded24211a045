#pragma once

#include <chrono>
#include <cstdint>

namespace beamtape {

// Microseconds since the Unix epoch, now.
inline std::int64_t wall_now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace beamtape
