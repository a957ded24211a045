#pragma once

#include <algorithm>
#include <chrono>
#include <limits>

namespace beamtape {

// A point in time by which something must be done, so that a sequence of steps cannot take the
// allowance of one step each.
using Deadline = std::chrono::steady_clock::time_point;

inline Deadline deadline_in(std::chrono::milliseconds time) {
  return std::chrono::steady_clock::now() + time;
}

// What is left, rounded up, for poll(2): 0 once it has passed.
inline int milliseconds_left(Deadline deadline) {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  return static_cast<int>(
      std::clamp<std::chrono::milliseconds::rep>(left.count(), 0, std::numeric_limits<int>::max()));
}

}  // namespace beamtape
