#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>

namespace beamtape {

// What a node's monotonic clock shows, by what its answers tell and the time that has passed on
// ours since. An answer has been on its way for a while, so the clock shows that or later; of all
// answers the one that was quickest counts. Only monotonic clocks: nobody sets them.
class NodeClock {
 public:
  using Clock = std::chrono::steady_clock;

  // Nothing is known before this.
  void set_rate(std::int64_t native_per_second) { native_per_second_ = native_per_second; }
  // An answer with this time, in the native unit, has arrived.
  void learn(std::int64_t native, Clock::time_point arrived) {
    if (native_per_second_ == 0) return;
    const __int128 ahead = native - native_of(arrived);
    ahead_ = ahead_ ? std::max(*ahead_, ahead) : ahead;
  }
  // To be called when it turns out to be wrong: one of the two machines has slept.
  void forget() { ahead_.reset(); }

  // What it shows at least at a time of ours, in the native unit. Nothing if that is not known.
  std::optional<std::int64_t> at(Clock::time_point when) const {
    using Limits = std::numeric_limits<std::int64_t>;
    if (!ahead_) return std::nullopt;
    const __int128 native = *ahead_ + native_of(when);
    if (native < Limits::min() || native > Limits::max()) return std::nullopt;
    return static_cast<std::int64_t>(native);
  }

 private:
  __int128 native_of(Clock::time_point when) const {
    const std::chrono::nanoseconds since = when.time_since_epoch();
    return static_cast<__int128>(since.count()) * native_per_second_ / 1'000'000'000;
  }

  std::int64_t native_per_second_ = 0;
  std::optional<__int128> ahead_;  // of ours, in its unit
};

}  // namespace beamtape
