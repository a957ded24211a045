#include "schema/codec/changes.h"

#include <algorithm>
#include <bit>
#include <string>
#include <unordered_map>

#include "schema/codec/bytes.h"

namespace beamtape {
namespace {

constexpr Cell kNoCell = missing(Missing::kNone);

// Columns of one unit that a column may change like, nearest first.
constexpr int kColumnsTried = 4;

std::uint64_t minus(Cell a, Cell b) {
  return static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b);
}

// Tells when something else of the row was last read.
bool tells_reading(const Column& column) {
  return column.unit == Unit::kSnapshot && column.kind == Kind::kGauge;
}

// Cells that are numbers of texts or lists.
bool is_interned(Type type) {
  return type == Type::kAtom || type == Type::kTerm || type == Type::kList;
}

// Bits of a difference.
int length_of(std::uint64_t difference) { return std::bit_width(zigzag(difference)); }

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
    find_marked(table, i);
    find_like(table, i);
    mark_cells(i);
    moved = moved || columns_[i].modal != 0 || columns_[i].marked;
  }
  find_rows();
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    find_constant(i);
    find_along(table, i);
  }
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
    columns_.push_back({.position = c});
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

// Only counters: what reads a row moves none but those. Leaves the expected cells in expected_.
void Changes::find_marked(const Table& table, std::size_t index) {
  auto& column = columns_[index];
  const auto& old = old_cells_[index];
  const auto& now = new_cells_[index];
  auto& expected = expected_.emplace_back(now_->rows);
  for (std::size_t r = 0; r < now_->rows; ++r) expected[r] = sum_of(old[r], column.modal);
  if (table.columns[column.position].kind != Kind::kCounter) return;
  std::size_t fewest = 0;
  for (std::size_t other = 0; other < table.columns.size(); ++other) {
    if (!tells_reading(table.columns[other])) continue;
    const auto& readings = before_->columns[other];
    Marked marked{other, readings.highest(), 0};
    if (is_missing(marked.value)) continue;
    std::size_t as_modal = 0;
    frequency_.clear();
    for (std::size_t r = 0; r < now_->rows; ++r) {
      if (readings[r] != marked.value || !ordinary(r) || is_missing(old[r])) continue;
      as_modal += now[r] == expected[r] ? 1 : 0;
      frequency_.add(minus(now[r], old[r]));
    }
    const auto most = frequency_.most();
    if (most.count <= as_modal + fewest) continue;
    fewest = most.count - as_modal;
    marked.modal = most.value;
    column.marked = marked;
  }
  if (!column.marked) return;
  const auto& readings = before_->columns[column.marked->position];
  for (std::size_t r = 0; r < now_->rows; ++r) {
    if (readings[r] == column.marked->value) expected[r] = sum_of(old[r], column.marked->modal);
  }
}

// Sizes of one process change together: what its heap grew by, its memory grew by too.
void Changes::find_like(const Table& table, std::size_t index) {
  auto& column = columns_[index];
  const Unit unit = table.columns[column.position].unit;
  if (unit == Unit::kNone || column.marked) return;
  const auto& now = new_cells_[index];
  auto& expected = expected_[index];
  std::size_t fewest = 0;
  for (std::size_t r = 0; r < now_->rows; ++r) fewest += now[r] != expected[r] ? 1 : 0;
  std::vector<Cell> trial(now_->rows);
  std::vector<Cell> best;
  int tried = 0;
  for (std::size_t other = index; other-- > 0 && fewest > 0 && tried < kColumnsTried;) {
    const auto& source = columns_[other];
    if (source.marked || table.columns[source.position].unit != unit) continue;
    ++tried;
    std::size_t different = 0;
    for (std::size_t r = 0; r < now_->rows; ++r) {
      const auto beyond = ordinary(r) ? beyond_modal(other, r) : 0;
      trial[r] = sum_of(expected[r], beyond);
      different += now[r] != trial[r] ? 1 : 0;
    }
    if (different >= fewest) continue;
    fewest = different;
    column.like = other;
    best = trial;
  }
  if (column.like) expected = std::move(best);
}

void Changes::mark_cells(std::size_t index) {
  const auto& expected = expected_[index];
  const auto& now = new_cells_[index];
  std::uint8_t* mask = masks_.data() + index / 8;
  const auto bit = static_cast<std::uint8_t>(1U << (index % 8));
  for (std::size_t r = 0; r < now_->rows; ++r) {
    if (now[r] != expected[r] && ordinary(r)) mask[r * mask_bytes_] |= bit;
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

// New texts and lists are numbered in the order in which they are met.
void Changes::find_along(const Table& table, std::size_t index) {
  auto& column = columns_[index];
  if (column.constant || !is_interned(table.columns[column.position].type)) return;
  const auto& now = new_cells_[index];
  int as_expected = 0;
  int as_along = 0;
  std::optional<Cell> last;
  for (const auto r : rows_) {
    const Cell expected = expected_[index][r];
    if (!marked(r, index) || is_missing(expected) || is_missing(now[r])) continue;
    as_expected += length_of(minus(now[r], expected));
    as_along += length_of(minus(now[r], last.value_or(expected)));
    last = now[r];
  }
  column.along = as_along < as_expected;
}

// Whether the changed cells of a column lie nearer to one number than to what they were, as
// columns do that hold the number of the snapshot in which something was read.
void Changes::find_constant(std::size_t index) {
  auto& column = columns_[index];
  const auto& old = expected_[index];
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
