#include "analyzer/view/life.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "analyzer/load/process_life.h"
#include "analyzer/load/text.h"
#include "analyzer/load/time.h"

namespace beamtape {

namespace {

constexpr const char* kCurves[] = {"message_queue_len", "memory", "reductions", "total_heap_size"};
constexpr std::size_t kMostLinks = 40;  // a supervisor of thousands: the rest is counted

double number_of(const Value& value) {
  const auto* number = std::get_if<std::int64_t>(&value);
  return number ? static_cast<double>(*number) : std::numeric_limits<double>::quiet_NaN();
}

void make_rate(LifeText::Curve& curve) {
  const auto totals = curve.values;
  for (std::size_t i = 0; i < totals.size(); ++i) {
    curve.values[i] = i == 0 ? std::numeric_limits<double>::quiet_NaN()
                             : (totals[i] - totals[i - 1]) /
                                   std::max(1e-6, curve.seconds[i] - curve.seconds[i - 1]);
  }
  curve.is_rate = true;
  curve.name += " per second";
}

void add_curves(const ProcessLives& lives, const ProcessLife& life, std::int64_t start_us,
                LifeText& text) {
  for (const char* name : kCurves) {
    const Shown* column = find_shown(lives.columns, name);
    if (!column) continue;
    const auto at = static_cast<std::size_t>(column - lives.columns.data());
    LifeText::Curve curve{name, column->unit, false, {}, {}};
    for (const ProcessLife::Row& row : life.rows) {
      curve.seconds.push_back(static_cast<double>(row.snapshot->began_wall_us - start_us) / 1e6);
      curve.values.push_back(number_of(row.values[at]));
    }
    if (column->kind == Kind::kCounter) make_rate(curve);
    text.curves.push_back(std::move(curve));
  }
}

const ProcessLife::Row* row_at(const ProcessLife& life, std::int64_t snapshot) {
  const ProcessLife::Row* newest = nullptr;
  for (const ProcessLife::Row& row : life.rows) {
    if (row.snapshot->id <= snapshot || !newest) newest = &row;
  }
  return newest;
}

void add_facts(const ProcessLives& lives, const ProcessLife::Row& row, LifeText& text) {
  for (std::size_t i = 0; i < lives.columns.size(); ++i) {
    const Shown& column = lives.columns[i];
    // Lists have their own places below.
    if (column.type == Type::kList) continue;
    const Value& value = row.values[i];
    std::string shown = printable(display(value, column.unit));
    if (const NoValue* none = no_value(value)) {
      if (!none->not_read()) continue;
      shown = "not read: " + none->reason();
    }
    if (column.name == "name") text.name = shown;
    std::string explanation;
    if (column.source == Shown::Source::kColumn) {
      explanation = process_table().columns.size() > column.column
                        ? process_table().columns[column.column].sentence
                        : "";
    }
    text.facts.push_back({column.name, shown, explanation});
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
    text.owned.push_back(fmt::format("ETS table {}: {} rows, {}", printable(one.name),
                                     display(one.size, Unit::kCount),
                                     display(one.memory, Unit::kBytes)));
  }
  for (const Owned& one : life.ports) {
    text.owned.push_back(fmt::format("port {} {}", one.id, printable(one.name)));
  }
}

void add_stack(const ProcessLife& life, std::int64_t snapshot, LifeText& text) {
  for (const StackSpan& span : life.stacks) {
    if (span.first->id > snapshot) break;
    text.stack = span.frames;
    text.stack_span =
        fmt::format("seen from {} to {}", clock_text(span.first->began_wall_us, false),
                    clock_text(span.last->began_wall_us, false));
  }
}

}  // namespace

LifeText read_life_text(const Recording& recording, const std::string& subject,
                        const std::string& node, std::int64_t snapshot, std::int64_t start_us) {
  LifeText text;
  text.subject = subject;
  const auto& all = recording.reader().snapshots();
  const auto lives =
      read_process(recording, subject, node, nullptr, {all.front().id, all.back().id});
  if (!lives) {
    text.error = lives.error().message;
    return text;
  }
  // The life that goes on at the instant, else the nearest before it, else the first.
  const ProcessLife* chosen = nullptr;
  for (const ProcessLife& life : lives->lives) {
    if (life.rows.empty()) continue;
    if (!chosen || life.rows.front().snapshot->id <= snapshot) chosen = &life;
  }
  if (!chosen) {
    text.error = fmt::format("{} has no readable row in this recording", subject);
    return text;
  }
  text.pid = chosen->pid;
  text.span = fmt::format("seen from {} to {}{}",
                          clock_text(chosen->rows.front().snapshot->began_wall_us, false),
                          clock_text(chosen->rows.back().snapshot->began_wall_us, false),
                          chosen->lives_at_end ? ", lives at the end" : ", gone after that");
  add_facts(*lives, *row_at(*chosen, snapshot), text);
  add_curves(*lives, *chosen, start_us, text);
  add_relations(*chosen, text);
  add_stack(*chosen, snapshot, text);
  return text;
}

}  // namespace beamtape
