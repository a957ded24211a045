#include "analyzer/load/scheduler_use.h"

#include <algorithm>
#include <map>
#include <optional>

namespace beamtape {

namespace {

struct Times {
  std::int64_t active = 0, total = 0;
};
using TimesBySlot = std::map<std::size_t, Times>;

// Where the columns stand in this file; nothing if it lacks one.
struct Columns {
  std::size_t type, active, total;
};

std::optional<Columns> columns_of(const Table& table) {
  const auto find = [&](const char* name) {
    return static_cast<std::size_t>(
        std::find_if(table.columns.begin(), table.columns.end(),
                     [&](const Column& column) { return column.name == name; }) -
        table.columns.begin());
  };
  const Columns columns{find("type"), find("active_time"), find("total_time")};
  if (std::max({columns.type, columns.active, columns.total}) == table.columns.size()) return {};
  return columns;
}

TimesBySlot normal_ones(const RowGroup& group, const Columns& columns, const Texts& texts) {
  TimesBySlot times;
  for (std::size_t row = 0; row < group.rows; ++row) {
    const Cell type = group.columns[columns.type][row];
    const Cell active = group.columns[columns.active][row];
    const Cell total = group.columns[columns.total][row];
    if (is_missing(type) || is_missing(active) || is_missing(total)) continue;
    if (texts.text(type) == "normal") times[row] = {active, total};
  }
  return times;
}

// Nothing where no time passed, or counters went back: another life of the node.
std::optional<double> share_between(const TimesBySlot& before, const TimesBySlot& after) {
  std::int64_t active = 0, total = 0;
  for (const auto& [slot, now] : after) {
    const auto then = before.find(slot);
    if (then == before.end()) continue;
    if (now.active < then->second.active || now.total < then->second.total) return {};
    active += now.active - then->second.active;
    total += now.total - then->second.total;
  }
  if (total <= 0) return {};
  return std::min(1.0, static_cast<double>(active) / static_cast<double>(total));
}

}  // namespace

Expected<std::vector<SchedulerUse>> scheduler_use(const Recording& recording,
                                                  const std::string& node,
                                                  std::pair<std::int64_t, std::int64_t> range) {
  std::vector<SchedulerUse> uses;
  const Table* table = recording.reader().table("scheduler");
  const auto columns = table ? columns_of(*table) : std::nullopt;
  if (!columns) return uses;
  TimesBySlot before;
  std::int64_t life = 0;
  std::vector<Damage> damage;  // damaged parts have no rows, and so no share
  const auto read = recording.reader().history(
      *table, 0, range.first, range.second,
      [&](const SnapshotRecord& snapshot, const RowGroup& group) {
        if (recording.node_name(snapshot) != node) return true;
        if (snapshot.node != life) before.clear();
        life = snapshot.node;
        auto now = normal_ones(group, *columns, Texts(recording.reader(), snapshot.epoch));
        if (const auto share = share_between(before, now)) uses.push_back({&snapshot, *share});
        if (!now.empty()) before = std::move(now);
        return true;
      },
      &damage);
  if (!read) return tl::unexpected(read.error());
  return uses;
}

}  // namespace beamtape
