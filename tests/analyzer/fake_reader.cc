#include "tests/analyzer/fake_reader.h"

#include <utility>

namespace beamtape {

FakeReader::FakeReader(Story story) : story_(std::move(story)) {
  for (const Table* table : columnar_tables()) tables_.push_back(*table);
  tables_.push_back(node_table());
}

std::optional<std::string> FakeReader::meta(std::string_view key) const {
  if (key == "recorder_version") return "0.1.0";
  return std::nullopt;
}

const Table* FakeReader::table(std::string_view name) const {
  for (const Table& table : tables_) {
    if (table.name == name) return &table;
  }
  return nullptr;
}

Expected<TableData> FakeReader::rows(const Table& table, std::int64_t snapshot,
                                     std::vector<Damage>* damage) {
  for (const Damage& one : told_damage) {
    if (one.snapshot == snapshot) damage->push_back(one);
  }
  return story_.rows[{table.name, snapshot}];
}

Expected<void> FakeReader::step(const Table& table, std::int64_t snapshot, TableData& data,
                                std::vector<Damage>*) {
  data = story_.rows[{table.name, snapshot}];
  return {};
}

Expected<void> FakeReader::histories(const Table& table, const std::vector<std::size_t>& groups,
                                     std::int64_t from, std::int64_t to, const GroupVisitor& visit,
                                     std::vector<Damage>* damage) {
  std::int64_t damaged_epoch = 0;
  for (const SnapshotRecord& one : story_.snapshots) {
    const TableData& data = story_.rows[{table.name, one.id}];
    if (one.id < from || one.id > to) continue;
    for (const Damage& told : told_damage) {
      if (told.snapshot != one.id) continue;
      if (damage != nullptr) damage->push_back(told);
      damaged_epoch = one.epoch;
    }
    if (one.epoch == damaged_epoch) continue;
    for (const std::size_t group : groups) {
      if (group < data.groups.size() && !visit(one, group, data.groups[group])) return {};
    }
  }
  return {};
}

std::optional<std::string_view> FakeReader::text(std::int64_t epoch, Cell id) {
  const auto& known = story_.texts[epoch];
  const Cell index = id - epoch * Story::kIdsPerEpoch - 1;
  if (index < 0 || index >= static_cast<Cell>(known.size())) return std::nullopt;
  return known[static_cast<std::size_t>(index)];
}

std::optional<ListView> FakeReader::list(std::int64_t epoch, Cell id) {
  const auto& known = story_.lists[epoch];
  const Cell index = id - epoch * Story::kIdsPerEpoch - 1;
  if (index < 0 || index >= static_cast<Cell>(known.size())) return std::nullopt;
  return known[static_cast<std::size_t>(index)];
}

std::vector<Cell> FakeReader::node_cells(std::int64_t snapshot) {
  const TableData& data = story_.rows[{"node", snapshot}];
  std::vector<Cell> cells;
  if (data.groups.empty()) return cells;
  for (const auto& column : data.groups[0].columns) cells.push_back(column[0]);
  return cells;
}

Expected<void> FakeReader::aggregates(
    std::int64_t from, std::int64_t to,
    const std::function<bool(const SnapshotRecord&, const Aggregates&)>& visit) {
  for (const SnapshotRecord& one : story_.snapshots) {
    if (one.id < from || one.id > to) continue;
    Aggregates all = story_.samples[one.id];
    // As in a file, the node's own row comes with them.
    if (const auto node = node_cells(one.id); !node.empty()) all.node = node;
    if (!visit(one, all)) break;
  }
  return {};
}

Expected<void> FakeReader::node_rows(
    std::int64_t from, std::int64_t to,
    const std::function<bool(const SnapshotRecord&, const std::vector<Cell>&)>& visit) {
  for (const SnapshotRecord& one : story_.snapshots) {
    const auto cells = node_cells(one.id);
    if (one.id < from || one.id > to || cells.empty()) continue;
    if (!visit(one, cells)) break;
  }
  return {};
}

Expected<std::vector<Damage>> FakeReader::check(const std::function<void(double)>&) {
  return told_damage;
}

}  // namespace beamtape
