#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "recorder/session/batch.h"
#include "schema/store/writer.h"

namespace beamtape {

// Stores batches on a thread of its own, so that the connection is served while SQLite works.
// put() and the rest may be called from one other thread.
class Storing {
 public:
  struct Stored {
    SnapshotRecord record;
    std::int64_t file_bytes = 0;        // with the -wal
    bool wants_keyframe = false;        // Writer::wants_keyframe()
    std::chrono::microseconds took{0};  // from the first question to stored
  };

  // `writer` must outlive it and not be used by anybody else until close().
  explicit Storing(Writer& writer);
  ~Storing();

  // Hands a batch over; waits while kQueue of them wait already.
  void put(Batch batch);
  // Snapshots that have been stored since the last call.
  std::vector<Stored> take_stored();
  // The first error: what came after it was not stored.
  std::optional<Error> failure() const;
  // Stores what waits and ends the thread.
  void close();

 private:
  static constexpr std::size_t kQueue = 2;

  void run();

  Writer& writer_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Batch> waiting_;
  bool closing_ = false;
  std::vector<Stored> stored_;
  std::optional<Error> failure_;
  std::thread thread_;
};

}  // namespace beamtape
