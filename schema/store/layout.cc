#include "schema/store/layout.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "schema/store/sqlite.h"

namespace beamtape {
namespace {

constexpr const char* kPlainTables = R"sql(
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE tbl(id INTEGER PRIMARY KEY, name TEXT NOT NULL, sentence TEXT NOT NULL);
CREATE TABLE col(tbl INTEGER NOT NULL, id INTEGER NOT NULL, position INTEGER NOT NULL,
  name TEXT NOT NULL, type INTEGER NOT NULL, unit INTEGER NOT NULL, kind INTEGER NOT NULL,
  sentence TEXT NOT NULL, fields TEXT NOT NULL, PRIMARY KEY(tbl, id)) WITHOUT ROWID;
CREATE TABLE node(id INTEGER PRIMARY KEY, name TEXT NOT NULL, creation INTEGER NOT NULL,
  attached_wall_us INTEGER NOT NULL, checksum INTEGER NOT NULL);
CREATE TABLE node_fact(node INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY(node, key)) WITHOUT ROWID;
CREATE TABLE application(node INTEGER NOT NULL, name TEXT NOT NULL, version TEXT NOT NULL,
  master INTEGER NOT NULL, PRIMARY KEY(node, name)) WITHOUT ROWID;
CREATE TABLE gap(id INTEGER PRIMARY KEY, node INTEGER NOT NULL, from_wall_us INTEGER NOT NULL,
  to_wall_us INTEGER NOT NULL, reason TEXT NOT NULL, checksum INTEGER NOT NULL);
CREATE TABLE note(id INTEGER PRIMARY KEY, wall_us INTEGER NOT NULL, text TEXT NOT NULL,
  checksum INTEGER NOT NULL);
CREATE TABLE text(epoch INTEGER NOT NULL, id INTEGER NOT NULL, text TEXT NOT NULL,
  checksum INTEGER, PRIMARY KEY(epoch, id)) WITHOUT ROWID;
CREATE TABLE part(key INTEGER PRIMARY KEY, data BLOB NOT NULL);
)sql";

constexpr const char* kPlainViews = R"sql(
CREATE VIEW snapshots AS SELECT snapshot.id AS snapshot, node.name AS node,
  strftime('%Y-%m-%dT%H:%M:%S', began_wall_us / 1000000, 'unixepoch') ||
  printf('.%06dZ', began_wall_us % 1000000) AS began,
  processes, detailed, not_read, not_answered, filling
  FROM snapshot LEFT JOIN node ON node.id = snapshot.node;
CREATE VIEW part_sizes AS SELECT key / 256 AS snapshot,
  coalesce(tbl.name, 'lists') AS table_name, length(data) AS bytes
  FROM part LEFT JOIN tbl ON tbl.id = key % 256;
)sql";

std::string snapshot_table() {
  std::string sql = "CREATE TABLE snapshot(";
  for (const auto& field : snapshot_fields()) {
    const bool key = field.member == &SnapshotRecord::id;
    sql += fmt::format("{} INTEGER {}, ", field.name, key ? "PRIMARY KEY" : "NOT NULL");
  }
  return sql +
         "filling INTEGER NOT NULL, not_answered TEXT NOT NULL, tables TEXT NOT NULL, "
         "row_checksum INTEGER NOT NULL, text_checksum INTEGER NOT NULL, checksum INTEGER)";
}

std::string node_sample_table(const Table& node) {
  std::string sql = "CREATE TABLE node_sample(snapshot INTEGER PRIMARY KEY";
  for (const auto& column : node.columns) sql += ", " + quoted_name(column.name) + " INTEGER";
  return sql + ", not_read TEXT NOT NULL, checksum INTEGER)";
}

template <typename Row>
void add_sample_table(const SampleTable<Row>& table, std::vector<std::string>& sql) {
  std::string columns;
  std::string shown;
  for (const auto& field : table.fields) {
    columns += fmt::format("{} INTEGER NOT NULL, ", field.name);
    shown += fmt::format(", sample.{}", field.name);
  }
  sql.push_back(
      fmt::format("CREATE TABLE {}(snapshot INTEGER NOT NULL, name INTEGER NOT NULL, "
                  "{}PRIMARY KEY(snapshot, name)) WITHOUT ROWID",
                  table.name, columns));
  sql.push_back(
      fmt::format("CREATE VIEW {} AS SELECT sample.snapshot, text.text AS name{} "
                  "FROM {} AS sample JOIN snapshot ON snapshot.id = sample.snapshot "
                  "LEFT JOIN text ON text.epoch = snapshot.epoch "
                  "AND text.id = sample.name",
                  table.view, shown, table.name));
}

}  // namespace

const SampleTable<GroupSample>& group_samples() {
  static const SampleTable<GroupSample> table{
      "group_sample",
      "process_groups",
      &Aggregates::groups,
      {{"processes", &GroupSample::processes},
       {"memory", &GroupSample::memory},
       {"memory_unknown", &GroupSample::memory_unknown},
       {"message_queue_len", &GroupSample::message_queue_len},
       {"max_message_queue_len", &GroupSample::max_message_queue_len},
       {"reductions", &GroupSample::reductions},
       {"appeared", &GroupSample::appeared},
       {"gone", &GroupSample::gone}}};
  return table;
}

const SampleTable<EtsSample>& ets_samples() {
  static const SampleTable<EtsSample> table{
      "ets_sample",
      "ets_tables",
      &Aggregates::ets,
      {{"tables", &EtsSample::tables}, {"size", &EtsSample::size}, {"memory", &EtsSample::memory}}};
  return table;
}

const SampleTable<PortSample>& port_samples() {
  static const SampleTable<PortSample> table{"port_sample",
                                             "port_drivers",
                                             &Aggregates::ports,
                                             {{"ports", &PortSample::ports},
                                              {"input", &PortSample::input},
                                              {"output", &PortSample::output},
                                              {"queue_size", &PortSample::queue_size},
                                              {"memory", &PortSample::memory}}};
  return table;
}

const SampleTable<AllocatorSample>& allocator_samples() {
  static const SampleTable<AllocatorSample> table{
      "allocator_sample",
      "allocators",
      &Aggregates::allocators,
      {{"blocks_size", &AllocatorSample::blocks_size},
       {"carriers_size", &AllocatorSample::carriers_size}}};
  return table;
}

std::span<const Field64<SnapshotRecord>> snapshot_fields() {
  static constexpr std::array<Field64<SnapshotRecord>, 13> kFields{
      {{"id", &SnapshotRecord::id},
       {"node", &SnapshotRecord::node},
       {"epoch", &SnapshotRecord::epoch},
       {"began_wall_us", &SnapshotRecord::began_wall_us},
       {"ended_wall_us", &SnapshotRecord::ended_wall_us},
       {"began_mono_us", &SnapshotRecord::began_mono_us},
       {"interval_us", &SnapshotRecord::interval_us},
       {"target_us", &SnapshotRecord::target_us},
       {"received_bytes", &SnapshotRecord::received_bytes},
       {"processes", &SnapshotRecord::processes},
       {"detailed", &SnapshotRecord::detailed},
       {"not_read", &SnapshotRecord::not_read},
       {"stale_found", &SnapshotRecord::stale_found}}};
  return kFields;
}

std::vector<std::string> creation_sql(const Table& node) {
  std::vector<std::string> sql{kPlainTables, snapshot_table(), node_sample_table(node)};
  for_each_sample_table([&](const auto& table) { add_sample_table(table, sql); });
  sql.emplace_back(kPlainViews);
  return sql;
}

std::string placeholders(std::size_t count) {
  std::string marks;
  for (std::size_t i = 0; i < count; ++i) marks += i == 0 ? "?" : ", ?";
  return marks;
}

std::string not_read_text(const Table& node, std::span<const Cell> cells) {
  std::string text;
  for (std::size_t i = 0; i < cells.size() && i < node.columns.size(); ++i) {
    if (!is_not_read(cells[i])) continue;
    if (!text.empty()) text += ' ';
    text += fmt::format("{}:{}", node.columns[i].name, cells[i] - std::numeric_limits<Cell>::min());
  }
  return text;
}

void apply_not_read(const Table& node, std::string_view text, std::span<Cell> cells) {
  constexpr int kMostReasons = 64;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    const auto word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const auto colon = word.rfind(':');
    if (colon == std::string_view::npos) continue;
    const auto column = node.find(word.substr(0, colon));
    int reason = 0;
    std::from_chars(word.data() + colon + 1, word.data() + word.size(), reason);
    if (column && *column < cells.size() && reason > 0 && reason < kMostReasons) {
      cells[*column] = std::numeric_limits<Cell>::min() + reason;
    }
  }
}

}  // namespace beamtape
