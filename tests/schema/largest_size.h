#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <thread>
#include <utility>

namespace beamtape::test {

// The most that a file and its -wal take together, looked at all the time.
class LargestSize {
 public:
  explicit LargestSize(std::string path)
      : thread_([this, path = std::move(path)] {
          const auto size = [&](const char* suffix) {
            std::error_code none;
            const auto bytes = std::filesystem::file_size(path + suffix, none);
            return none ? 0 : static_cast<std::int64_t>(bytes);
          };
          while (!is_over_) {
            const auto wal = size("-wal");
            bytes_ = std::max(bytes_, size("") + std::min(wal, size("-wal")));
            std::this_thread::sleep_for(std::chrono::microseconds(100));
          }
        }) {}
  ~LargestSize() { end(); }
  LargestSize(const LargestSize&) = delete;
  LargestSize& operator=(const LargestSize&) = delete;
  std::int64_t end() {
    is_over_ = true;
    if (thread_.joinable()) thread_.join();
    return bytes_;
  }

 private:
  std::int64_t bytes_ = 0;
  std::atomic<bool> is_over_ = false;
  std::thread thread_;
};

}  // namespace beamtape::test
