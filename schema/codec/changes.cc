#include "schema/codec/changes.h"

#include <algorithm>
#include <string>
#include <unordered_map>

namespace beamtape {
namespace {

constexpr Cell kNoCell = missing(Missing::kNone);

std::uint64_t minus(Cell a, Cell b) {
  return static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b);
}

}  // namespace

bool Changes::find(const Table& table, const RowGroup& before, const RowGroup& now) {
  before_ = &before;
  now_ = &now;
  find_columns(table);
  if (columns_.empty()) return false;
  mask_bytes_ = (columns_.size() + 7) / 8;
  masks_.assign(now.rows * mask_bytes_, 0);
  bool moved = false;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    find_modal(i);
    mark_cells(i);
    moved = moved || columns_[i].modal != 0;
  }
  find_rows();
  for (std::size_t i = 0; i < columns_.size(); ++i) find_constant(i);
  return moved || !rows_.empty();
}

void Changes::find_columns(const Table& table) {
  std::vector<std::size_t> order;
  for (std::size_t c = 0; c < table.columns.size(); ++c) order.push_back(c);
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return table.columns[a].id < table.columns[b].id;
  });
  const bool newcomers = find_special_rows();
  for (const auto c : order) {
    if (!newcomers && same(c)) continue;
    columns_.push_back({c, 0, std::nullopt});
    before_->columns[c].copy_to(old_cells_.emplace_back(now_->rows));
    now_->columns[c].copy_to(new_cells_.emplace_back(now_->rows));
  }
}

bool Changes::find_special_rows() {
  if (same(0)) return false;
  bool newcomers = false;
  special_.assign(now_->rows, kMasked);
  for (std::size_t r = 0; r < now_->rows; ++r) {
    const Cell key = now_->columns[0][r];
    if (before_->columns[0][r] == key) continue;
    if (!is_missing(key)) {
      special_[r] = kNewSubject;
      newcomers = true;
    } else if (std::all_of(now_->columns.begin(), now_->columns.end(),
                           [&](const auto& column) { return column[r] == kNoCell; })) {
      special_[r] = kEmptied;
    }
  }
  return newcomers;
}

void Changes::find_modal(std::size_t index) {
  const auto& old = old_cells_[index];
  const auto& now = new_cells_[index];
  std::size_t unchanged = 0;
  for (std::size_t r = 0; r < now_->rows; ++r) unchanged += old[r] == now[r] ? 1 : 0;
  if (unchanged * 2 >= now_->rows) return;
  frequency_.clear();
  for (std::size_t r = 0; r < now_->rows; ++r) {
    if (ordinary(r) && !is_missing(old[r])) frequency_.add(minus(now[r], old[r]));
  }
  const auto most = frequency_.most();
  if (most.count > 1) columns_[index].modal = most.value;
}

void Changes::mark_cells(std::size_t index) {
  const auto& column = columns_[index];
  const auto& old = old_cells_[index];
  const auto& now = new_cells_[index];
  std::uint8_t* mask = masks_.data() + index / 8;
  const auto bit = static_cast<std::uint8_t>(1U << (index % 8));
  for (std::size_t r = 0; r < now_->rows; ++r) {
    if (now[r] != expected_cell(old[r], column.modal) && ordinary(r)) {
      mask[r * mask_bytes_] |= bit;
    }
  }
}

std::string_view Changes::mask_of(std::size_t row) const {
  return {reinterpret_cast<const char*>(masks_.data()) + row * mask_bytes_, mask_bytes_};
}

void Changes::find_rows() {
  const std::string nothing(mask_bytes_, '\0');
  std::unordered_map<std::string_view, std::size_t> numbers;
  std::string_view last_mask;
  std::size_t last_number = 0;
  for (std::size_t r = 0; r < now_->rows; ++r) {
    std::size_t what = special_.empty() ? std::size_t{kMasked} : special_[r];
    if (what == kMasked) {
      const auto mask = mask_of(r);
      if (mask == nothing) continue;
      if (mask != last_mask) {
        const auto [found, is_new] = numbers.emplace(mask, distinct_masks_.size());
        if (is_new) distinct_masks_.push_back(r);
        last_mask = mask;
        last_number = found->second;
      }
      what += last_number;
    }
    rows_.push_back(static_cast<std::uint16_t>(r));
    what_.push_back(static_cast<std::uint16_t>(what));
  }
}

// Whether the changed cells of a column lie nearer to one number than to what they were, as
// columns do that hold the number of the snapshot in which something was read.
void Changes::find_constant(std::size_t index) {
  auto& column = columns_[index];
  const auto& old = old_cells_[index];
  const auto& now = new_cells_[index];
  std::size_t cells = 0;
  frequency_.clear();
  for (const auto r : rows_) {
    if (!marked(r, index) || is_missing(now[r]) || is_missing(old[r])) continue;
    ++cells;
    frequency_.add(minus(now[r], old[r]));
  }
  if (cells < 2) return;
  const auto by_difference = frequency_.most().count;
  frequency_.clear();
  for (const auto r : rows_) {
    if (marked(r, index) && !is_missing(now[r]) && !is_missing(old[r])) {
      frequency_.add(static_cast<std::uint64_t>(now[r]));
    }
  }
  const auto most = frequency_.most();
  if (most.count > by_difference && most.count > cells / 2) {
    column.constant = static_cast<Cell>(most.value);
  }
}

}  // namespace beamtape
