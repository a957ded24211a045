#pragma once

#include <cstdint>
#include <deque>

#include "schema/error.h"
#include "schema/store/records.h"
#include "schema/store/sqlite.h"

namespace beamtape {

// Keeps a recording within its bounds by dropping whole keyframe groups, the oldest first. SQLite
// takes their pages again for what comes, so that the file needs no VACUUM. Not a public header.
// One thread.
class Retention {
 public:
  // 0: no bound. See Writer::Options.
  Retention(std::int64_t max_bytes, std::int64_t keep_us)
      : max_bytes_(max_bytes), keep_us_(keep_us) {}

  // Most bytes that a -wal whose content was folded in may keep.
  std::int64_t idle_wal_bytes() const;

  // Within the transaction that is to store `coming`, whose parts take `bytes`. kDiskFull: it
  // does not fit, even with nothing else than its own keyframe group.
  Expected<void> make_room(Database& database, const SnapshotRecord& coming, std::int64_t bytes);
  // That transaction has ended.
  void committed(const SnapshotRecord& stored, std::int64_t bytes);
  void rolled_back() { dropping_ = 0; }

  // True if the next snapshot should start a keyframe group, because the last has become so large
  // that dropping one like it would take much of the recording away.
  bool wants_keyframe() const;

 private:
  struct Epoch {
    std::int64_t first = 0;  // snapshots
    std::int64_t last = 0;
    std::int64_t ended_wall_us = 0;
    std::int64_t bytes = 0;  // of the parts
  };

  std::int64_t limit(std::int64_t bytes) const;
  Expected<void> drop(Database& database, const Epoch& epoch);

  std::int64_t max_bytes_;
  std::int64_t keep_us_;
  std::deque<Epoch> epochs_;
  std::size_t dropping_ = 0;        // oldest epochs that the transaction under way has dropped
  std::int64_t largest_bytes_ = 0;  // parts of one snapshot
};

}  // namespace beamtape
