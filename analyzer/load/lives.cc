#include "analyzer/load/lives.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "analyzer/load/name_matcher.h"
#include "schema/model/ref.h"

namespace beamtape {

namespace {

// Finds the rows that a subject names in the states of row groups.
class Matcher {
 public:
  Matcher(const Recording& recording, const Table& table, const std::string& subject,
          const std::vector<std::string>& name_columns)
      : table_(table), names_(recording.reader(), subject) {
    if (const auto ref = parse_ref(subject)) {
      if (table.columns[0].type == Type::kRef) key_ = pack(*ref);
    }
    if (key_) return;
    if (table.columns[0].type != Type::kRef) columns_.push_back(0);
    for (const std::string& name : name_columns) {
      if (const auto column = table.find(name)) columns_.push_back(*column);
    }
  }

  bool fits(const SnapshotRecord& snapshot, const RowGroup& rows, std::size_t index) {
    if (key_) return rows.columns[0][index] == *key_;
    return std::any_of(columns_.begin(), columns_.end(), [&](std::size_t column) {
      const Cell cell = rows.columns[column][index];
      return !is_missing(cell) && names_.fits(snapshot.epoch, cell, table_.columns[column].type);
    });
  }

 private:
  const Table& table_;
  NameMatcher names_;
  std::optional<Cell> key_;
  std::vector<std::size_t> columns_;
};

std::int64_t first_seen_of(const Table& table, const RowGroup& rows, std::size_t index) {
  const auto column = table.find("first_seen");
  const Cell cell = column ? rows.columns[*column][index] : missing(Missing::kNotRecorded);
  return is_missing(cell) ? 0 : cell;
}

// Adds the lives of one row group.
class Collector {
 public:
  Collector(const Table& table, std::size_t group, Matcher& matcher, std::vector<Life>& lives)
      : table_(table), group_(group), matcher_(matcher), lives_(lives) {}

  bool operator()(const SnapshotRecord& snapshot, const RowGroup& rows) {
    if (rows.columns.size() < table_.columns.size()) return true;
    for (std::size_t index = 0; index < rows.rows; ++index) {
      if (is_missing(rows.columns[0][index]) || !matcher_.fits(snapshot, rows, index)) continue;
      const Life life{&table_, group_ * kRowsPerGroup + index, snapshot.node,
                      rows.columns[0][index], first_seen_of(table_, rows, index)};
      auto& latest = latest_[{snapshot.node, index}];
      if (latest && *latest == life) continue;
      latest = life;
      lives_.push_back(life);
      if (lives_.size() > kMaxLives) return false;
    }
    return true;
  }

 private:
  const Table& table_;
  std::size_t group_;
  Matcher& matcher_;
  std::vector<Life>& lives_;
  std::map<std::pair<std::int64_t, std::size_t>, std::optional<Life>> latest_;  // by node and row
};

// Row groups that the last snapshot of each node has.
Expected<std::size_t> count_groups(const Recording& recording, const Table& table,
                                   std::pair<std::int64_t, std::int64_t> range) {
  std::map<std::int64_t, std::int64_t> last;  // snapshot of each node
  for (const SnapshotRecord& one : recording.reader().snapshots()) {
    if (one.id >= range.first && one.id <= range.second) last[one.node] = one.id;
  }
  std::size_t groups = 0;
  for (const auto& [node, snapshot] : last) {
    std::vector<Damage> damage;  // of what the caller reads again and then reports
    const auto rows = recording.reader().rows(table, snapshot, &damage);
    if (!rows) return tl::unexpected(rows.error());
    groups = std::max(groups, rows->groups.size());
  }
  return groups;
}

}  // namespace

const std::vector<std::string>& process_name_columns() {
  static const std::vector<std::string> names{"registered_name", "label"};
  return names;
}

Expected<std::vector<Life>> find_lives(const Recording& recording, const Table& table,
                                       const std::string& subject,
                                       const std::vector<std::string>& name_columns,
                                       std::pair<std::int64_t, std::int64_t> range,
                                       std::vector<Damage>* damage) {
  const auto groups = count_groups(recording, table, range);
  if (!groups) return tl::unexpected(groups.error());
  Matcher matcher(recording, table, subject, name_columns);
  std::vector<Life> lives;
  // There may have been more rows before the end: go on as long as groups have any.
  bool some_rows = true;
  for (std::size_t group = 0; group < *groups || some_rows; ++group) {
    Collector collector(table, group, matcher, lives);
    some_rows = false;
    const auto read = recording.reader().history(
        table, group, range.first, range.second,
        [&](const SnapshotRecord& snapshot, const RowGroup& rows) {
          some_rows = some_rows || rows.rows > 0;
          return collector(snapshot, rows);
        },
        damage);
    if (!read) return tl::unexpected(read.error());
    if (lives.size() > kMaxLives) {
      return fail(Error::Code::kUsage,
                  fmt::format("cannot follow '{}': it names more than {} {}; choose one with "
                              "`show {}`",
                              subject, kMaxLives, plural(table.name), plural(table.name)));
    }
  }
  std::stable_sort(lives.begin(), lives.end(), [](const Life& a, const Life& b) {
    return std::pair{a.first_seen, a.key} < std::pair{b.first_seen, b.key};
  });
  return lives;
}

Expected<void> read_life(const Recording& recording, const Life& life,
                         std::pair<std::int64_t, std::int64_t> range,
                         const std::function<void(const SnapshotRecord&, const RowView&)>& visit,
                         std::vector<Damage>* damage) {
  const Table& table = *life.table;
  const std::size_t index = life.slot % kRowsPerGroup;
  bool begun = false;
  const auto one = [&](const SnapshotRecord& snapshot, const RowGroup& rows) {
    if (snapshot.node != life.node || rows.columns.size() < table.columns.size()) return true;
    const bool there = index < rows.rows && rows.columns[0][index] == life.key &&
                       first_seen_of(table, rows, index) == life.first_seen;
    if (!there) return !begun || index >= rows.rows || is_missing(rows.columns[0][index]);
    begun = true;
    visit(snapshot, RowView{&table, &rows, index, Texts(recording.reader(), snapshot.epoch)});
    return true;
  };
  return recording.reader().history(table, life.slot / kRowsPerGroup,
                                    std::max(range.first, life.first_seen), range.second, one,
                                    damage);
}

}  // namespace beamtape
