#include "analyzer/load/scheduler_use.h"

#include <algorithm>
#include <map>
#include <optional>

#include "analyzer/load/node_column.h"

namespace beamtape {

namespace {

struct Times {
  std::int64_t active = 0, total = 0;
};
using TimesBySlot = std::map<std::size_t, Times>;

// Where the columns stand in this file; nothing if it lacks one.
struct Columns {
  std::size_t id, type, queue, active, total;
};

std::optional<Columns> columns_of(const Table& table) {
  const auto find = [&](const char* name) {
    return static_cast<std::size_t>(
        std::find_if(table.columns.begin(), table.columns.end(),
                     [&](const Column& column) { return column.name == name; }) -
        table.columns.begin());
  };
  const Columns columns{find("id"), find("type"), find("run_queue_length"), find("active_time"),
                        find("total_time")};
  if (std::max({columns.id, columns.type, columns.queue, columns.active, columns.total}) ==
      table.columns.size()) {
    return {};
  }
  return columns;
}

struct Schedulers {
  TimesBySlot normal;  // that are online
  std::optional<double> dirty_cpu_queue;
};

// `online`: how many normal ones are; all of them if that is missing.
Schedulers schedulers_in(const RowGroup& group, const Columns& columns, const Texts& texts,
                         Cell online) {
  Schedulers all;
  for (std::size_t row = 0; row < group.rows; ++row) {
    const auto cell = [&](std::size_t column) { return group.columns[column][row]; };
    if (is_missing(cell(columns.type))) continue;
    const auto type = texts.text(cell(columns.type));
    const Cell queue = cell(columns.queue);
    if (type == "dirty_cpu" && !is_missing(queue)) {
      all.dirty_cpu_queue = static_cast<double>(queue);
    }
    const Cell active = cell(columns.active), total = cell(columns.total);
    if (type != "normal" || (!is_missing(online) && cell(columns.id) > online)) continue;
    if (!is_missing(active) && !is_missing(total)) all.normal[row] = {active, total};
  }
  return all;
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
  const auto online = node_column(recording, "schedulers_online", range);
  if (!online) return tl::unexpected(online.error());
  TimesBySlot before;
  std::int64_t life = 0;
  std::vector<Damage> damage;  // damaged parts have no rows, and so no share
  const auto read = recording.reader().history(
      *table, 0, range.first, range.second,
      [&](const SnapshotRecord& snapshot, const RowGroup& group) {
        if (recording.node_name(snapshot) != node) return true;
        if (snapshot.node != life) before.clear();
        life = snapshot.node;
        const auto known = online->find(snapshot.id);
        const Cell first = known == online->end() ? missing(Missing::kNone) : known->second;
        auto now = schedulers_in(group, *columns, Texts(recording.reader(), snapshot.epoch), first);
        if (const auto share = share_between(before, now.normal)) {
          uses.push_back({&snapshot, *share, now.dirty_cpu_queue});
        }
        if (!now.normal.empty()) before = std::move(now.normal);
        return true;
      },
      &damage);
  if (!read) return tl::unexpected(read.error());
  return uses;
}

}  // namespace beamtape
