#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "recorder/session/batch.h"
#include "schema/store/writer.h"

namespace beamtape {

// Stores batches on a thread of its own, so that the connection is served while SQLite works.
// put() and the rest may be called from one other thread.
class Storing {
 public:
  struct Progress {
    std::int64_t snapshots = 0;    // stored
    std::int64_t file_bytes = 0;   // with the -wal
    std::optional<Error> failure;  // the first one: what came after it was not stored
  };

  // `writer` must outlive it and not be used by anybody else until close().
  explicit Storing(Writer& writer);
  ~Storing();

  // Hands a batch over; waits while kQueue of them wait already.
  void put(Batch batch);
  // Waits until everything handed over has been stored or has failed.
  void drain();
  Progress progress() const;
  // Stores what waits and ends the thread.
  void close();

 private:
  static constexpr std::size_t kQueue = 2;

  void run();

  Writer& writer_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Batch> waiting_;
  bool busy_ = false;
  bool closing_ = false;
  Progress progress_;
  std::thread thread_;
};

}  // namespace beamtape
