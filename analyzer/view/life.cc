#include "analyzer/view/life.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "analyzer/load/damage_words.h"
#include "analyzer/load/process_life.h"
#include "analyzer/load/text.h"
#include "analyzer/load/time.h"

namespace beamtape {

namespace {

// Shown large, whether they change or not.
constexpr const char* kTelling[] = {"message_queue_len", "memory", "reductions", "total_heap_size"};
constexpr std::size_t kMostLinks = 200;  // a supervisor of thousands: the rest is counted

double number_of(const Value& value) {
  const auto* number = std::get_if<std::int64_t>(&value);
  return number ? static_cast<double>(*number) : std::numeric_limits<double>::quiet_NaN();
}

void make_rate(const std::vector<ProcessLife::Row>& rows, LifeText::Curve& curve) {
  for (std::size_t i = curve.values.size(); i-- > 1;) {
    const auto micros = micros_between(*rows[i - 1].snapshot, *rows[i].snapshot);
    curve.values[i] = (curve.values[i] - curve.values[i - 1]) * 1e6 /
                      static_cast<double>(std::max<std::int64_t>(1, micros));
  }
  if (!curve.values.empty()) curve.values[0] = std::numeric_limits<double>::quiet_NaN();
  curve.is_rate = true;
  curve.name += " per second";
}

const ProcessLife::Row* row_at(const ProcessLife& life, std::int64_t snapshot) {
  const ProcessLife::Row* newest = nullptr;
  for (const ProcessLife::Row& row : life.rows) {
    if (row.snapshot->id <= snapshot || !newest) newest = &row;
  }
  return newest;
}

std::string explanation_of(const Shown& column) {
  const auto& declared = process_table().columns;
  if (column.source == Shown::Source::kProcessName) return "";
  return declared.size() > column.column ? declared[column.column].sentence : "";
}

// Whether it is not the same in all rows, be it that it was read in some only.
bool changes(const ProcessLife& life, std::size_t column) {
  const auto differs = [&](const ProcessLife::Row& row) {
    return number_of(row.values[column]) != number_of(life.rows.front().values[column]) &&
           !(no_value(row.values[column]) && no_value(life.rows.front().values[column]));
  };
  return std::any_of(life.rows.begin(), life.rows.end(), differs);
}

void add_curve(const Shown& column, std::size_t at, const ProcessLife& life,
               const ProcessLife::Row& shown, LifeText& text) {
  LifeText::Curve curve{column.name, explanation_of(column), column.unit, false, {}, "", ""};
  for (const ProcessLife::Row& row : life.rows) curve.values.push_back(number_of(row.values[at]));
  if (column.kind == Kind::kCounter) make_rate(life.rows, curve);
  const auto row = static_cast<std::size_t>(&shown - life.rows.data());
  curve.text = track_text(curve.values[row], curve.unit, curve.is_rate);
  if (const NoValue* none = no_value(shown.values[at])) {
    curve.why = none->reason();
  } else if (std::isnan(curve.values[row])) {
    curve.text = "–";
    curve.why = "a rate needs the snapshot before, and it was not there then";
  }
  text.curves.push_back(std::move(curve));
}

void add_fact(const Shown& column, const Value& value, LifeText& text) {
  std::string shown = printable(display(value, column.unit));
  if (const NoValue* none = no_value(value)) {
    if (!none->not_read()) return;
    shown = "not read: " + none->reason();
  }
  if (column.name == "name") {
    text.name = shown;
    return;
  }
  text.facts.push_back({column.name, shown, explanation_of(column)});
}

void add_columns(const ProcessLives& lives, const ProcessLife& life, const ProcessLife::Row& shown,
                 LifeText& text) {
  std::vector<bool> told(lives.columns.size(), false);
  for (const char* name : kTelling) {
    const Shown* column = find_shown(lives.columns, name);
    if (!column) continue;
    const auto at = static_cast<std::size_t>(column - lives.columns.data());
    told[at] = true;
    add_curve(*column, at, life, shown, text);
  }
  text.telling = text.curves.size();
  for (std::size_t i = 0; i < lives.columns.size(); ++i) {
    const Shown& column = lives.columns[i];
    // Lists and processes have their own places.
    if (told[i] || column.type == Type::kList || column.type == Type::kRef) continue;
    const bool number = column.is_number() && column.unit != Unit::kSnapshot;
    if (number && changes(life, i)) {
      add_curve(column, i, life, shown, text);
    } else {
      add_fact(column, shown.values[i], text);
    }
  }
}

void add_relations(const ProcessLife& life, LifeText& text) {
  for (const Relation& relation : life.relations) {
    std::size_t told = 0;
    for (const Related& to : relation.to) {
      if (++told > kMostLinks) break;
      text.links.push_back({relation.column, to.ref, printable(to.name)});
    }
    if (relation.count > static_cast<std::int64_t>(std::min(told, kMostLinks))) {
      text.links.push_back(
          {relation.column, "", fmt::format("{} in all", grouped(relation.count))});
    }
  }
  for (const Owned& one : life.ets) {
    text.owned.push_back(
        {"ets", one.id,
         fmt::format("{}: {} rows, {}", printable(one.name), display(one.size, Unit::kCount),
                     display(one.memory, Unit::kBytes))});
  }
  for (const Owned& one : life.ports) {
    text.owned.push_back({"port", one.id, fmt::format("{} {}", one.id, printable(one.name))});
  }
}

std::string span_text(const SnapshotRecord& first, const SnapshotRecord& last) {
  return (first.id == last.id ? "at " : "") +
         clock_span_text(first.began_wall_us, last.began_wall_us);
}

void add_stacks(const ProcessLife& life, std::int64_t snapshot, std::int64_t start_us,
                LifeText& text) {
  text.stacks_in_all = life.stacks.size();
  std::size_t shown = 0;
  while (shown + 1 < life.stacks.size() && life.stacks[shown + 1].first->id <= snapshot) ++shown;
  const std::size_t from = shown > kMostStacks / 2 ? shown - kMostStacks / 2 : 0;
  for (std::size_t i = from; i < life.stacks.size() && i < from + kMostStacks; ++i) {
    const StackSpan& span = life.stacks[i];
    text.stacks.push_back({span_text(*span.first, *span.last),
                           static_cast<double>(span.first->began_wall_us - start_us) / 1e6,
                           span.frames, i == shown});
  }
}

// The life that goes on at the instant, else the nearest before it, else the first.
const ProcessLife* chosen_life(const ProcessLives& lives, std::int64_t snapshot) {
  const ProcessLife* chosen = nullptr;
  for (const ProcessLife& life : lives.lives) {
    if (!chosen || life.rows.front().snapshot->id <= snapshot) chosen = &life;
  }
  return chosen;
}

}  // namespace

LifeText read_life_text(const Recording& recording, const std::string& subject,
                        const std::string& node, std::int64_t snapshot, std::int64_t start_us) {
  LifeText text;
  text.subject = subject;
  const auto& all = recording.reader().snapshots();
  const std::pair range{all.front().id, all.back().id};
  // A name may have had hundreds of lives: those of another time are read only if there is none.
  auto lives =
      read_process(recording, subject, node, recording.snapshot(snapshot), range, snapshot);
  if (!lives) lives = read_process(recording, subject, node, nullptr, range, snapshot);
  if (!lives) {
    text.error = lives.error().message;
    return text;
  }
  const ProcessLife* life = chosen_life(*lives, snapshot);
  if (!life) {
    text.error = fmt::format("{} has no readable row in this recording", subject);
    return text;
  }
  const SnapshotRecord& first = *life->rows.front().snapshot;
  const SnapshotRecord& last = *life->rows.back().snapshot;
  text.pid = life->pid;
  text.damage = damage_texts(lives->damage);
  text.span = fmt::format("seen {}{}", span_text(first, last),
                          life->lives_at_end  ? ", lives at the end"
                          : life->end_unknown ? ", not known after that"
                                              : ", gone after that");
  if (snapshot < first.id)
    text.absent = "Not there yet at the shown instant: as it was first seen.";
  if (snapshot > last.id) {
    text.absent = life->end_unknown ? "Not known at the shown instant: as it was last seen."
                                    : "Gone at the shown instant: as it was last seen.";
  }
  for (const ProcessLife::Row& row : life->rows) {
    text.seconds.push_back(static_cast<double>(row.snapshot->began_wall_us - start_us) / 1e6);
  }
  add_columns(*lives, *life, *row_at(*life, snapshot), text);
  add_relations(*life, text);
  add_stacks(*life, snapshot, start_us, text);
  return text;
}

}  // namespace beamtape
