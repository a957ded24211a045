#include "analyzer/view/sparks.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>

#include "analyzer/load/time.h"

namespace beamtape {

namespace {

// A row that is followed: who it is, so that another one in its slot is not taken for it.
struct Followed {
  std::size_t index;  // in the group
  Sparks::Spark* into;
  Cell identity;                                 // when it was first seen, else its key
  std::vector<const SnapshotRecord*> seen = {};  // those of the values
};

struct Columns {
  std::size_t metric = 0;
  std::optional<std::size_t> first_seen;
  bool counter = false;
  Unit unit = Unit::kNone;
};

std::optional<Columns> columns_of(const Table& table, const std::string& metric) {
  const auto found = table.find(metric);
  if (!found || table.columns[*found].type != Type::kInteger) return std::nullopt;
  const Column& column = table.columns[*found];
  return Columns{*found, table.find("first_seen"), column.kind == Kind::kCounter, column.unit};
}

void add_point(const RowGroup& group, const SnapshotRecord& snapshot, const Columns& columns,
               double second, Followed& one) {
  if (one.index >= group.rows || is_missing(group.columns[0][one.index])) return;
  // Whoever takes a slot over is first seen later. A key may be a text, whose number is another one
  // in each keyframe group.
  const std::size_t who = columns.first_seen.value_or(0);
  if (group.columns[who][one.index] != one.identity) return;
  const Cell cell = group.columns[columns.metric][one.index];
  one.seen.push_back(&snapshot);
  one.into->seconds.push_back(second);
  one.into->values.push_back(is_missing(cell) ? std::numeric_limits<double>::quiet_NaN()
                                              : static_cast<double>(cell));
}

// The clock on the wall says where a point is drawn, and not how fast a counter grew.
void make_rate(const std::vector<const SnapshotRecord*>& seen, Sparks::Spark& spark) {
  for (std::size_t i = spark.values.size(); i-- > 0;) {
    if (i == 0) {
      spark.values[i] = std::numeric_limits<double>::quiet_NaN();
      continue;
    }
    const auto micros = std::max<std::int64_t>(1, micros_between(*seen[i - 1], *seen[i]));
    spark.values[i] = (spark.values[i] - spark.values[i - 1]) * 1e6 / static_cast<double>(micros);
  }
  spark.is_rate = true;
}

}  // namespace

Sparks read_sparks(const Recording& recording, const SparksQuestion& question,
                   std::int64_t start_us, const std::atomic<bool>& stale) {
  Sparks sparks;
  sparks.question = question;
  const auto subject = recording.subject(question.of->question.table);
  if (!subject) return sparks;
  const Table* table = recording.reader().table((*subject)->name);
  const auto columns = table ? columns_of(*table, question.metric) : std::nullopt;
  if (!columns) return sparks;
  const std::size_t count =
      std::min(question.count,
               question.of->order.size() - std::min(question.first, question.of->order.size()));
  sparks.rows.resize(count);
  sparks.pinned.resize(question.of->pinned);
  std::map<std::size_t, std::vector<Followed>> by_group;
  const auto follow = [&](std::size_t row, Sparks::Spark& into) {
    into.unit = columns->unit;
    const std::size_t slot = question.of->order[row];
    by_group[slot / kRowsPerGroup].push_back(
        {slot % kRowsPerGroup, &into,
         cell_in(*question.of, slot, columns->first_seen.value_or(0))});
  };
  for (std::size_t i = 0; i < count; ++i) follow(question.first + i, sparks.rows[i]);
  for (std::size_t i = 0; i < sparks.pinned.size(); ++i) follow(i, sparks.pinned[i]);
  const SnapshotRecord* shown = recording.snapshot(question.of->question.snapshot);
  std::vector<std::size_t> groups;
  for (const auto& one : by_group) groups.push_back(one.first);
  // A group that cannot be read leaves its rows without a curve; the table says what is damaged.
  static_cast<void>(recording.reader().histories(
      *table, groups, question.range.first, question.range.second,
      [&](const SnapshotRecord& snapshot, std::size_t number, const RowGroup& group) {
        if (!shown || snapshot.node != shown->node) return !stale;
        const double second = static_cast<double>(snapshot.began_wall_us - start_us) / 1e6;
        for (Followed& one : by_group[number]) {
          add_point(group, snapshot, *columns, second, one);
        }
        return !stale;
      },
      nullptr));
  if (columns->counter) {
    for (const auto& [number, followed] : by_group) {
      for (const Followed& one : followed) make_rate(one.seen, *one.into);
    }
  }
  sparks.whole = !stale;
  return sparks;
}

}  // namespace beamtape
