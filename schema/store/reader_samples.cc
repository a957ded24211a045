// Aggregates, snapshot by snapshot. Behind a damaged page it goes on with the next snapshot;
// what cannot be read is marked as such.

#include <algorithm>

#include "schema/store/file_reader.h"

namespace beamtape {

// Of an earlier format, whose rows have no checksum of their own, it cannot be told.
bool FileReader::fits(const NodeSampleReader& rows) {
  if (!rows.checksum() ||
      *rows.checksum() == node_row_checksum(rows.snapshot(), node_declaration(), rows.cells())) {
    return true;
  }
  meet(rows.snapshot(), "its row of node_sample: checksum does not match");
  return false;
}

Expected<void> FileReader::node_rows(
    std::int64_t from, std::int64_t to,
    const std::function<bool(const SnapshotRecord&, const std::vector<Cell>&)>& visit) {
  const Table& node = node_declaration();
  const std::vector<Cell> damaged(node.columns.size(), missing(Missing::kBadAnswer));
  std::optional<NodeSampleReader> rows;
  bool has_row = false;
  const auto advance = [&] {
    const auto more = rows->next();
    has_row = more && *more;
    if (!more) rows.reset();
  };
  for (const auto& record : snapshots_) {
    if (record.id < from || record.id > to) continue;
    if (!rows) {
      auto opened = NodeSampleReader::open(database_, node, node_sample_columns_, record.id, to);
      if (!opened) return unreadable(std::move(opened.error()));
      rows.emplace(std::move(*opened));
      advance();
    }
    while (has_row && rows->snapshot() < record.id) advance();
    const bool found = has_row && rows && rows->snapshot() == record.id;
    if (!found) meet(record.id, "its row of node_sample is not there");
    const auto& cells = found && fits(*rows) ? rows->cells() : damaged;
    if (!visit(record, cells)) break;
  }
  return {};
}

// The rows have one checksum together with the snapshot's own row and that of node_sample: which of
// them is another is not known.
void FileReader::check_samples(std::size_t index, Aggregates& aggregates) {
  const auto& record = snapshots_[index];
  const Table& node = node_declaration();
  const std::vector<Cell> damaged(node.columns.size(), missing(Missing::kBadAnswer));
  const bool is_rest_whole = !record.damaged && aggregates.node != damaged;
  const auto sum = row_checksum(record, stored_[index].tables_text()) +
                   node_row_checksum(record.id, node, aggregates.node) +
                   samples_checksum(record.id, aggregates);
  if (is_rest_whole && sum == stored_[index].row_checksum) return;
  if (is_rest_whole) meet(record.id, "its plain rows: checksum does not match");
  for_each_sample_table([&](const auto& table) { (aggregates.*table.rows).clear(); });
  aggregates.node = damaged;
}

Expected<void> FileReader::aggregates(
    std::int64_t from, std::int64_t to,
    const std::function<bool(const SnapshotRecord&, const Aggregates&)>& visit) {
  auto samples = SampleReader::open(database_, from, to);
  if (!samples) return unreadable(std::move(samples.error()));
  Aggregates aggregates;
  return node_rows(from, to, [&](const auto& record, const std::vector<Cell>& cells) {
    aggregates.node = cells;
    // A damaged page ends one of the tables; the others and the node's row go on.
    if (auto read = samples->read(record.id, aggregates); !read) {
      meet(record.id,
           "sums of groups, tables, ports and allocators from here on: " + read.error().message);
    }
    check_samples(static_cast<std::size_t>(&record - snapshots_.data()), aggregates);
    return visit(record, aggregates);
  });
}

}  // namespace beamtape
