#include "analyzer/load/frame.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <utility>

#include "analyzer/load/naming.h"

namespace beamtape {

namespace {

Value process_name(const RowView& row, const Shown& name) {
  const auto found = first_with_value(row, text_columns(*row.table, name));
  if (!found) return NoValue{};
  if (is_missing(found->cell)) return NoValue{why_missing(found->cell)};
  return decode(found->cell, row.table->columns[found->column], row.texts);
}

Value list_count(const RowView& row, std::size_t column) {
  const Cell cell = row.cell(column);
  if (is_missing(cell)) return NoValue{why_missing(cell)};
  const auto list = row.texts.list(cell);
  if (!list) return NoValue{Missing::kBadAnswer, true};
  return static_cast<std::int64_t>(list->true_count);
}

Cell change_of(const RowView& row, const Shown& column) {
  if (row.frame == nullptr) return missing(Missing::kNone);
  const Cell now = row.frame->later_cell(row.slot, column.column);
  if (is_missing(now)) return now;
  const Cell before = row.frame->earlier_cell(row.slot, column.column);
  if (is_missing(before)) return before;
  const Cell delta = now - before;
  if (column.source == Shown::Source::kDelta) return delta;
  // A counter falls where members of a group ended: how much the others counted is not known.
  const double rate = static_cast<double>(delta) / row.frame->seconds_back();
  return rate >= 0 ? static_cast<Cell>(std::llround(rate)) : missing(Missing::kNone);
}

// Of a counter since the earlier frame, if there is one; else since it began.
Cell counted(const RowView& row, std::size_t column) {
  const bool looks_back = row.frame != nullptr && row.frame->seconds_back() > 0;
  if (!looks_back) return row.cell(column);
  return change_of(row,
                   {"", Type::kInteger, Unit::kNone, Kind::kGauge, Shown::Source::kDelta, column});
}

// In which unit a node counts them is not told, so that only their ratio means something.
Cell worked(const RowView& row, const Shown& column) {
  const Cell active = counted(row, column.column);
  const Cell total = counted(row, *row.table->find("total_time"));
  for (const Cell cell : {active, total}) {
    if (is_missing(cell)) return cell;
  }
  if (total <= 0 || active < 0) return missing(Missing::kNone);
  const double share = static_cast<double>(active) / static_cast<double>(total);
  return std::llround(100 * std::min(share, 1.0));
}

Value as_value(Cell cell) {
  return is_missing(cell) ? Value(NoValue{why_missing(cell)}) : Value(std::int64_t{cell});
}

bool is_change(const Shown& column) {
  return column.source == Shown::Source::kDelta || column.source == Shown::Source::kRate;
}

// What tells a row from the others of its table where no `first_seen` does: in words, since a name
// has another number in each keyframe group. A question's first column is the order of answers.
std::string identity_of(const RowView& row) {
  std::string words;
  for (std::size_t i = 0; i < row.table->columns.size(); ++i) {
    const Column& column = row.table->columns[i];
    if (column.kind != Kind::kIdentity) continue;
    if (i == 0 && row.table->name == "question") continue;
    words += csv_text(decode(row.cell(i), column, row.texts)) + '\n';
  }
  return words;
}

}  // namespace

std::vector<Shown> window_columns(const Table& table) {
  std::vector<Shown> columns;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const Column& column = table.columns[i];
    if (column.type != Type::kInteger || column.kind == Kind::kIdentity ||
        column.unit == Unit::kSnapshot) {
      continue;
    }
    columns.push_back({"delta(" + column.name + ")", Type::kInteger, column.unit, Kind::kGauge,
                       Shown::Source::kDelta, i});
    if (column.kind == Kind::kCounter) {
      columns.push_back({"rate(" + column.name + ")", Type::kInteger, column.unit, Kind::kGauge,
                         Shown::Source::kRate, i});
    }
  }
  return columns;
}

std::vector<Shown> shown_columns(const Table& table) {
  std::vector<Shown> shown;
  const auto derive = [&](Shown column) {
    if (!table.find(column.name)) shown.push_back(std::move(column));
  };
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const Column& column = table.columns[i];
    shown.push_back(
        {column.name, column.type, column.unit, column.kind, Shown::Source::kColumn, i});
    if (column.type == Type::kList) {
      derive({column.name + "_count", Type::kInteger, Unit::kCount, column.kind,
              Shown::Source::kListCount, i});
    }
    if (i == 0 && table.name == "process") {
      derive({"name", Type::kTerm, Unit::kNone, Kind::kGauge, Shown::Source::kProcessName, 0});
    }
  }
  const auto active = table.find("active_time");
  if (table.name == "scheduler" && active && table.find("total_time")) {
    derive(
        {"worked", Type::kInteger, Unit::kPercent, Kind::kGauge, Shown::Source::kWorked, *active});
  }
  return shown;
}

std::vector<std::string> names_of(const std::vector<Shown>& columns) {
  std::vector<std::string> names;
  for (const Shown& column : columns) names.push_back(column.name);
  return names;
}

const Shown* find_shown(const std::vector<Shown>& columns, const std::string& name) {
  const auto found = std::find_if(columns.begin(), columns.end(),
                                  [&](const Shown& column) { return column.name == name; });
  return found == columns.end() ? nullptr : &*found;
}

Value value_of(const RowView& row, const Shown& column) {
  switch (column.source) {
    case Shown::Source::kListCount:
      return list_count(row, column.column);
    case Shown::Source::kProcessName:
      return process_name(row, column);
    case Shown::Source::kWorked:
      return as_value(worked(row, column));
    case Shown::Source::kDelta:
    case Shown::Source::kRate:
      return as_value(change_of(row, column));
    case Shown::Source::kColumn:
      break;
  }
  return decode(row.cell(column.column), row.table->columns[column.column], row.texts);
}

Cell number_of(const RowView& row, const Shown& column) {
  if (column.source == Shown::Source::kColumn) return row.cell(column.column);
  if (is_change(column)) return change_of(row, column);
  if (column.source == Shown::Source::kWorked) return worked(row, column);
  const Value count = list_count(row, column.column);
  const auto* none = no_value(count);
  return none ? missing(none->why) : std::get<std::int64_t>(count);
}

Frame::Frame(const Table& table, const SnapshotRecord& snapshot, TableData data, Texts texts)
    : table_(&table),
      snapshot_(&snapshot),
      data_(std::move(data)),
      texts_(texts),
      first_seen_(table.find("first_seen")),
      // The node has one row per snapshot and no key of its own.
      keyed_(table.name != "node") {
  for (std::size_t group = 0; group < data_.groups.size(); ++group) {
    const RowGroup& rows = data_.groups[group];
    // Damaged groups are empty, also between others.
    if (rows.columns.size() < table.columns.size()) continue;
    for (std::size_t index = 0; index < rows.rows; ++index) {
      if (!keyed_ || !is_missing(rows.columns[0][index])) {
        slots_.push_back(group * kRowsPerGroup + index);
      }
    }
  }
}

RowView Frame::row(std::size_t slot) const {
  return {table_, &data_.groups[slot / kRowsPerGroup], slot % kRowsPerGroup, texts_, this, slot};
}

bool Frame::lost(std::size_t slot) const {
  const std::size_t group = slot / kRowsPerGroup;
  return !damage.empty() && (group >= data_.groups.size() || data_.groups[group].damaged);
}

bool Frame::has_same(const Frame& other, std::size_t slot) const {
  if (slot >= data_.slots()) return false;
  return !first_seen_ || data_.at(slot, *first_seen_) == other.data_.at(slot, *first_seen_);
}

void Frame::look_back(const Frame& earlier, double seconds, const Frame* later) {
  earlier_ = &earlier;
  later_ = later;
  seconds_back_ = seconds;
  earlier_slots_ = slots_of_same(earlier);
  if (later != nullptr) later_slots_ = slots_of_same(*later);
}

std::vector<std::size_t> Frame::slots_of_same(const Frame& other) const {
  std::vector<std::size_t> same(data_.slots(), kNowhere);
  if (first_seen_ || !keyed_) {
    for (const std::size_t slot : slots_) {
      if (other.has_same(*this, slot)) same[slot] = slot;
    }
    return same;
  }
  // The rows of sums by name, and the questions, come in another order in each snapshot.
  std::unordered_map<std::string, std::size_t> known;
  for (const std::size_t slot : other.slots_) known.emplace(identity_of(other.row(slot)), slot);
  for (const std::size_t slot : slots_) {
    const auto found = known.find(identity_of(row(slot)));
    if (found != known.end()) same[slot] = found->second;
  }
  return same;
}

Cell Frame::earlier_cell(std::size_t slot, std::size_t column) const {
  return cell_of_same(earlier_, earlier_slots_, slot, column);
}

Cell Frame::later_cell(std::size_t slot, std::size_t column) const {
  return later_ == nullptr ? data_.at(slot, column)
                           : cell_of_same(later_, later_slots_, slot, column);
}

// Whoever was first seen later was not there, whatever is damaged.
Cell Frame::cell_of_same(const Frame* other, const std::vector<std::size_t>& same, std::size_t slot,
                         std::size_t column) const {
  if (other == nullptr) return missing(Missing::kNone);
  if (same[slot] != kNowhere) return other->data_.at(same[slot], column);
  const bool came_later = first_seen_ && data_.at(slot, *first_seen_) > other->snapshot_->id;
  return missing(!came_later && other->lost(slot) ? Missing::kBadAnswer : Missing::kNone);
}

}  // namespace beamtape
