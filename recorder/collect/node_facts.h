#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

namespace beamtape {

// What the readers of answers need to know of the node they talk to.
struct NodeFacts {
  std::string name;  // "shop@prod-01"
  std::int64_t creation = 0;
  std::int64_t wordsize = 8;                       // bytes
  std::int64_t native_per_second = 1'000'000'000;  // of its monotonic clock
  std::int64_t process_limit = std::numeric_limits<std::int64_t>::max();
  // As it was when asked; nothing if the node does not say.
  std::optional<std::chrono::seconds> net_ticktime;

  // Of the node's native time unit. What is beyond the range ends at it.
  std::int64_t microseconds(std::int64_t native) const {
    const auto scaled = static_cast<__int128>(native) * 1'000'000 / native_per_second;
    using Limits = std::numeric_limits<std::int64_t>;
    return static_cast<std::int64_t>(std::clamp<__int128>(scaled, Limits::min(), Limits::max()));
  }
};

}  // namespace beamtape
