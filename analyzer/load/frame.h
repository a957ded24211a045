#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/load/value.h"
#include "schema/model/table_data.h"
#include "schema/store/records.h"
#include "schema/tables/table.h"

namespace beamtape {

// A column as commands know it: one of the table's own, or one that is derived from them. Of
// every list column `links` there is a number `links_count`: the true count on the node, also
// where the list was cut. Of processes there is `name`: the registered name, else the label,
// else the behaviour's initial call, else the initial call. Of schedulers there is `worked`: the
// share of the time in which it worked, since that is measured, or where the row's frame looks
// back, since then.
struct Shown {
  enum class Source { kColumn, kListCount, kProcessName, kWorked, kDelta, kRate };
  std::string name;
  Type type = Type::kInteger;
  Unit unit = Unit::kNone;
  Kind kind = Kind::kGauge;
  Source source = Source::kColumn;
  std::size_t column = 0;  // position in the table; unused by kProcessName

  bool is_number() const { return type == Type::kInteger; }
};

// The shown columns of a table, in its order, each derived one after its source.
std::vector<Shown> shown_columns(const Table& table);
// What a window adds: `delta(X)` of every number of the table, and of counters `rate(X)`, per
// second. They have values where the row's frame looks back (Frame::look_back) and the row was
// there then; a counter that fell has no rate.
std::vector<Shown> window_columns(const Table& table);
std::vector<std::string> names_of(const std::vector<Shown>& columns);
const Shown* find_shown(const std::vector<Shown>& columns, const std::string& name);

class Frame;

// One state of one row: where a value of a Shown column is taken from. Refers to all it is
// given; the texts are those of the row's snapshot.
struct RowView {
  const Table* table = nullptr;
  const RowGroup* group = nullptr;
  std::size_t index = 0;  // within the group
  Texts texts;
  const Frame* frame = nullptr;  // of a row of a frame, for what is compared with an earlier one
  std::size_t slot = 0;

  Cell cell(std::size_t column) const { return group->columns[column][index]; }
};

Value value_of(const RowView& row, const Shown& column);
// The number of a number column without the detour over a Value.
Cell number_of(const RowView& row, const Shown& column);

// The rows of a table at one snapshot. Refers to the recording that made it.
class Frame {
 public:
  Frame(const Table& table, const SnapshotRecord& snapshot, TableData data, Texts texts);

  const Table& table() const { return *table_; }
  const SnapshotRecord& snapshot() const { return *snapshot_; }
  // Slots in which somebody lives.
  const std::vector<std::size_t>& slots() const { return slots_; }
  RowView row(std::size_t slot) const;
  // True if somebody may live in the slot of whom nothing can be read.
  bool lost(std::size_t slot) const;
  Cell cell(std::size_t slot, std::size_t column) const { return data_.at(slot, column); }
  // True if the subject that `other`, of the same table and life of the node, has in the slot is
  // the one that is here: a subject keeps its slot while it lives, and another one in it is first
  // seen later. Only of tables with `first_seen`, and of the node: in others a slot is no more than
  // a place in one snapshot.
  bool has_same(const Frame& other, std::size_t slot) const;

  // From now on delta() and rate() of its rows are those since `earlier`, a frame of the same table
  // and life of the node, `seconds` before. It has to outlive this one.
  // With `later` they are those from the one to the other, whatever this frame shows. Rows without
  // `first_seen` are the same if what identifies them is, as the name of a group.
  void look_back(const Frame& earlier, double seconds, const Frame* later = nullptr);
  // The cells of the same subject in the earlier frame and in the one that changes go up to; kNone
  // if it was not there, or nothing is looked back to; kBadAnswer if what it was is damaged there.
  Cell earlier_cell(std::size_t slot, std::size_t column) const;
  Cell later_cell(std::size_t slot, std::size_t column) const;
  double seconds_back() const { return seconds_back_; }
  // What is looked back to, null if nothing is, and the frame that changes go up to.
  const Frame* earlier() const { return earlier_; }
  const Frame* end() const { return later_ != nullptr ? later_ : this; }

  std::vector<Damage> damage;

 private:
  static constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);

  // By slot here, the one that the same subject has in the other frame.
  std::vector<std::size_t> slots_of_same(const Frame& other) const;
  Cell cell_of_same(const Frame* other, const std::vector<std::size_t>& same, std::size_t slot,
                    std::size_t column) const;

  const Table* table_;
  const SnapshotRecord* snapshot_;
  TableData data_;
  Texts texts_;
  std::optional<std::size_t> first_seen_;
  bool keyed_;
  std::vector<std::size_t> slots_;
  const Frame* earlier_ = nullptr;
  const Frame* later_ = nullptr;                          // null: this one
  std::vector<std::size_t> earlier_slots_, later_slots_;  // slots_of_same() of these
  double seconds_back_ = 0;
};

}  // namespace beamtape
