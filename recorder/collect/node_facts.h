#pragma once

#include <cstdint>
#include <string>

namespace beamtape {

// What the readers of answers need to know of the node they talk to.
struct NodeFacts {
  std::string name;  // "shop@prod-01"
  std::int64_t creation = 0;
  std::int64_t wordsize = 8;                       // bytes
  std::int64_t native_per_second = 1'000'000'000;  // of its monotonic clock

  // Of the node's native time unit.
  std::int64_t microseconds(std::int64_t native) const {
    const auto scaled = static_cast<__int128>(native) * 1'000'000 / native_per_second;
    return static_cast<std::int64_t>(scaled);
  }
};

}  // namespace beamtape
