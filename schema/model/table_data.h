#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "schema/model/cell_column.h"
#include "schema/tables/table.h"

namespace beamtape {

// Rows of a table live in slots; a row keeps its slot while its subject lives. Slots are
// grouped so that one subject's history can be read without the others. Part of the format.
inline constexpr std::size_t kRowsPerGroup = 4096;

// The cells of up to kRowsPerGroup neighbouring slots, column by column. Every column has
// `rows` cells; columns are in the order of the table's columns.
struct RowGroup {
  std::size_t rows = 0;
  std::vector<CellColumn> columns;
  bool damaged = false;  // something was recorded that cannot be read: there are no rows

  // Grows to `new_rows`; new slots are empty (every cell kNone).
  void grow(std::size_t column_count, std::size_t new_rows);
  friend bool operator==(const RowGroup&, const RowGroup&) = default;
};

// Which rows of a row group are others than before.
struct ChangedRows {
  bool all = false;                 // or it is not known which
  std::vector<std::uint16_t> rows;  // unless all; perhaps one twice
};

// All slots of one table at one instant. Values are raw; knows no file and no node.
struct TableData {
  std::vector<RowGroup> groups;
  // Beside `groups`: what has changed by the last Reader::step(). Empty: perhaps everything.
  std::vector<ChangedRows> changed;

  std::size_t slots() const;  // used or empty
  // kNone in a group that is shorter than its neighbours, as a damaged one is.
  Cell at(std::size_t slot, std::size_t column) const {
    const RowGroup& group = groups[slot / kRowsPerGroup];
    const std::size_t row = slot % kRowsPerGroup;
    return row < group.rows ? group.columns[column][row] : missing(Missing::kNone);
  }
  // The rows of a group that may have changed, some perhaps twice. Valid while this is not changed.
  std::span<const std::uint16_t> changed_rows(std::size_t group) const;
  // True if somebody lives in the slot (its key, column 0, has a value).
  bool occupied(std::size_t slot) const { return !is_missing(at(slot, 0)); }
};

}  // namespace beamtape
