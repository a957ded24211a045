#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "analyzer/load/frame.h"
#include "analyzer/load/watched_reader.h"
#include "schema/error.h"
#include "schema/store/reader.h"

namespace beamtape {

struct AggregateTable;

// A recording as questions are put to it: instants by name, tables by name, a frame of rows.
// A file may hold several nodes; each has its own snapshots, and what is asked is answered per
// node name (the lives of a restarted node are one node here). One thread at a time.
class Recording {
 public:
  // `path` is only for messages.
  Recording(std::unique_ptr<Reader> reader, std::string path);

  // From now on `watch` is told how far reading has come, and can stop it.
  void watch(std::shared_ptr<Watch> watch);

  Reader& reader() const { return *reader_; }
  const std::string& path() const { return path_; }
  // A copy by `redact`: no other recording has its names. Older copies do not tell.
  bool is_redacted() const { return reader_->meta("redacted").has_value(); }
  // Adds what the reader met beside the damage that it named (Reader::met), each part once.
  void add_met(std::vector<Damage>& damage) const;
  // For what is said to be nowhere: that it was not looked for in what is damaged. Empty if all was
  // read.
  std::string but_for_damage(std::vector<Damage> damage) const;

  // Node names in order of appearance; each has at least one snapshot.
  const std::vector<std::string>& node_names() const { return node_names_; }
  // Null for an id that the file does not explain.
  const NodeRecord* node(std::int64_t id) const;
  std::string node_name(const SnapshotRecord& snapshot) const;
  // Why there is a gap, and in a recording of several nodes, of which, as far as that says it not
  // itself. As it is in the file: to be made printable.
  std::string reason_of(const GapRecord& gap) const;
  // Null if there is no such snapshot.
  const SnapshotRecord* snapshot(std::int64_t id) const;

  // The snapshot of each node that was the newest at `time` (see TimeWord); of `node` alone
  // unless that is empty. Nodes that were not recorded then are left out. kUsage: no such
  // node, a time that cannot be understood or lies outside the recording. kNotFound: the
  // file has no snapshots.
  Expected<std::vector<const SnapshotRecord*>> at(const std::string& time,
                                                  const std::string& node) const;

  // The instant that a time names, in microseconds since the Unix epoch; of a snapshot, when it
  // began. kUsage as of at(), kNotFound.
  Expected<std::int64_t> instant(const std::string& time) const;

  // First and last snapshot number between two times, both included. kUsage, kNotFound.
  Expected<std::pair<std::int64_t, std::int64_t>> range(const std::string& from,
                                                        const std::string& to) const;

  // What `show` can show, as people say it: "processes", "ets", …, "groups", "node".
  std::vector<std::string> subjects() const;
  // The table that a word names, singular or plural. kUsage with the nearest ones.
  Expected<const Table*> subject(const std::string& word) const;

  // The sums of one kind at a snapshot.
  Expected<Frame> sums(const AggregateTable& kind, const SnapshotRecord& snapshot) const;
  // All rows of a table (of the file, or the sums by group) at a snapshot. Damaged parts are left
  // out and named in the frame.
  Expected<Frame> frame(const Table& table, const SnapshotRecord& snapshot) const;

 private:
  Expected<const SnapshotRecord*> newest_at(std::int64_t wall_us, const std::string& node) const;
  Expected<Frame> node_frame(const Table& table, const SnapshotRecord& snapshot) const;
  Frame plain_frame(const Table& table, const SnapshotRecord& snapshot, TableData data) const;
  Error nothing_recorded() const;

  std::unique_ptr<Reader> reader_;
  std::string path_;
  std::vector<std::string> node_names_;
};

// "processes" for the table "process".
std::string plural(const std::string& table_name);

}  // namespace beamtape
