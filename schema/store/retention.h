#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>

#include "schema/error.h"
#include "schema/store/records.h"
#include "schema/store/sqlite.h"

namespace beamtape {

// Keeps a recording within its bounds by dropping whole keyframe groups, the oldest first, but none
// that a node still adds to. SQLite takes their pages again for what comes, so that the file needs
// no VACUUM. Not a public header. One thread.
class Retention {
 public:
  // Of the file, and of its -wal what cannot be written over.
  struct Taken {
    std::int64_t file_bytes, pinned_bytes;
  };

  // 0: no bound. See Writer::Options.
  Retention(std::int64_t max_bytes, std::int64_t keep_us)
      : max_bytes_(max_bytes), keep_us_(keep_us) {}

  bool is_bounded() const { return max_bytes_ != 0 || keep_us_ != 0; }

  // Takes in what is in a file that is gone on with, beside which stands a -wal of so many bytes;
  // nobody adds to its groups. kUsage: the file leaves too little of its bound to drop them.
  Expected<void> load(Database& database, std::int64_t wal_bytes);

  // Most bytes that a -wal whose content was folded in may keep.
  std::int64_t idle_wal_bytes() const;
  // What the largest transaction so far needed, and a new one to drop a group: enough to go on
  // with when the file system is full.
  std::int64_t reserve_bytes() const;

  // Before anything else is asked about a snapshot of a group: what it takes, and what dropping it
  // will write.
  void expect(std::int64_t epoch, std::int64_t bytes, std::int64_t drop_bytes);
  // True if a file of this size leaves too little of the bound for the -wal of what is coming.
  bool is_too_long(std::int64_t file_bytes) const;
  std::int64_t limit() const;  // so large it is to become then
  // Pages that a file of this size may move to the front in one transaction.
  std::int64_t pages_to_move(std::int64_t file_bytes) const;
  // Within a transaction before or with `coming`, which takes `bytes`. Groups that other nodes add
  // to are dropped only where one of each has room. What is dropped goes through the -wal, too:
  // false if that would be too much beside what is taken, and more is to be dropped in the next
  // transaction. kDiskFull: the file system is full and it does not fit into what the file has.
  // kOther: nor into the bound.
  Expected<bool> make_room(Database& database, const SnapshotRecord& coming, std::int64_t bytes,
                           const Taken& taken);
  // False if the largest snapshot so far would break the bound beside a -wal that cannot be written
  // over. Some room stays for rows beside snapshots.
  Expected<bool> has_room_beside(Database& database, const Taken& taken) const;
  // The same of such rows; of those of a gap, for which the last room is kept, or of others.
  Expected<bool> has_room_for_rows(Database& database, const Taken& taken, std::int64_t bytes,
                                   bool is_gap) const;
  // Within a transaction before theirs: where they have filled the bound the oldest groups go, as
  // many as the -wal has room for; where there are none, lives up to this node without a snapshot.
  Expected<void> make_room_for_rows(Database& database, std::int64_t node, const Taken& taken);
  // From now on the file system is full: the file is bounded by what it has, until let_grow().
  void hold_at(std::int64_t file_bytes) { full_at_bytes_ = file_bytes; }
  void let_grow() { full_at_bytes_ = 0; }
  bool is_held() const { return full_at_bytes_ != 0; }
  // What a -wal needs to drop a group and store the largest snapshot so far.
  std::int64_t wal_bytes_needed() const;
  // True if something is older than the newest group.
  bool has_older() const { return oldest(newest()) != nullptr; }
  // For a full file system: drops, within a transaction, the oldest groups until the file's own
  // pages have room for the largest snapshot so far, or the bound has none for more of the -wal (if
  // not for one group: kDiskFull). False, and to be rolled back: not even all but the newest would
  // do.
  Expected<bool> shrink_to_file(Database& database, const Taken& taken);
  // The transaction has ended that stored a snapshot, dropped groups, or neither.
  // `drop_bytes`: what dropping it will write. `wal_bytes`: what it took of the -wal. So
  // much is left free from then on, but one that was much larger must not end the recording.
  void committed(const SnapshotRecord& stored, std::int64_t bytes, std::int64_t drop_bytes,
                 std::int64_t wal_bytes);
  void dropped(std::int64_t wal_bytes);
  void rolled_back() { dropping_.clear(); }
  // Of those that were committed, not loaded.
  std::int64_t dropped_snapshots() const { return dropped_snapshots_; }
  // False if it was dropped.
  bool has(std::int64_t epoch) const;
  // Nobody adds to this group any more.
  void ended(std::int64_t epoch);

  // True if the next snapshot should start another keyframe group than this: because dropping one
  // so large would take much of the recording away, or because its differences have become so many
  // that reading them takes longer than reading a keyframe, which then adds little to the file.
  bool wants_keyframe(std::int64_t epoch) const;

 private:
  struct Epoch {
    std::int64_t first = 0;  // snapshots; those between may be of another node
    std::int64_t last = 0;
    std::int64_t node = 0;
    std::int64_t ended_wall_us = 0;
    std::int64_t began_mono_us = 0;  // the last one
    std::int64_t bytes = 0;
    bool is_open = true;              // its node adds to it
    std::int64_t snapshots = 0;       // that were committed, not loaded
    std::int64_t keyframe_bytes = 0;  // of the first
    std::int64_t drop_bytes = 0;      // that dropping it writes
  };

  Expected<void> check_size(Database& database, std::int64_t wal_bytes) const;
  std::int64_t transaction_bytes() const;
  std::int64_t largest_drop_bytes() const;
  std::int64_t own_drop_bytes() const;
  std::int64_t free_bytes() const;
  // Bytes of pages in use and what a snapshot adds to them; nothing without a bound.
  std::optional<std::int64_t> room() const;
  Expected<bool> has_room(Database& database, std::int64_t bytes) const;
  Expected<std::int64_t> left_beside(Database& database, const Taken& taken) const;
  // The oldest that may go and is not going yet, but not `kept`; null if there is none.
  const Epoch* oldest(std::int64_t kept) const;
  // The next one to go for `coming`; null if it fits.
  Expected<const Epoch*> next_to_drop(Database& database, const SnapshotRecord& coming,
                                      std::int64_t bytes) const;
  tl::unexpected<Error> no_room() const;
  // About, before what cannot be taken back.
  bool can_make_room(std::int64_t epoch, std::int64_t bytes) const;
  Expected<const Epoch*> largest_open(Database& database, const SnapshotRecord& coming,
                                      std::int64_t bytes) const;
  std::int64_t newest() const { return epochs_.empty() ? 0 : epochs_.back().first; }
  Epoch* find(std::int64_t epoch);
  Expected<void> load_parts(Database& database);
  Expected<void> load_beside(Database& database);
  bool is_older_than_kept(const Epoch& epoch, const SnapshotRecord& now) const;
  Expected<void> drop(Database& database, const Epoch& epoch);
  static std::string drop_lives_sql(std::int64_t node);

  std::int64_t max_bytes_;
  std::int64_t keep_us_;
  std::int64_t full_at_bytes_ = 0;   // of the file, while the file system is full
  std::deque<Epoch> epochs_;         // by their first
  std::set<std::int64_t> dropping_;  // that the transaction under way has dropped
  std::int64_t dropped_snapshots_ = 0;
  std::int64_t largest_bytes_ = 0;        // of one snapshot, also one that was lost
  std::int64_t expected_drop_bytes_ = 0;  // of the group of the one that was expected last
  std::int64_t largest_wal_bytes_ = 0;
};

}  // namespace beamtape
