#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <limits>

namespace beamtape {

// A point in time by which something must be done, so that a sequence of steps cannot take the
// allowance of one step each; or sooner, as soon as somebody asks to stop.
class Deadline {
 public:
  using Clock = std::chrono::steady_clock;

  // `stop` may be null; else it must outlive this.
  explicit Deadline(Clock::time_point end, const std::atomic<bool>* stop = nullptr)
      : end_(end), stop_(stop) {}

  bool was_stopped() const { return stop_ != nullptr && *stop_; }
  bool has_passed() const { return was_stopped() || Clock::now() >= end_; }

  // What is left, rounded up: 0 once it has passed.
  std::chrono::milliseconds left() const {
    if (was_stopped()) return std::chrono::milliseconds(0);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end_ - Clock::now());
    return std::max(left, std::chrono::milliseconds(0));
  }
  // How long to wait, for poll(2) too, before looking whether it has passed.
  std::chrono::milliseconds patience() const {
    constexpr std::chrono::milliseconds kLook{50}, kLongest{std::numeric_limits<int>::max()};
    return std::min(left(), stop_ != nullptr ? kLook : kLongest);
  }
  // The same, but sooner.
  Deadline at_most(Clock::time_point end) const { return Deadline(std::min(end_, end), stop_); }

 private:
  Clock::time_point end_;
  const std::atomic<bool>* stop_;
};

inline Deadline deadline_in(std::chrono::milliseconds time,
                            const std::atomic<bool>* stop = nullptr) {
  return Deadline(Deadline::Clock::now() + time, stop);
}

}  // namespace beamtape
