#include "analyzer/diff/diff.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <tuple>
#include <utility>

#include "analyzer/load/damage_words.h"
#include "analyzer/load/time.h"

namespace beamtape {

namespace {

struct Subject {
  const char* name;
  // What is compared; empty: every number that is not an identity. Those a file lacks are left out.
  std::vector<std::string> metrics;
};

const std::vector<Subject>& subjects() {
  static const std::vector<Subject> all{
      {"node", {}},
      {"group", {"memory", "processes", "message_queue_len", "reductions", "memory_unknown"}},
      {"process", {"memory", "message_queue_len", "reductions"}},
      {"ets", {"memory", "size", "tables"}},
      {"port", {"memory", "input", "output", "queue_size", "ports"}},
      {"allocator", {"carriers_size", "blocks_size"}},
  };
  return all;
}

// Both sides of a subject.
struct Pair {
  Things a;
  Things b;
};

std::vector<DiffMetric> metrics_of(const Subject& subject, const std::vector<Shown>& columns) {
  std::vector<DiffMetric> metrics;
  for (const Shown& column : columns) {
    if (!subject.metrics.empty() || !column.is_number() || column.kind == Kind::kIdentity) continue;
    metrics.push_back({column.name, column.unit, column.kind});
  }
  for (const std::string& name : subject.metrics) {
    const Shown* column = find_shown(columns, name);
    if (column) metrics.push_back({column->name, column->unit, column->kind});
  }
  return metrics;
}

bool same(const DiffRow& row) {
  return std::all_of(row.amounts.begin(), row.amounts.end(),
                     [](const Amount& amount) { return amount.a == amount.b; });
}

// The columns of a table's metrics at one side, and where their values go.
struct Side {
  const Things& things;
  std::optional<std::int64_t> Amount::*amount;
  std::vector<const Shown*> columns;

  Side(const Things& from, std::optional<std::int64_t> Amount::*into, const DiffTable& table)
      : things(from), amount(into) {
    for (const DiffMetric& metric : table.metrics) columns.push_back(from.column(metric.name));
  }
  void fill(std::size_t slot, DiffRow& row) const {
    row.amounts.resize(columns.size());
    for (std::size_t i = 0; i < columns.size(); ++i) {
      row.amounts[i].*amount = things.number(slot, columns[i]);
    }
  }
};

void compare(const Pair& pair, DiffTable& table) {
  const Side a(pair.a, &Amount::a, table), b(pair.b, &Amount::b, table);
  const auto named = [](const Things& things, std::size_t slot, DiffRow& row) {
    row.id = things.id(slot);
    row.name = things.name(slot);
  };
  for (const std::size_t slot : pair.a.slots()) {
    DiffRow row;
    a.fill(slot, row);
    const auto other = pair.b.match(pair.a, slot);
    if (!other) {
      if (pair.b.may_hide(slot)) {
        ++table.unknown;
        continue;
      }
      row.change = DiffRow::Change::kGone;
      named(pair.a, slot, row);
    } else {
      b.fill(*other, row);
      if (same(row)) {
        ++table.same;
        continue;
      }
      named(pair.b, *other, row);
    }
    table.rows.push_back(std::move(row));
  }
  for (const std::size_t slot : pair.b.slots()) {
    if (pair.a.match(pair.b, slot)) continue;
    if (pair.a.may_hide(slot)) {
      ++table.unknown;
      continue;
    }
    DiffRow row;
    row.change = DiffRow::Change::kAppeared;
    b.fill(slot, row);
    named(pair.b, slot, row);
    table.rows.push_back(std::move(row));
  }
}

// By the first metric's difference, then by name, so that equal ones have an order.
void sort_rows(DiffTable& table) {
  std::sort(table.rows.begin(), table.rows.end(), [](const DiffRow& x, const DiffRow& y) {
    const auto size = [](const DiffRow& row) {
      const auto difference = row.difference(0);
      return difference ? std::llabs(*difference) : -1;
    };
    if (size(x) != size(y)) return size(x) > size(y);
    return std::tie(x.name, x.id) < std::tie(y.name, y.id);
  });
}

Expected<Pair> load(const DiffSide& a, const DiffSide& b, const std::string& subject,
                    Matching matching) {
  auto first = Things::load(a, subject, matching);
  if (!first) return tl::unexpected(first.error());
  auto second = Things::load(b, subject, matching);
  if (!second) return tl::unexpected(second.error());
  return Pair{std::move(*first), std::move(*second)};
}

bool of_one_life(const DiffSide& a, const DiffSide& b) {
  return a.recording == b.recording && a.snapshot->node == b.snapshot->node;
}

// Of the pairs of node, group and process, and of ETS tables by name.
std::optional<GrowthPart> growth_of(const std::vector<Pair>& pairs, const Pair& names) {
  return memory_growth({pairs[0].a, pairs[1].a, pairs[2].a, names.a},
                       {pairs[0].b, pairs[1].b, pairs[2].b, names.b});
}

void add_damage(const Things& things, const std::string& file, std::vector<std::string>& words) {
  for (const std::string& one : damage_texts(things.frame().damage)) {
    const std::string text = file + one;
    if (std::find(words.begin(), words.end(), text) == words.end()) words.push_back(text);
  }
}

}  // namespace

const char* change_name(DiffRow::Change change) {
  switch (change) {
    case DiffRow::Change::kAppeared:
      return "appeared";
    case DiffRow::Change::kGone:
      return "gone";
    case DiffRow::Change::kChanged:
      break;
  }
  return "changed";
}

std::optional<std::int64_t> DiffRow::difference(std::size_t metric) const {
  const Amount& amount = amounts[metric];
  switch (change) {
    case Change::kAppeared:
      return amount.b;
    case Change::kGone:
      return amount.a ? std::optional(-*amount.a) : std::nullopt;
    case Change::kChanged:
      break;
  }
  return amount.a && amount.b ? std::optional(*amount.b - *amount.a) : std::nullopt;
}

std::optional<double> DiffRow::percent(std::size_t metric) const {
  const Amount& amount = amounts[metric];
  if (!amount.a || !amount.b || *amount.a == 0) return std::nullopt;
  return 100.0 * static_cast<double>(*amount.b - *amount.a) /
         std::abs(static_cast<double>(*amount.a));
}

std::size_t DiffTable::count(DiffRow::Change change) const {
  return static_cast<std::size_t>(std::count_if(
      rows.begin(), rows.end(), [&](const DiffRow& row) { return row.change == change; }));
}

std::optional<double> Diff::per_second(std::optional<std::int64_t> difference) const {
  if (!seconds || !difference) return std::nullopt;
  return static_cast<double>(*difference) / *seconds;
}

Expected<Diff> diff(const DiffSide& a, const DiffSide& b) {
  const bool one_file = a.recording == b.recording;
  if (one_file && a.snapshot->id == b.snapshot->id) {
    return fail(Error::Code::kUsage, "cannot compare snapshot #" + std::to_string(a.snapshot->id) +
                                         " with itself; say two instants with --from and --to");
  }
  Diff made;
  const bool one_life = of_one_life(a, b);
  made.matching = one_life ? Matching::kIdentity : Matching::kName;
  const std::int64_t elapsed = one_file ? micros_between(*a.snapshot, *b.snapshot)
                                        : b.snapshot->began_mono_us - a.snapshot->began_mono_us;
  if (one_life && elapsed != 0) made.seconds = static_cast<double>(elapsed) / 1e6;
  std::vector<Pair> pairs;
  for (const Subject& subject : subjects()) {
    auto pair = load(a, b, subject.name, made.matching);
    if (!pair) return tl::unexpected(pair.error());
    DiffTable table{subject.name, metrics_of(subject, pair->b.columns()), {}, 0, 0};
    compare(*pair, table);
    sort_rows(table);
    made.tables.push_back(std::move(table));
    const auto file = [&](const DiffSide& side) {
      return one_file ? std::string() : side.recording->path() + ": ";
    };
    add_damage(pair->a, file(a), made.damage);
    add_damage(pair->b, file(b), made.damage);
    pairs.push_back(std::move(*pair));
  }
  const auto names = load(a, b, "ets", Matching::kName);
  if (!names) return tl::unexpected(names.error());
  made.growth = growth_of(pairs, *names);
  return made;
}

Expected<std::optional<GrowthPart>> growth_between(const DiffSide& a, const DiffSide& b) {
  const auto matching = of_one_life(a, b) ? Matching::kIdentity : Matching::kName;
  std::vector<Pair> pairs;
  for (const char* subject : {"node", "group", "process"}) {
    auto pair = load(a, b, subject, matching);
    if (!pair) return tl::unexpected(pair.error());
    pairs.push_back(std::move(*pair));
  }
  const auto names = load(a, b, "ets", Matching::kName);
  if (!names) return tl::unexpected(names.error());
  return growth_of(pairs, *names);
}

}  // namespace beamtape
