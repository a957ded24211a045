#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "schema/error.h"
#include "schema/model/list.h"
#include "schema/model/table_data.h"
#include "schema/store/records.h"

namespace beamtape {

// Writes one recording. One thread at a time. Each snapshot is one transaction: what was
// committed survives a kill at any moment. Keeps the last state of every row group, to write
// differences. Grammar of the file: schema/FORMAT.md.
class Writer {
 public:
  struct Options {
    std::string recorder_version;
    int zstd_level = 3;
    // Each snapshot is on the disk when it has been committed. Else all of it is when the file is
    // closed: for one that is thrown away if that is not reached.
    bool durable = true;
    // The tables to declare, `node` among them; empty: those of this version. For copying a
    // recording of a later version, and for tests.
    std::vector<Table> tables = {};
    // Bounds, 0 for none: bytes of the file with its -wal, and the time before a snapshot that is
    // kept at least. What is beyond either goes in whole keyframe groups, the oldest first.
    std::int64_t max_bytes = 0;
    std::int64_t keep_us = 0;
    // For a part of another recording: up to this number snapshots may be left out, and count as
    // dropped.
    std::int64_t dropped_to = 0;
    // A copy with other names: says so in the file.
    bool redacted = false;
    // append() refuses a recording that has nodes, but none of these; empty: any will do.
    std::vector<std::string> nodes = {};
  };

  // Makes a new file, readable by its owner only. kUsage if `path` exists (nothing is
  // overwritten) or sidecars of an earlier recording of that name do (opening would lose what
  // is in them), kNotFound if its folder does not exist or is not writable.
  static Expected<std::unique_ptr<Writer>> create(const std::string& path, const Options& options);
  // Goes on in a recording of this version, whose tables and columns are declared as `options` say.
  // Reads its pages and plain rows first to find damage, as Reader::check does, but decodes no
  // part. kNotFound: no such file. kRefused: another process is writing it. kMalformed: not a
  // recording, damaged, of another version, or of other nodes. kUsage: it is too large for its
  // bound. After an error the file holds what it held; what a killed recorder left in its -wal may
  // have been folded in.
  static Expected<std::unique_ptr<Writer>> append(const std::string& path, const Options& options);
  // Closes as close() does; errors are lost here, so call close() first.
  virtual ~Writer() = default;

  // The lives that the file had when it was opened, the last one of each name; empty in a new file.
  struct Life {
    std::int64_t id = 0;
    std::string name;
    std::int64_t creation = 0;
    // To when the file tells of the node: the end of its last snapshot, or of a gap after that; 0
    // if it tells nothing. And of which life: an earlier one where this has no snapshot yet.
    std::int64_t covered_to_wall_us = 0;
    std::int64_t covered_life = 0;
  };
  virtual const std::vector<Life>& earlier() const = 0;
  // Where the file is. It may be read there between two of the calls below; a reader that stays
  // open longer keeps the -wal from being folded in.
  virtual const std::string& path() const = 0;
  // The number of the last snapshot; 0 if there is none.
  virtual std::int64_t last_snapshot() const = 0;

  // Stores a node's life and returns its id; forgets the rows of an earlier life of a node of
  // that name. These five not within a snapshot; kRefused of the first three as of commit().
  virtual Expected<std::int64_t> add_node(const NodeRecord& node) = 0;
  virtual Expected<void> add_gap(const GapRecord& gap) = 0;
  virtual Expected<void> add_note(const NoteRecord& note) = 0;
  // Ends the keyframe group of a node: its next snapshot starts another.
  virtual void end_epoch(std::int64_t node) = 0;
  // And forgets its rows: nothing more comes of this life.
  virtual void end_life(std::int64_t node) = 0;

  // A snapshot: begin, then any number of put_..., then commit or abandon. Nothing is written
  // before commit. `epoch` of the record: equal to its own id starts a keyframe group, in which
  // every row group is written whole (those that are not put, from what the writer holds) and texts
  // and lists are known only if they were put since. The id must be one more than the last, but for
  // those that Options::dropped_to lets out. After an error in any of these nothing of the snapshot
  // is in the file and the writer can go on with the next, which must start a keyframe group.
  // kNotFound: the file was removed or moved, nothing more can be written. kRefused: somebody has
  // read the file for so long that its -wal would grow beyond `max_bytes`.
  virtual Expected<void> begin(std::int64_t id, std::int64_t epoch, std::int64_t node) = 0;
  // Texts and lists that cells of this keyframe group refer to; each id once per group.
  virtual Expected<void> put_text(Cell id, std::string_view text) = 0;
  virtual Expected<void> put_list(Cell id, const ListView& list) = 0;
  // The present rows of one row group, each once; groups that did not change need not be put.
  // Rows of slots that nobody lives in have kNone in every cell. A group has fewer rows than
  // before only in a snapshot that starts a keyframe group. Kept also if the snapshot fails.
  virtual Expected<void> put_rows(const Table& table, std::size_t group, RowGroup&& rows) = 0;
  virtual Expected<void> put_aggregates(const Aggregates& aggregates) = 0;
  // Stores the snapshot whole. Returns the bytes of its parts.
  virtual Expected<std::int64_t> commit(const SnapshotRecord& snapshot) = 0;
  // True if the node's next snapshot must start a keyframe group: it is the first one, one was
  // lost, or its group was dropped for another node's.
  virtual bool needs_keyframe(std::int64_t node) const = 0;
  // True if it should: for the sake of `max_bytes`, or
  // of those who read.
  virtual bool wants_keyframe(std::int64_t node) const = 0;
  // Takes the snapshot back, like an error.
  virtual void abandon() = 0;

  // When the file system is full (kDiskFull): gives up what was kept back for this, which is enough
  // to store a gap and to close. Of a bounded recording it drops the oldest keyframe groups, if
  // that makes room for another snapshot, and while the file system is full the file stays as large
  // as it is. There may have been no room even to drop in: another snapshot is lost, then.
  // kDiskFull: all that may be dropped would not be enough, and is still there. The newest group
  // may not, unless something is stored in its place.
  virtual Expected<void> make_space() = 0;

  // Of those committed, how many have been dropped since for `max_bytes`, `keep_us` or a full disk.
  virtual std::int64_t dropped_snapshots() const = 0;

  // Bytes of the file and its -wal now.
  virtual std::int64_t file_bytes() const = 0;

  // Folds the -wal in and leaves one file in DELETE mode without sidecars. kNotFound: the file was
  // removed or moved.
  virtual Expected<void> close() = 0;
};

// Removes a recording that is of no use, with what stands beside it; no writer may have it open.
void remove_recording(const std::string& path);

}  // namespace beamtape
