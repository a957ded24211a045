#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "recorder/session/batch.h"
#include "recorder/session/numbering.h"
#include "schema/store/writer.h"

namespace beamtape {

// Stores what the sessions of any number of nodes record into one file, on a thread of its own, so
// that connections are served while SQLite works. A snapshot gets its number in the file when it is
// stored. When the disk is full and the recording bounded, snapshots are lost until the oldest
// have made room, and where a bound would be broken for somebody who reads, until that one is done;
// a gap says so. All but the constructor and close() may be called from any thread.
class Storing {
 public:
  struct Stored {
    SnapshotRecord record;
    std::string node;
    std::int64_t file_bytes = 0;        // with the -wal
    std::chrono::microseconds took{0};  // from the first question to stored
  };
  // What a node's next batch must be.
  enum class Need { kNothing, kKeyframe, kEverything };

  // `writer` must outlive it and not be used by anybody else until close(). `news` is called on the
  // storing thread, with a line for a person.
  Storing(Writer& writer, std::function<void(const std::string&)> news);
  ~Storing();

  // Has `work` done on the storing thread, after what was handed over before, and waits for it.
  Expected<void> with_writer(const std::function<Expected<void>(Writer&)>& work);
  // Hands a batch over, and takes it away. False if kQueue of them still wait after `patience`. Its
  // record has the session's own numbers, and the node's id.
  bool put(Batch& batch, std::chrono::milliseconds patience);
  // As with_writer(); what fails ends the recording, but for a full disk in which there is room
  // yet, and for one that is refused as somebody reads the file (kRefused).
  Expected<void> must_write(const std::function<Expected<void>(Writer&)>& work);
  // A gap, after what was handed over before; if it cannot be written then, it is with what comes
  // next.
  void add_gap(GapRecord gap);
  // A life that is in the file already goes on: the session counts on from its snapshot `last`.
  // Waits as with_writer() does.
  void go_on(std::int64_t node, std::int64_t last);
  // A life of a node has ended, whose batches were all handed over: what is missing of it is
  // missing until now. Waits as with_writer() does.
  void end_life(std::int64_t node);
  // What has become necessary since the last call. kKeyframe: a keyframe group is to begin.
  // kEverything: and all rows are to be handed over, as some of those before were lost.
  Need take_need(std::int64_t node);
  // Snapshots that have been stored since the last call; waits up to `patience` for one.
  std::vector<Stored> take_stored(std::chrono::milliseconds patience);
  // The first error that cannot be mended: what came after it was not stored.
  std::optional<Error> failure() const;
  // Stores what waits, with a gap for what could not be, and ends the thread.
  void close();

 private:
  static constexpr std::size_t kQueue = 2;

  struct Task {
    Batch batch;
    std::function<void()> work;  // instead of a batch
  };
  // One life of a node, on the storing thread.
  struct Stream {
    Numbering numbering;
    std::int64_t epoch = 0;              // in the file
    std::int64_t stored_to_wall_us = 0;  // end of the last snapshot that is in the file
    std::optional<std::string> gap;      // why there is none since
  };

  void run();
  void handle(Batch batch);
  Expected<void> store_numbered(Batch& batch, Stream& stream);
  bool lose(const Batch& batch, Stream& stream, const Error& error);
  void fail_for_good(Error error);
  void add_gap(std::int64_t node, Stream& stream, std::int64_t to_wall_us);
  void store_owed();
  void need(std::int64_t node, Need what);

  Writer& writer_;
  std::function<void(const std::string&)> news_;
  std::map<std::int64_t, Stream> streams_;  // by the node's id
  std::deque<GapRecord> owed_;              // not in the file yet

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> waiting_;
  std::size_t batches_ = 0;  // of them
  bool closing_ = false;
  std::vector<Stored> stored_;
  std::map<std::int64_t, Need> needs_;
  std::optional<Error> failure_;
  std::thread thread_;
};

}  // namespace beamtape
