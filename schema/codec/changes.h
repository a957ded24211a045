#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "schema/codec/frequency.h"
#include "schema/model/table_data.h"

namespace beamtape {

// What changed between two states of a row group: which rows, which of their columns, and what
// each column is told from. How that becomes bytes is said in difference.cc.

// What happened to a row. From kMasked on, the number of its mask is added.
enum What : std::uint8_t { kEmptied = 0, kNewSubject = 1, kMasked = 2 };

// Rows in which another column was `value` change by `modal`: a process that was read one snapshot
// ago has the one reduction more that the reading cost it.
struct Marked {
  std::size_t position = 0;  // of the other column in the table
  Cell value = 0;
  std::uint64_t modal = 0;
};

// What a cell is where nothing else is said: `modal` more than it was, and by as much more as the
// earlier column changed beyond its own modal; a missing one stays.
struct ColumnChange {
  std::size_t position = 0;         // in the table
  std::uint64_t modal = 0;          // the most frequent difference, modulo 2^64
  std::optional<Marked> marked;     // another modal for some rows
  std::optional<std::size_t> like;  // an earlier one of these columns, without `marked`
  std::optional<Cell> constant;     // what changed cells are near to, if not to what is expected
  bool along = false;               // or to the changed one before them: ids of what is new
};

// A missing cell stays what it is.
inline Cell sum_of(Cell cell, std::uint64_t difference) {
  return is_missing(cell) ? cell : static_cast<Cell>(static_cast<std::uint64_t>(cell) + difference);
}
// 0 if one of them is missing.
inline std::uint64_t difference_of(Cell now, Cell old) {
  if (is_missing(now) || is_missing(old)) return 0;
  return static_cast<std::uint64_t>(now) - static_cast<std::uint64_t>(old);
}

class Changes {
 public:
  // Both have as many rows, at least as long as this lives. True if anything changed.
  bool find(const Table& table, const RowGroup& before, const RowGroup& now);

  // By ascending ids: all of them if there is a new subject, else the changed ones.
  const std::vector<ColumnChange>& columns() const { return columns_; }
  const std::vector<std::uint16_t>& rows() const { return rows_; }  // changed ones
  const std::vector<std::uint16_t>& what() const { return what_; }  // beside rows()
  std::size_t mask_count() const { return distinct_masks_.size(); }
  // A bit for each of columns(), low first, in whole bytes.
  std::span<const std::uint8_t> mask(std::size_t number) const {
    return std::span(masks_).subspan(distinct_masks_[number] * mask_bytes_, mask_bytes_);
  }
  // The cells of one of columns(), by its index.
  const std::vector<Cell>& expected_cells(std::size_t index) const { return expected_[index]; }
  const std::vector<Cell>& new_cells(std::size_t index) const { return new_cells_[index]; }
  bool is_new(std::size_t row) const { return !special_.empty() && special_[row] == kNewSubject; }
  // True if the cell is another than expected, in a row whose subject is the same.
  bool marked(std::size_t row, std::size_t index) const {
    return ordinary(row) && (masks_[row * mask_bytes_ + index / 8] >> (index % 8) & 1) != 0;
  }

 private:
  bool same(std::size_t column) const { return before_->columns[column] == now_->columns[column]; }
  bool ordinary(std::size_t row) const { return special_.empty() || special_[row] == kMasked; }
  void find_columns(const Table& table);
  // Rows whose subject is another now. True if any of them is a new one.
  bool find_special_rows();
  void find_modal(std::size_t index);
  void find_marked(const Table& table, std::size_t index);
  void find_like(const Table& table, std::size_t index);
  void mark_cells(std::size_t index);
  void find_rows();
  void find_constant(std::size_t index);
  void find_along(const Table& table, std::size_t index);
  // By how much a cell changed beyond its column's modal; 0 where that means nothing.
  std::uint64_t beyond_modal(std::size_t index, std::size_t row) const {
    const Cell old = old_cells_[index][row];
    const Cell now = new_cells_[index][row];
    return is_missing(now) || is_missing(old) ? 0 : difference_of(now, old) - columns_[index].modal;
  }
  std::string_view mask_of(std::size_t row) const;

  const RowGroup* before_ = nullptr;
  const RowGroup* now_ = nullptr;
  std::vector<ColumnChange> columns_;
  std::vector<std::vector<Cell>> old_cells_;  // beside columns_
  std::vector<std::vector<Cell>> new_cells_;
  std::vector<std::vector<Cell>> expected_;
  std::vector<std::uint8_t> special_;  // by row; empty if every subject is what it was
  std::size_t mask_bytes_ = 0;
  std::vector<std::uint8_t> masks_;          // by row
  std::vector<std::size_t> distinct_masks_;  // a row that has it
  std::vector<std::uint16_t> rows_;
  std::vector<std::uint16_t> what_;
  Frequency frequency_;
};

}  // namespace beamtape
