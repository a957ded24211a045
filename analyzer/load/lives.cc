#include "analyzer/load/lives.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
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

  // Nothing if the subject is no key, or nobody has it.
  std::optional<std::size_t> slot_of_key(const TableData& rows) const {
    for (std::size_t slot = 0; key_ && slot < rows.slots(); ++slot) {
      if (rows.at(slot, 0) == *key_) return slot;
    }
    return std::nullopt;
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

// Adds the lives in states of row groups.
class Collector {
 public:
  Collector(const Table& table, Matcher& matcher, std::vector<Life>& lives)
      : table_(table), matcher_(matcher), lives_(lives) {}

  bool operator()(const SnapshotRecord& snapshot, std::size_t group, const RowGroup& rows) {
    if (rows.columns.size() < table_.columns.size()) return true;
    for (std::size_t index = 0; index < rows.rows; ++index) {
      if (is_missing(rows.columns[0][index]) || !matcher_.fits(snapshot, rows, index)) continue;
      const Life life{&table_, group * kRowsPerGroup + index, snapshot.node, rows.columns[0][index],
                      first_seen_of(table_, rows, index)};
      auto& latest = latest_[{snapshot.node, life.slot}];
      if (latest && *latest == life) continue;
      latest = life;
      lives_.push_back(life);
      if (lives_.size() > kMaxLives) return false;
    }
    return true;
  }

 private:
  const Table& table_;
  Matcher& matcher_;
  std::vector<Life>& lives_;
  std::map<std::pair<std::int64_t, std::size_t>, std::optional<Life>> latest_;  // by node and slot
};

// What the last snapshot of each node says.
struct AtTheEnd {
  std::size_t groups = 0;
  std::vector<Life> lives;  // of a key that somebody has then
  bool everywhere = true;   // on each node, and has had it in all its snapshots
};

Expected<AtTheEnd> look_at_the_end(const Recording& recording, const Table& table,
                                   const Matcher& matcher,
                                   std::pair<std::int64_t, std::int64_t> range) {
  std::map<std::int64_t, std::pair<std::int64_t, std::int64_t>> ends;  // snapshots of each node
  for (const SnapshotRecord& one : recording.reader().snapshots()) {
    if (one.id < range.first || one.id > range.second) continue;
    ends.try_emplace(one.node, one.id, 0).first->second.second = one.id;
  }
  AtTheEnd end;
  for (const auto& [node, ids] : ends) {
    std::vector<Damage> damage;  // of what the caller reads again and then reports
    const auto rows = recording.reader().rows(table, ids.second, &damage);
    if (!rows) return tl::unexpected(rows.error());
    end.groups = std::max(end.groups, rows->groups.size());
    const auto slot = matcher.slot_of_key(*rows);
    end.everywhere = end.everywhere && slot;
    if (!slot) continue;
    end.lives.push_back(
        {&table, *slot, node, rows->at(*slot, 0),
         first_seen_of(table, rows->groups[*slot / kRowsPerGroup], *slot % kRowsPerGroup)});
    end.everywhere = end.everywhere && end.lives.back().first_seen <= ids.first;
  }
  return end;
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
  Matcher matcher(recording, table, subject, name_columns);
  auto end = look_at_the_end(recording, table, matcher, range);
  if (!end) return tl::unexpected(end.error());
  std::vector<std::size_t> groups(std::max<std::size_t>(end->groups, 1));
  std::iota(groups.begin(), groups.end(), 0);
  // Who has been there all the time had its pid for itself: nobody else is looked for.
  std::vector<Life> lives;
  if (end->everywhere) lives = std::move(end->lives);
  // There may have been more rows before the end: go on as long as groups have any.
  for (bool some_rows = !end->everywhere; some_rows; groups = {groups.back() + 1}) {
    Collector collector(table, matcher, lives);
    some_rows = false;
    const auto read = recording.reader().histories(
        table, groups, range.first, range.second,
        [&](const SnapshotRecord& snapshot, std::size_t group, const RowGroup& rows) {
          some_rows = some_rows || rows.rows > 0;
          return collector(snapshot, group, rows);
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
