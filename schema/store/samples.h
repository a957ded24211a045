#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "schema/error.h"
#include "schema/store/layout.h"
#include "schema/store/records.h"
#include "schema/store/sqlite.h"

namespace beamtape {

// The aggregates' plain tables, and the checksums of plain rows. Not a public header.

std::uint32_t row_checksum(const NodeRecord& node);  // its facts and applications with it
std::uint32_t row_checksum(const GapRecord& gap);
std::uint32_t row_checksum(const NoteRecord& note);
std::uint32_t row_checksum(const SnapshotRecord& snapshot, std::string_view tables);
std::uint32_t text_checksum(std::int64_t epoch, Cell id, std::string_view text);

// Stores a note, with its checksum.
Expected<void> insert_note(Database& database, const NoteRecord& note);

// Of the row of node_sample, as whole_node_row() makes it.
std::uint32_t node_row_checksum(std::int64_t snapshot, const Table& node,
                                std::span<const Cell> cells);
// Sum modulo 2^32 of the checksums of the rows of the four other tables.
std::uint32_t samples_checksum(std::int64_t snapshot, const Aggregates& aggregates);

// Cells of the node row by position; missing columns are kNotRecorded.
std::vector<Cell> whole_node_row(const Table& node, const std::vector<Cell>& cells);

class SampleWriter {
 public:
  explicit SampleWriter(Table node) : node_(std::move(node)) {}
  Expected<void> prepare(Database& database);
  // Inserts the rows of one snapshot; each name once in each table. Returns the sum modulo 2^32 of
  // their checksums.
  Expected<std::uint32_t> write(std::int64_t snapshot, const Aggregates& aggregates);
  const Table& node() const { return node_; }

 private:
  Table node_;
  Statement node_row_;
  std::map<std::string, Statement> rows_;  // by name of the SQL table
};

// Reads node_sample in the order of snapshots. A damaged page ends it with an error.
class NodeSampleReader {
 public:
  // `columns` are those that the SQL table really has.
  static Expected<NodeSampleReader> open(Database& database, const Table& node,
                                         const std::vector<std::string>& columns, std::int64_t from,
                                         std::int64_t to);
  // False at the end.
  Expected<bool> next();
  std::int64_t snapshot() const { return snapshot_; }
  const std::vector<Cell>& cells() const { return cells_; }
  // As stored; nothing in a file of a version that had none.
  std::optional<std::uint32_t> checksum() const { return checksum_; }

 private:
  const Table* node_ = nullptr;
  Statement rows_;
  std::vector<std::size_t> positions_;  // in the table's columns, by position in the statement
  std::int64_t snapshot_ = 0;
  std::vector<Cell> cells_;
  std::optional<std::uint32_t> checksum_;
};

// The rows of the four other tables, snapshot by snapshot in ascending order.
class SampleReader {
 public:
  static Expected<SampleReader> open(Database& database, std::int64_t from, std::int64_t to);
  // Fills what belongs to `snapshot`; rows of earlier ones are skipped.
  Expected<void> read(std::int64_t snapshot, Aggregates& aggregates);

 private:
  struct Source {
    Statement rows;
    bool has_row = false;
  };
  template <typename Row>
  Expected<void> read_table(const SampleTable<Row>& table, std::int64_t snapshot,
                            Aggregates& aggregates);
  std::map<std::string, Source> sources_;
};

}  // namespace beamtape
