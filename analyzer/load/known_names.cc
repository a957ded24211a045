#include "analyzer/load/known_names.h"

#include <map>
#include <set>

#include "analyzer/load/aggregate_tables.h"
#include "analyzer/load/elixir_names.h"
#include "analyzer/load/lives.h"

namespace beamtape {

namespace {

using Names = std::set<std::string>;

void add_processes(const Recording& recording, std::int64_t snapshot, Names& names) {
  const Table* table = recording.reader().table("process");
  const SnapshotRecord* record = recording.snapshot(snapshot);
  if (!table || !record) return;
  const auto frame = recording.frame(*table, *record);
  if (!frame) return;
  for (const std::string& name : process_name_columns()) {
    const auto column = table->find(name);
    if (!column) continue;
    for (const std::size_t slot : frame->slots()) {
      const RowView row = frame->row(slot);
      const Value value = decode(row.cell(*column), table->columns[*column], row.texts);
      if (!no_value(value)) names.insert(display(value, Unit::kNone));
    }
  }
}

void add_aggregate(const Recording& recording, const AggregateTable& aggregate,
                   std::pair<std::int64_t, std::int64_t> range, Names& names) {
  std::map<std::int64_t, std::set<Cell>> seen;
  Reader& reader = recording.reader();
  const auto visit = [&](const SnapshotRecord& snapshot, const Aggregates& all) {
    for (std::size_t row = 0; row < aggregate.rows(all); ++row) {
      const Cell id = aggregate.cells(all, row)[0];
      if (!seen[snapshot.epoch].insert(id).second) continue;
      if (const auto text = reader.text(snapshot.epoch, id)) names.insert(written_term(*text));
    }
    return true;
  };
  // An error leaves what was read until then.
  static_cast<void>(reader.aggregates(range.first, range.second, visit));
}

}  // namespace

std::vector<std::string> known_names(const Recording& recording, const std::string& kind,
                                     std::pair<std::int64_t, std::int64_t> range) {
  if (kind == "node") return recording.node_names();
  Names names;
  for (const AggregateTable& aggregate : aggregate_tables()) {
    if (kind.empty() || kind == aggregate.subject)
      add_aggregate(recording, aggregate, range, names);
  }
  if (kind.empty() || kind == "process") add_processes(recording, range.second, names);
  return {names.begin(), names.end()};
}

}  // namespace beamtape
