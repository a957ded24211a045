#include "analyzer/load/recording.h"

#include <fmt/format.h>

#include <algorithm>

#include "analyzer/load/aggregate_tables.h"
#include "analyzer/load/damage_words.h"
#include "analyzer/load/text.h"
#include "analyzer/load/time.h"

namespace beamtape {

namespace {

std::vector<std::string> distinct_nodes(const Recording& recording, const Reader& reader) {
  std::vector<std::string> names;
  std::int64_t last_node = -1;
  for (const SnapshotRecord& snapshot : reader.snapshots()) {
    if (snapshot.node == last_node) continue;
    last_node = snapshot.node;
    const auto name = recording.node_name(snapshot);
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

// The end of what the recording tells: the last snapshot holds until the next would be due.
std::int64_t end_of(const std::vector<SnapshotRecord>& snapshots) {
  const SnapshotRecord& last = snapshots.back();
  return std::max(last.began_wall_us, last.ended_wall_us) + last.interval_us;
}

// The instant that `word` names. Of a clock time, on the latest day on which the recording has
// it. Meaningless for kFirst, kLast and kSnapshot.
std::int64_t instant_of(const TimeWord& word, const std::vector<SnapshotRecord>& snapshots) {
  if (word.kind == TimeWord::Kind::kInstant) return word.value;
  if (word.kind == TimeWord::Kind::kBeforeEnd) return snapshots.back().began_wall_us - word.value;
  const std::int64_t first = snapshots.front().began_wall_us;
  const std::int64_t end = end_of(snapshots);
  std::int64_t instant = end / kDayUs * kDayUs + word.value;
  while (instant > end) instant -= kDayUs;
  // Before the first day: the caller finds it to lie outside, on the day of the beginning.
  return instant + word.span_us > first ? instant : first / kDayUs * kDayUs + word.value;
}

bool by_name(const TimeWord& word) {
  return word.kind == TimeWord::Kind::kFirst || word.kind == TimeWord::Kind::kLast ||
         word.kind == TimeWord::Kind::kSnapshot;
}

tl::unexpected<Error> outside(const std::string& time,
                              const std::vector<SnapshotRecord>& snapshots) {
  return fail(Error::Code::kUsage,
              fmt::format("cannot go to {}: it lies outside the recording, which goes from {} to "
                          "{} (#{} to #{})",
                          time, iso_time(snapshots.front().began_wall_us),
                          iso_time(snapshots.back().began_wall_us), snapshots.front().id,
                          snapshots.back().id));
}

}  // namespace

std::string plural(const std::string& table_name) {
  if (table_name == "ets" || table_name == "node") return table_name;
  const bool hisses = !table_name.empty() && table_name.back() == 's';
  return table_name + (hisses ? "es" : "s");
}

Recording::Recording(std::unique_ptr<Reader> reader, std::string path)
    : reader_(std::move(reader)), path_(std::move(path)) {
  node_names_ = distinct_nodes(*this, *reader_);
}

void Recording::watch(std::shared_ptr<Watch> watch) {
  reader_ = watched(std::move(reader_), std::move(watch));
}

void Recording::add_met(std::vector<Damage>& damage) const {
  for (const Damage& one : reader_->met()) {
    if (std::find(damage.begin(), damage.end(), one) == damage.end()) damage.push_back(one);
  }
}

std::string Recording::but_for_damage(std::vector<Damage> damage) const {
  add_met(damage);
  if (damage.empty()) return "";
  return "; what is damaged was not looked at, as " + damage_text(damage.front());
}

const NodeRecord* Recording::node(std::int64_t id) const {
  for (const NodeRecord& node : reader_->nodes()) {
    if (node.id == id) return &node;
  }
  return nullptr;
}

std::string Recording::reason_of(const GapRecord& gap) const {
  const NodeRecord* const of = node(gap.node);
  const bool is_told =
      node_names_.size() < 2 || of == nullptr || gap.reason.find(of->name) != std::string::npos;
  return is_told ? gap.reason : of->name + ": " + gap.reason;
}

std::string Recording::node_name(const SnapshotRecord& snapshot) const {
  const NodeRecord* record = node(snapshot.node);
  return record ? record->name : fmt::format("node {}", snapshot.node);
}

const SnapshotRecord* Recording::snapshot(std::int64_t id) const {
  const auto& all = reader_->snapshots();
  const auto found = std::lower_bound(
      all.begin(), all.end(), id,
      [](const SnapshotRecord& record, std::int64_t wanted) { return record.id < wanted; });
  return found != all.end() && found->id == id ? &*found : nullptr;
}

Error Recording::nothing_recorded() const {
  return {Error::Code::kNotFound,
          fmt::format("cannot read {}: the recording has no snapshot yet", path_)};
}

Expected<std::vector<const SnapshotRecord*>> Recording::at(const std::string& time,
                                                           const std::string& node) const {
  const auto& all = reader_->snapshots();
  if (all.empty()) return tl::unexpected(nothing_recorded());
  if (!node.empty() &&
      std::find(node_names_.begin(), node_names_.end(), node) == node_names_.end()) {
    return fail(Error::Code::kUsage, fmt::format("cannot find the node '{}' in {}{}", node, path_,
                                                 suggestion(node, node_names_)));
  }
  const auto word = parse_time(time);
  if (!word) return tl::unexpected(word.error());
  if (word->kind == TimeWord::Kind::kSnapshot) {
    const SnapshotRecord* one = snapshot(word->value);
    if (!one) return outside(time, all);
    if (!node.empty() && node_name(*one) != node) {
      return fail(Error::Code::kUsage, fmt::format("cannot go to {} of {}: that snapshot is of {}",
                                                   time, node, node_name(*one)));
    }
    return std::vector{one};
  }
  const bool named = by_name(*word);
  const std::int64_t instant = named ? 0 : instant_of(*word, all);
  if (!named && instant > end_of(all)) return outside(time, all);
  std::vector<const SnapshotRecord*> chosen;
  for (const std::string& name : node_names_) {
    if (!node.empty() && name != node) continue;
    const SnapshotRecord* best = nullptr;
    for (const SnapshotRecord& candidate : all) {
      if (node_name(candidate) != name) continue;
      if (!named && candidate.began_wall_us >= instant + word->span_us) continue;
      best = &candidate;
      if (word->kind == TimeWord::Kind::kFirst) break;
    }
    if (best) chosen.push_back(best);
  }
  if (chosen.empty()) return outside(time, all);
  return chosen;
}

Expected<std::int64_t> Recording::instant(const std::string& time) const {
  const auto word = parse_time(time);
  if (!word) return tl::unexpected(word.error());
  const auto& all = reader_->snapshots();
  if (all.empty()) return tl::unexpected(nothing_recorded());
  const std::int64_t named = by_name(*word) ? 0 : instant_of(*word, all);
  if (!by_name(*word) && named >= all.front().began_wall_us && named <= end_of(all)) return named;
  const auto chosen = at(time, "");
  if (!chosen) return tl::unexpected(chosen.error());
  return word->kind == TimeWord::Kind::kLast ? all.back().ended_wall_us
                                             : chosen->front()->began_wall_us;
}

Expected<std::pair<std::int64_t, std::int64_t>> Recording::range(const std::string& from,
                                                                 const std::string& to) const {
  const auto& all = reader_->snapshots();
  if (all.empty()) return tl::unexpected(nothing_recorded());
  const auto from_word = parse_time(from);
  if (!from_word) return tl::unexpected(from_word.error());
  const auto to_word = parse_time(to);
  if (!to_word) return tl::unexpected(to_word.error());
  const auto named = [&](const TimeWord& word) {
    if (word.kind == TimeWord::Kind::kSnapshot) return word.value;
    return word.kind == TimeWord::Kind::kFirst ? all.front().id : all.back().id;
  };
  std::int64_t first = all.back().id + 1;
  std::int64_t last = all.front().id - 1;
  if (by_name(*from_word)) {
    first = named(*from_word);
  } else {
    const std::int64_t instant = instant_of(*from_word, all);
    for (auto it = all.rbegin(); it != all.rend(); ++it) {
      if (it->began_wall_us >= instant) first = it->id;
    }
  }
  if (by_name(*to_word)) {
    last = named(*to_word);
  } else {
    const std::int64_t end = instant_of(*to_word, all) + to_word->span_us;
    for (const SnapshotRecord& one : all) {
      if (one.began_wall_us < end) last = one.id;
    }
  }
  first = std::max(first, all.front().id);
  last = std::min(last, all.back().id);
  if (first > last) {
    return fail(Error::Code::kUsage,
                fmt::format("cannot go from {} to {}: no snapshot lies between them; the recording "
                            "goes from {} to {} (#{} to #{})",
                            from, to, iso_time(all.front().began_wall_us),
                            iso_time(all.back().began_wall_us), all.front().id, all.back().id));
  }
  return std::pair{first, last};
}

std::vector<std::string> Recording::subjects() const {
  std::vector<std::string> names;
  for (const Table& table : reader_->tables()) names.push_back(plural(table.name));
  names.push_back("groups");
  return names;
}

Expected<const Table*> Recording::subject(const std::string& word) const {
  for (const Table& table : reader_->tables()) {
    if (word == table.name || word == plural(table.name)) return &table;
  }
  if (word == "group" || word == "groups") return &find_aggregate("group")->table;
  return fail(Error::Code::kUsage, fmt::format("cannot show '{}': this recording has no such "
                                               "table{}",
                                               word, suggestion(word, subjects())));
}

Expected<Frame> Recording::frame(const Table& table, const SnapshotRecord& snapshot) const {
  if (table.name == "node") return node_frame(table, snapshot);
  if (find_aggregate("group")->table.name == table.name) {
    return sums(*find_aggregate("group"), snapshot);
  }
  std::vector<Damage> damage;
  auto rows = reader_->rows(table, snapshot.id, &damage);
  if (!rows) return tl::unexpected(rows.error());
  Frame frame(table, snapshot, std::move(*rows), Texts(*reader_, snapshot.epoch));
  frame.damage = std::move(damage);
  return frame;
}

// Of what is stored in plain tables, whose damage only the reader knows.
Frame Recording::plain_frame(const Table& table, const SnapshotRecord& snapshot,
                             TableData data) const {
  Frame frame(table, snapshot, std::move(data), Texts(*reader_, snapshot.epoch));
  for (const Damage& one : reader_->met()) {
    if (one.snapshot == snapshot.id) frame.damage.push_back(one);
  }
  return frame;
}

Expected<Frame> Recording::node_frame(const Table& table, const SnapshotRecord& snapshot) const {
  TableData data;
  const auto result = reader_->node_rows(
      snapshot.id, snapshot.id, [&](const SnapshotRecord&, const std::vector<Cell>& cells) {
        RowGroup group;
        group.grow(table.columns.size(), 1);
        for (std::size_t i = 0; i < cells.size() && i < group.columns.size(); ++i) {
          group.columns[i].set(0, cells[i]);
        }
        data.groups.push_back(std::move(group));
        return false;
      });
  if (!result) return tl::unexpected(result.error());
  return plain_frame(table, snapshot, std::move(data));
}

Expected<Frame> Recording::sums(const AggregateTable& kind, const SnapshotRecord& snapshot) const {
  TableData data;
  const auto result = reader_->aggregates(
      snapshot.id, snapshot.id, [&](const SnapshotRecord&, const Aggregates& all) {
        // At most kMaxGroups and "other": one row group holds them.
        RowGroup group;
        const std::size_t rows = std::min(kind.rows(all), kRowsPerGroup);
        group.grow(kind.table.columns.size(), rows);
        for (std::size_t row = 0; row < rows; ++row) {
          const auto cells = kind.cells(all, row);
          for (std::size_t i = 0; i < cells.size(); ++i) group.columns[i].set(row, cells[i]);
        }
        group.damaged = !were_read(all);
        data.groups.push_back(std::move(group));
        return false;
      });
  if (!result) return tl::unexpected(result.error());
  return plain_frame(kind.table, snapshot, std::move(data));
}

}  // namespace beamtape
