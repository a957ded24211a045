#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schema/error.h"
#include "schema/model/list.h"
#include "schema/model/table_data.h"
#include "schema/store/records.h"
#include "schema/tables/table.h"

namespace beamtape {

// Something of a recording that cannot be read, in words: what, where, and what is lost by it.
struct Damage {
  std::int64_t snapshot = 0;  // 0: not of one snapshot
  std::string what;           // "processes 8192-12287: checksum does not match"
  bool operator==(const Damage&) const = default;
};

// Reads one recording, also one that is still being written or was cut short. One thread at a
// time. Damaged parts limit the answer, they do not end it.
class Reader {
 public:
  // kNotFound: no such file. kMalformed: not a recording, of a newer format (says which and
  // what to do), or damaged beyond opening. Works on read-only files and folders.
  static Expected<std::unique_ptr<Reader>> open(const std::string& path);
  virtual ~Reader() = default;

  virtual int format_version() const = 0;
  virtual std::optional<std::string> meta(std::string_view key) const = 0;
  // The last of the oldest snapshots that the recorder dropped to keep a bound; 0 if none were.
  virtual std::int64_t dropped_to() const = 0;
  // What is unusual about how the file was left, in words ("not closed: …"); empty if nothing.
  virtual std::vector<std::string> remarks() const = 0;
  // Damage that was met so far while opening, in texts, lists and plain rows: what no `damage`
  // below is told. Each part once.
  virtual const std::vector<Damage>& met() const = 0;
  virtual std::int64_t file_bytes() const = 0;

  // Loaded when opened, all small, in order of time.
  virtual const std::vector<NodeRecord>& nodes() const = 0;
  virtual const std::vector<SnapshotRecord>& snapshots() const = 0;
  virtual const std::vector<GapRecord>& gaps() const = 0;
  virtual const std::vector<NoteRecord>& notes() const = 0;
  // The columnar tables and `node` as this file declares them (unknown columns included).
  virtual const std::vector<Table>& tables() const = 0;
  // By name; null if this file has no such table.
  virtual const Table* table(std::string_view name) const = 0;

  // All rows of a table at a snapshot. Decodes the keyframe and the differences after it.
  // Row groups that are damaged come back empty and are named in `damage`.
  virtual Expected<TableData> rows(const Table& table, std::int64_t snapshot,
                                   std::vector<Damage>* damage) = 0;
  // Brings `data`, the rows at `snapshot - 1` of the same node, to `snapshot` in place.
  virtual Expected<void> step(const Table& table, std::int64_t snapshot, TableData& data,
                              std::vector<Damage>* damage) = 0;
  // Calls `visit` with each state of these row groups (ascending numbers) in [from, to], snapshot
  // by snapshot, decoding nothing else; not with those that are damaged. `visit` returning false
  // stops.
  using GroupVisitor =
      std::function<bool(const SnapshotRecord&, std::size_t group, const RowGroup&)>;
  virtual Expected<void> histories(const Table& table, const std::vector<std::size_t>& groups,
                                   std::int64_t from, std::int64_t to, const GroupVisitor& visit,
                                   std::vector<Damage>* damage) = 0;
  // The same of one row group.
  Expected<void> history(const Table& table, std::size_t group, std::int64_t from, std::int64_t to,
                         const std::function<bool(const SnapshotRecord&, const RowGroup&)>& visit,
                         std::vector<Damage>* damage);

  // The text or list of an id within a snapshot's keyframe group; nothing if it is not there
  // or is damaged. Views live until another epoch is asked for.
  virtual std::optional<std::string_view> text(std::int64_t epoch, Cell id) = 0;
  virtual std::optional<ListView> list(std::int64_t epoch, Cell id) = 0;

  // The aggregates of snapshots [from, to], read from plain SQL, in order. Of damaged ones the
  // cells are kBadAnswer and the rows are not there.
  virtual Expected<void> aggregates(
      std::int64_t from, std::int64_t to,
      const std::function<bool(const SnapshotRecord&, const Aggregates&)>& visit) = 0;
  // Only the node's own row per snapshot: what a timeline needs. Much cheaper than the above.
  virtual Expected<void> node_rows(
      std::int64_t from, std::int64_t to,
      const std::function<bool(const SnapshotRecord&, const std::vector<Cell>&)>& visit) = 0;

  // Reads every byte that means something; calls `progress` (may be empty) with 0..1.
  virtual Expected<std::vector<Damage>> check(const std::function<void(double)>& progress) = 0;
};

}  // namespace beamtape
