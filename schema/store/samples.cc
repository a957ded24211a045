#include "schema/store/samples.h"

#include <fmt/format.h>

#include <algorithm>

#include "schema/store/checksum.h"

namespace beamtape {

std::uint32_t row_checksum(const NodeRecord& node) {
  RowChecksum sum("node");
  sum.add(node.id).add(node.name).add(node.creation).add(node.attached_wall_us);
  for (const auto& [key, value] : node.facts) sum.add(key).add(value);
  for (const auto& application : node.applications) {
    sum.add(application.name).add(application.version).add(application.master);
  }
  return sum.value();
}

std::uint32_t row_checksum(const GapRecord& gap) {
  RowChecksum sum("gap");
  return sum.add(gap.node).add(gap.from_wall_us).add(gap.to_wall_us).add(gap.reason).value();
}

std::uint32_t row_checksum(const NoteRecord& note) {
  return RowChecksum("note").add(note.wall_us).add(note.text).value();
}

std::uint32_t row_checksum(const SnapshotRecord& snapshot, std::string_view tables) {
  RowChecksum sum("snapshot");
  for (const auto& field : snapshot_fields()) sum.add(snapshot.*field.member);
  sum.add(snapshot.filling ? 1 : 0).add(snapshot.not_answered).add(tables);
  return sum.value();
}

std::uint32_t text_checksum(std::int64_t epoch, Cell id, std::string_view text) {
  return RowChecksum("text").add(epoch).add(id).add(text).value();
}

Expected<void> insert_note(Database& database, const NoteRecord& note) {
  auto row = database.prepare("INSERT INTO note(wall_us, text, checksum) VALUES(?, ?, ?)");
  if (!row) return tl::unexpected(std::move(row.error()));
  return row->bind(1, note.wall_us).bind(2, note.text).bind(3, row_checksum(note)).run();
}

std::uint32_t node_row_checksum(std::int64_t snapshot, const Table& node,
                                std::span<const Cell> cells) {
  RowChecksum sum("node_sample");
  sum.add(snapshot);
  for (const Cell cell : cells) is_missing(cell) ? sum.add_null() : sum.add(cell);
  return sum.add(not_read_text(node, cells)).value();
}

std::uint32_t samples_checksum(std::int64_t snapshot, const Aggregates& aggregates) {
  std::uint32_t sum = 0;
  for_each_sample_table([&](const auto& table) {
    for (const auto& row : aggregates.*table.rows) {
      RowChecksum row_sum(table.name);
      row_sum.add(snapshot).add(row.name);
      for (const auto& field : table.fields) row_sum.add(row.*field.member);
      sum += row_sum.value();
    }
  });
  return sum;
}

std::vector<Cell> whole_node_row(const Table& node, const std::vector<Cell>& cells) {
  auto whole = cells;
  whole.resize(node.columns.size(), missing(Missing::kNotRecorded));
  return whole;
}

Expected<void> SampleWriter::prepare(Database& database) {
  auto node_row = database.prepare(
      fmt::format("INSERT INTO node_sample VALUES({})", placeholders(node_.columns.size() + 3)));
  if (!node_row) return tl::unexpected(std::move(node_row.error()));
  node_row_ = std::move(*node_row);
  Expected<void> done;
  for_each_sample_table([&](const auto& table) {
    auto row = database.prepare(fmt::format("INSERT INTO {} VALUES({})", table.name,
                                            placeholders(table.fields.size() + 2)));
    if (!row) {
      done = tl::unexpected(std::move(row.error()));
    } else {
      rows_[table.name] = std::move(*row);
    }
  });
  return done;
}

Expected<std::uint32_t> SampleWriter::write(std::int64_t snapshot, const Aggregates& aggregates) {
  const auto cells = whole_node_row(node_, aggregates.node);
  const auto not_read = not_read_text(node_, cells);
  int position = 1;
  node_row_.bind(position++, snapshot);
  for (const Cell cell : cells) {
    is_missing(cell) ? node_row_.bind_null(position) : node_row_.bind(position, cell);
    ++position;
  }
  const auto node_sum = node_row_checksum(snapshot, node_, cells);
  auto done = node_row_.bind(position, not_read).bind(position + 1, node_sum).run();
  for_each_sample_table([&](const auto& table) {
    auto& statement = rows_[table.name];
    for (const auto& row : aggregates.*table.rows) {
      if (!done) return;
      statement.bind(1, snapshot).bind(2, row.name);
      int at = 3;
      for (const auto& field : table.fields) statement.bind(at++, row.*field.member);
      done = statement.run();
    }
  });
  if (!done) return tl::unexpected(std::move(done.error()));
  return node_sum + samples_checksum(snapshot, aggregates);
}

Expected<NodeSampleReader> NodeSampleReader::open(Database& database, const Table& node,
                                                  const std::vector<std::string>& columns,
                                                  std::int64_t from, std::int64_t to) {
  NodeSampleReader reader;
  reader.node_ = &node;
  const auto has = [&](const std::string& name) {
    return std::find(columns.begin(), columns.end(), name) != columns.end();
  };
  std::string sql = "SELECT n.snapshot";
  sql += has("not_read") ? ", n.not_read" : ", ''";
  sql += has("checksum") ? ", n.checksum" : ", NULL";
  for (std::size_t i = 0; i < node.columns.size(); ++i) {
    if (!has(node.columns[i].name)) continue;
    sql += ", n." + quoted_name(node.columns[i].name);
    reader.positions_.push_back(i);
  }
  sql += " FROM node_sample AS n WHERE n.snapshot BETWEEN ? AND ? ORDER BY n.snapshot";
  auto rows = database.prepare(sql);
  if (!rows) return tl::unexpected(std::move(rows.error()));
  rows->bind(1, from).bind(2, to);
  reader.rows_ = std::move(*rows);
  return reader;
}

Expected<bool> NodeSampleReader::next() {
  const auto more = rows_.step();
  if (!more || !*more) return more;
  snapshot_ = rows_.integer(0);
  cells_.assign(node_->columns.size(), missing(Missing::kNotRecorded));
  for (std::size_t i = 0; i < positions_.size(); ++i) {
    const int column = static_cast<int>(i) + 3;
    cells_[positions_[i]] =
        rows_.is_integer(column) ? rows_.integer(column) : missing(Missing::kNone);
  }
  apply_not_read(*node_, rows_.text(1), cells_);
  checksum_.reset();
  if (rows_.is_integer(2)) checksum_ = static_cast<std::uint32_t>(rows_.integer(2));
  return true;
}

Expected<SampleReader> SampleReader::open(Database& database, std::int64_t from, std::int64_t to) {
  SampleReader reader;
  Expected<void> done;
  for_each_sample_table([&](const auto& table) {
    if (!done) return;
    auto rows = database.prepare(
        fmt::format("SELECT snapshot, name, {} FROM {} WHERE snapshot BETWEEN ? AND ? "
                    "ORDER BY snapshot, name",
                    field_names(std::span(table.fields)), table.name));
    if (!rows) {
      done = tl::unexpected(std::move(rows.error()));
      return;
    }
    rows->bind(1, from).bind(2, to);
    // Rows that cannot be read are missed by the checksums of their snapshots.
    const auto first = rows->step();
    reader.sources_[table.name] = {std::move(*rows), first && *first};
  });
  if (!done) return tl::unexpected(std::move(done.error()));
  return reader;
}

Expected<void> SampleReader::read(std::int64_t snapshot, Aggregates& aggregates) {
  Expected<void> done;
  for_each_sample_table([&](const auto& table) {
    if (done) done = read_table(table, snapshot, aggregates);
  });
  return done;
}

template <typename Row>
Expected<void> SampleReader::read_table(const SampleTable<Row>& table, std::int64_t snapshot,
                                        Aggregates& aggregates) {
  auto& source = sources_[table.name];
  auto& rows = aggregates.*table.rows;
  rows.clear();
  while (source.has_row && source.rows.integer(0) <= snapshot) {
    if (source.rows.integer(0) == snapshot) {
      Row row;
      row.name = source.rows.integer(1);
      int column = 2;
      for (const auto& field : table.fields) row.*field.member = source.rows.integer(column++);
      rows.push_back(row);
    }
    auto more = source.rows.step();
    if (!more) {
      source.has_row = false;
      return tl::unexpected(std::move(more.error()));
    }
    source.has_row = *more;
  }
  return {};
}

}  // namespace beamtape
