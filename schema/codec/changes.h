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

struct ColumnChange {
  std::size_t position = 0;      // in the table
  std::uint64_t modal = 0;       // the most frequent difference, modulo 2^64
  std::optional<Cell> constant;  // what changed cells are near to, if not to what they were
};

// What a cell is where nothing else is said: `modal` more than it was; a missing one stays.
inline Cell expected_cell(Cell old, std::uint64_t modal) {
  return is_missing(old) ? old : static_cast<Cell>(static_cast<std::uint64_t>(old) + modal);
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
  const std::vector<Cell>& old_cells(std::size_t index) const { return old_cells_[index]; }
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
  void mark_cells(std::size_t index);
  void find_rows();
  void find_constant(std::size_t index);
  std::string_view mask_of(std::size_t row) const;

  const RowGroup* before_ = nullptr;
  const RowGroup* now_ = nullptr;
  std::vector<ColumnChange> columns_;
  std::vector<std::vector<Cell>> old_cells_;  // beside columns_
  std::vector<std::vector<Cell>> new_cells_;
  std::vector<std::uint8_t> special_;  // by row; empty if every subject is what it was
  std::size_t mask_bytes_ = 0;
  std::vector<std::uint8_t> masks_;          // by row
  std::vector<std::size_t> distinct_masks_;  // a row that has it
  std::vector<std::uint16_t> rows_;
  std::vector<std::uint16_t> what_;
  Frequency frequency_;
};

}  // namespace beamtape
