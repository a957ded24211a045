// Aggregates, snapshot by snapshot. Behind a damaged page it goes on with the next snapshot;
// what cannot be read is marked as such.

#include <algorithm>

#include "schema/store/file_reader.h"

namespace beamtape {

Expected<void> FileReader::node_rows(
    std::int64_t from, std::int64_t to,
    const std::function<bool(const SnapshotRecord&, const std::vector<Cell>&)>& visit) {
  const Table& node = node_declaration();
  const std::vector<Cell> not_stored(node.columns.size(), missing(Missing::kNotRecorded));
  const std::vector<Cell> damaged(node.columns.size(), missing(Missing::kBadAnswer));
  std::optional<NodeSampleReader> rows;
  bool has_row = false;
  bool failed = false;
  const auto advance = [&] {
    const auto more = rows->next();
    failed = !more;
    has_row = more && *more;
    if (failed) rows.reset();
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
    if (!visit(record, found ? rows->cells() : failed ? damaged : not_stored)) break;
  }
  return {};
}

Expected<void> FileReader::aggregates(
    std::int64_t from, std::int64_t to,
    const std::function<bool(const SnapshotRecord&, const Aggregates&)>& visit) {
  auto samples = SampleReader::open(database_, from, to);
  if (!samples) return unreadable(std::move(samples.error()));
  Aggregates aggregates;
  Expected<void> result;
  const auto rows = node_rows(from, to, [&](const auto& record, const std::vector<Cell>& cells) {
    aggregates.node = cells;
    // A damaged page ends one of the tables; the others and the node's row go on.
    if (auto read = samples->read(record.id, aggregates); !read) {
      result = unreadable(std::move(read.error()));
    }
    return visit(record, aggregates);
  });
  return rows ? result : rows;
}

}  // namespace beamtape
