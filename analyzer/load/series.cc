#include "analyzer/load/series.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "analyzer/load/aggregate_tables.h"
#include "analyzer/load/elixir_names.h"
#include "analyzer/load/known_names.h"
#include "analyzer/load/name_matcher.h"
#include "analyzer/load/text.h"
#include "analyzer/load/time.h"
#include "schema/model/group.h"
#include "schema/model/ref.h"

namespace beamtape {

namespace {

using Range = std::pair<std::int64_t, std::int64_t>;

constexpr std::array<const char*, 6> kKinds{"node", "process", "group", "ets", "port", "allocator"};

struct Metric {
  std::string text;
  std::string column;
  bool rate = false;
};

Metric parse_metric(const std::string& text) {
  constexpr std::string_view kRate = "rate(";
  const bool rate = text.substr(0, kRate.size()) == kRate && text.back() == ')';
  if (!rate) return {text, text, false};
  return {text, text.substr(kRate.size(), text.size() - kRate.size() - 1), true};
}

std::vector<std::string> number_names(const std::vector<Shown>& columns) {
  std::vector<std::string> names;
  for (const Shown& column : columns) {
    if (column.is_number()) names.push_back(column.name);
  }
  return names;
}

// Reads the series of one subject. A step at a time: which table has it, then its points.
class SeriesReader {
 public:
  SeriesReader(const Recording& recording, Metric metric, std::string node, Range range)
      : recording_(recording), metric_(std::move(metric)), node_(std::move(node)), range_(range) {}

  Expected<Series> read(const std::string& subject);

 private:
  Expected<Series> of_node();
  // Nothing if no such subject exists.
  Expected<std::optional<Series>> of_kind(const std::string& kind, const std::string& name);
  Expected<Series> of_bare(const std::string& name);
  Expected<std::optional<Series>> of_aggregate(const AggregateTable& aggregate,
                                               const std::string& name);
  Expected<std::optional<Series>> of_row(const Table& table, const std::string& name);
  Expected<void> only_one_at_a_time(const Series& series, const std::vector<Life>& lives,
                                    const std::map<std::int64_t, std::size_t>& crowded) const;

  Expected<Shown> metric_of(const std::string& kind, const Table& table) const;
  bool has_metric(const Table& table) const;
  Series empty_series(const std::string& kind, const std::string& name, const Shown& column) const;
  Point* point_of(Series& series, std::int64_t snapshot) const;
  tl::unexpected<Error> unknown(const std::string& kind, const std::string& name) const;

  const Recording& recording_;
  Metric metric_;
  std::string node_;
  Range range_;
};

bool SeriesReader::has_metric(const Table& table) const {
  const auto columns = shown_columns(table);
  const Shown* column = find_shown(columns, metric_.column);
  return column && column->is_number();
}

Expected<Shown> SeriesReader::metric_of(const std::string& kind, const Table& table) const {
  const auto columns = shown_columns(table);
  const Shown* column = find_shown(columns, metric_.column);
  if (!column || !column->is_number()) {
    return fail(Error::Code::kUsage,
                fmt::format("cannot follow '{}' of {}: no such number{}", metric_.column,
                            kind == "ets"    ? "an ETS table"
                            : kind == "node" ? "the node"
                                             : "a " + kind,
                            suggestion(metric_.column, number_names(columns))));
  }
  if (metric_.rate && column->kind != Kind::kCounter) {
    return fail(Error::Code::kUsage,
                fmt::format("cannot follow '{}': a rate needs a counter and {} is not one; ask "
                            "for {} itself",
                            metric_.text, column->name, column->name));
  }
  return *column;
}

Series SeriesReader::empty_series(const std::string& kind, const std::string& name,
                                  const Shown& column) const {
  Series series;
  series.kind = kind;
  series.subject = name;
  series.metric = metric_.text;
  series.unit = column.unit;
  series.metric_kind = column.kind;
  std::map<std::int64_t, std::size_t> lives;
  for (const SnapshotRecord& snapshot : recording_.reader().snapshots()) {
    if (snapshot.id < range_.first || snapshot.id > range_.second) continue;
    if (recording_.node_name(snapshot) != node_) continue;
    const auto life = lives.try_emplace(snapshot.node, lives.size()).first->second;
    series.points.push_back({&snapshot, NoValue{}, life});
  }
  return series;
}

Point* SeriesReader::point_of(Series& series, std::int64_t snapshot) const {
  const auto found =
      std::lower_bound(series.points.begin(), series.points.end(), snapshot,
                       [](const Point& point, std::int64_t id) { return point.snapshot->id < id; });
  return found != series.points.end() && found->snapshot->id == snapshot ? &*found : nullptr;
}

void set_value(Point& point, Cell cell) {
  if (is_missing(cell)) {
    point.value = NoValue{why_missing(cell)};
  } else {
    point.value = cell;
  }
}

// What is damaged in one snapshot is unknown until the keyframe group ends: not absent.
void mark_lost(const std::vector<Damage>& damage, Series& series) {
  for (const Damage& one : damage) {
    std::optional<std::int64_t> epoch;
    for (Point& point : series.points) {
      if (point.snapshot->id == one.snapshot) epoch = point.snapshot->epoch;
      const auto* none = std::get_if<NoValue>(&point.value);
      const bool absent = none && !none->not_read();
      if (absent && epoch == point.snapshot->epoch)
        point.value = NoValue{Missing::kBadAnswer, true};
    }
  }
  series.damage.insert(series.damage.end(), damage.begin(), damage.end());
}

Expected<Series> SeriesReader::of_node() {
  const Table* table = recording_.reader().table("node");
  if (!table) return fail(Error::Code::kUsage, "cannot follow the node: nothing of it is recorded");
  const auto column = metric_of("node", *table);
  if (!column) return tl::unexpected(column.error());
  Series series = empty_series("node", node_, *column);
  const auto read = recording_.reader().node_rows(
      range_.first, range_.second,
      [&](const SnapshotRecord& snapshot, const std::vector<Cell>& cells) {
        Point* point = point_of(series, snapshot.id);
        if (point && column->column < cells.size()) set_value(*point, cells[column->column]);
        return true;
      });
  if (!read) return tl::unexpected(read.error());
  return series;
}

// Nothing if no snapshot has the name.
Expected<std::optional<Series>> SeriesReader::of_aggregate(const AggregateTable& aggregate,
                                                           const std::string& name) {
  const auto column = metric_of(aggregate.subject, aggregate.table);
  if (!column) return tl::unexpected(column.error());
  Series series = empty_series(aggregate.subject, written_term(name), *column);
  NameMatcher matcher(recording_.reader(), name);
  bool found = false;
  const auto read = recording_.reader().aggregates(
      range_.first, range_.second, [&](const SnapshotRecord& snapshot, const Aggregates& all) {
        Point* point = point_of(series, snapshot.id);
        if (point && !were_read(all)) point->value = NoValue{Missing::kBadAnswer, true};
        for (std::size_t row = 0; point && row < aggregate.rows(all); ++row) {
          const auto cells = aggregate.cells(all, row);
          if (!matcher.fits(snapshot.epoch, cells[0], Type::kTerm)) continue;
          set_value(*point, cells[column->column]);
          found = true;
        }
        return true;
      });
  if (!read) return tl::unexpected(read.error());
  if (!found) return std::nullopt;
  return series;
}

// Of a name that several rows have at once the sum would be another quantity, and one of them
// an arbitrary choice.
Expected<void> SeriesReader::only_one_at_a_time(
    const Series& series, const std::vector<Life>& lives,
    const std::map<std::int64_t, std::size_t>& crowded) const {
  if (crowded.empty()) return {};
  constexpr std::size_t kNamed = 5;
  const std::size_t named = std::min(kNamed, series.lives.size());
  const std::vector<std::string> some(series.lives.begin(),
                                      series.lives.begin() + static_cast<std::ptrdiff_t>(named));
  return fail(
      Error::Code::kUsage,
      fmt::format("cannot follow {}:{}: {} have that name and {} of them live at once in "
                  "snapshot #{}; choose one: {}{}",
                  series.kind, series.subject, lives.size(), crowded.begin()->second,
                  crowded.begin()->first, joined(some, " "), lives.size() > named ? " …" : ""));
}

Expected<std::optional<Series>> SeriesReader::of_row(const Table& table, const std::string& name) {
  const auto column = metric_of(table.name, table);
  if (!column) return tl::unexpected(column.error());
  Series series = empty_series(table.name, written_term(name), *column);
  const auto names =
      table.name == "process" ? process_name_columns() : std::vector<std::string>{"name"};
  const auto found = find_lives(recording_, table, name, names, range_, &series.damage);
  if (!found) return tl::unexpected(found.error());
  std::vector<Life> lives;
  for (const Life& life : *found) {
    const NodeRecord* node = recording_.node(life.node);
    if (node && node->name == node_) lives.push_back(life);
  }
  if (lives.empty()) return std::nullopt;
  std::set<std::int64_t> filled;
  std::map<std::int64_t, std::size_t> crowded;  // snapshot -> rows
  for (std::size_t i = 0; i < lives.size(); ++i) {
    std::vector<Damage> damage;
    const auto read = read_life(
        recording_, lives[i], range_,
        [&](const SnapshotRecord& snapshot, const RowView& row) {
          if (series.lives.size() <= i)
            series.lives.push_back(display(value_of(row, shown_columns(table)[0]), Unit::kNone));
          Point* point = point_of(series, snapshot.id);
          if (!point) return;
          if (!filled.insert(snapshot.id).second) {
            crowded[snapshot.id] = std::max<std::size_t>(1, crowded[snapshot.id]) + 1;
          }
          set_value(*point, number_of(row, *column));
          point->life = i;
        },
        &damage);
    if (!read) return tl::unexpected(read.error());
    mark_lost(damage, series);
  }
  if (const auto one = only_one_at_a_time(series, lives, crowded); !one) {
    return tl::unexpected(one.error());
  }
  return series;
}

tl::unexpected<Error> SeriesReader::unknown(const std::string& kind,
                                            const std::string& name) const {
  return fail(Error::Code::kUsage,
              fmt::format("cannot follow '{}': {} of that name in this recording{}{}", name,
                          kind.empty() ? "nothing" : "no " + kind, recording_.but_for_damage({}),
                          suggestion(name, known_names(recording_, kind, range_))));
}

Expected<std::optional<Series>> SeriesReader::of_kind(const std::string& kind,
                                                      const std::string& name) {
  const Table* table = kind == "node" ? nullptr : recording_.reader().table(kind);
  const AggregateTable* aggregate = find_aggregate(kind);
  const bool together = aggregate && has_metric(aggregate->table);
  const bool single = table && has_metric(*table);
  if (!together && !single) {
    if (!aggregate && !table) return std::nullopt;
    return tl::unexpected(metric_of(kind, aggregate ? aggregate->table : *table).error());
  }
  if (together && !parse_ref(name)) {
    // Names with numbers in them were folded by the recorder, so that they are one group.
    for (const std::string& one : {name, fold_name(name)}) {
      auto series = of_aggregate(*aggregate, one);
      if (!series || *series) return series;
    }
  }
  // One row, where its identifier is given, or where only rows have the metric.
  return single ? of_row(*table, name) : Expected<std::optional<Series>>(std::nullopt);
}

Expected<Series> SeriesReader::of_bare(const std::string& name) {
  std::vector<Series> found;
  bool metric_known = false;
  for (const char* kind : {"process", "group", "ets", "port", "allocator"}) {
    const AggregateTable* aggregate = find_aggregate(kind);
    const Table* table = recording_.reader().table(kind);
    if (!(aggregate && has_metric(aggregate->table)) && !(table && has_metric(*table))) continue;
    metric_known = true;
    // A process's own group has the same name and says the same.
    if (std::string(kind) == "group" && !found.empty()) continue;
    auto series = of_kind(kind, name);
    if (!series) return tl::unexpected(series.error());
    if (*series) found.push_back(std::move(**series));
  }
  if (found.size() == 1) return std::move(found[0]);
  if (found.size() > 1) {
    std::vector<std::string> choices;
    for (const Series& one : found) choices.push_back(one.kind + ":" + name);
    return fail(Error::Code::kUsage, fmt::format("cannot follow '{}': several have that name; "
                                                 "say which: {}",
                                                 name, joined(choices, ", ")));
  }
  if (!metric_known) {
    return fail(
        Error::Code::kUsage,
        fmt::format("cannot follow '{}' of '{}': nothing has such a number", metric_.column, name));
  }
  return unknown("", name);
}

Expected<Series> SeriesReader::read(const std::string& subject) {
  if (subject == "node") return of_node();
  const auto colon = std::min(subject.find(':'), subject.size());
  std::string kind = subject.substr(0, colon);
  std::string name = subject.substr(std::min(colon + 1, subject.size()));
  if (colon == subject.size() || std::find(kKinds.begin(), kKinds.end(), kind) == kKinds.end()) {
    const auto ref = parse_ref(subject);
    if (!ref) return of_bare(subject);
    kind = ref->tag == Ref::Tag::kPid ? "process" : "port";
    name = subject;
  }
  if (kind == "node" && name == node_) return of_node();
  auto series = of_kind(kind, name);
  if (!series) return tl::unexpected(series.error());
  if (!*series) return unknown(kind, name);
  return std::move(**series);
}

// Values per second since the value before, of the same life. None at the start of a life and
// where the counter fell.
void make_rates(Series& series) {
  const Point* before = nullptr;
  std::vector<Point> rates = series.points;
  for (std::size_t i = 0; i < series.points.size(); ++i) {
    const Point& now = series.points[i];
    const auto* value = std::get_if<std::int64_t>(&now.value);
    if (!value) continue;
    rates[i].value = NoValue{};
    if (before && before->life == now.life && before->snapshot->node == now.snapshot->node) {
      const auto micros = micros_between(*before->snapshot, *now.snapshot);
      const auto increase = *value - std::get<std::int64_t>(before->value);
      if (micros > 0 && increase >= 0) {
        rates[i].value = static_cast<double>(increase) * 1e6 / static_cast<double>(micros);
      }
    }
    before = &now;
  }
  series.points = std::move(rates);
  series.is_rate = true;
}

}  // namespace

Expected<Series> read_series(const Recording& recording, const std::string& subject,
                             const std::string& metric, const std::string& node,
                             std::pair<std::int64_t, std::int64_t> range) {
  const auto& names = recording.node_names();
  if (node.empty() && names.size() != 1) {
    return fail(Error::Code::kUsage,
                fmt::format("cannot follow '{}': the recording has {} nodes; choose one by "
                            "--node: {}",
                            subject, names.size(), joined(names, ", ")));
  }
  if (!node.empty() && std::find(names.begin(), names.end(), node) == names.end()) {
    return fail(Error::Code::kUsage,
                fmt::format("cannot find the node '{}'{}", node, suggestion(node, names)));
  }
  const Metric parsed = parse_metric(metric);
  auto series =
      SeriesReader(recording, parsed, node.empty() ? names[0] : node, range).read(subject);
  if (series && parsed.rate) make_rates(*series);
  return series;
}

}  // namespace beamtape
