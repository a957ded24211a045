#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <mutex>
#include <set>
#include <string>

namespace beamtape {

// What the sessions of one recording share with the thread that watches it. Any thread.
class Board {
 public:
  using Clock = std::chrono::steady_clock;

  Clock::time_point began() const { return began_; }  // the recording
  void stop() { stopped_ = true; }
  void ask_to_stop() {
    if (!stopped_.exchange(true)) was_asked_to_stop_ = true;
  }
  bool was_asked_to_stop() const { return was_asked_to_stop_; }
  bool stopped() const { return stopped_; }
  const std::atomic<bool>* stop_flag() const { return &stopped_; }
  void ask_for_snapshot() { ++snapshots_asked_; }
  std::int64_t snapshots_asked() const { return snapshots_asked_; }

  void tell(std::string news);
  std::deque<std::string> take_news();
  // Nodes that a recorded one is connected to, since the last call.
  void saw(const std::string& node);
  std::set<std::string> take_seen();

 private:
  const Clock::time_point began_ = Clock::now();
  std::atomic<bool> stopped_ = false;
  std::atomic<bool> was_asked_to_stop_ = false;  // before it had stopped
  std::atomic<std::int64_t> snapshots_asked_ = 0;
  std::mutex mutex_;
  std::deque<std::string> news_;
  std::set<std::string> seen_;
};

}  // namespace beamtape
