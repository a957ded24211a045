#include "schema/model/cell_column.h"

#include <algorithm>

namespace beamtape {
namespace {

// Kept between calls: a row group at a time passes through it.
std::span<Cell> scratch(std::size_t cells) {
  thread_local std::vector<Cell> buffer;
  if (buffer.size() < cells) buffer.resize(cells);
  return std::span(buffer).first(cells);
}

struct Range {
  Cell lowest = std::numeric_limits<Cell>::max();
  Cell highest = std::numeric_limits<Cell>::min();
};

Range range_of(std::span<const Cell> cells) {
  Range range;
  for (const Cell cell : cells) {
    const bool counts = !is_missing(cell);
    range.lowest = std::min(range.lowest, counts ? cell : std::numeric_limits<Cell>::max());
    range.highest = std::max(range.highest, cell);
  }
  return range;
}

}  // namespace

void CellColumn::widen(std::size_t row, Cell cell) {
  const auto cells = scratch(size_);
  copy_to(cells);
  cells[row] = cell;
  assign(cells);
}

void CellColumn::resize(std::size_t size) {
  if (size == size_) return;
  std::vector<Cell> cells(size_);
  copy_to(cells);
  cells.resize(size, missing(Missing::kNone));
  assign(cells);
}

void CellColumn::assign(std::size_t size, Cell cell) {
  size_ = static_cast<std::uint32_t>(size);
  width_ = 0;
  base_ = cell;
  bytes_ = {};
}

// Half of the offsets of a width stay free, above and below, or a counter that moves would have
// the column assigned anew at every step.
void CellColumn::assign(std::span<const Cell> cells) {
  size_ = static_cast<std::uint32_t>(cells.size());
  const bool same = std::all_of(cells.begin(), cells.end(), [&](Cell c) { return c == cells[0]; });
  if (same) return assign(cells.size(), cells.empty() ? missing(Missing::kNone) : cells[0]);
  const auto range = range_of(cells);
  const bool any = range.lowest <= range.highest;
  const auto spread =
      any ? static_cast<std::uint64_t>(range.highest) - static_cast<std::uint64_t>(range.lowest)
          : 0;
  width_ = 8;
  for (const std::uint8_t width : {1, 2, 4}) {
    const std::uint64_t room = (std::uint64_t{1} << (8 * width)) - kReasons;
    if (spread > room / 2) continue;
    width_ = width;
    base_ = static_cast<Cell>(static_cast<std::uint64_t>(any ? range.lowest : 0) -
                              (room - spread) / 2 - kReasons);
    break;
  }
  if (bytes_.size() != cells.size() * width_) {
    std::vector<std::uint8_t>(cells.size() * width_).swap(bytes_);
  }
  if (width_ == 1) {
    fill_as<std::uint8_t>(cells);
  } else if (width_ == 2) {
    fill_as<std::uint16_t>(cells);
  } else if (width_ == 4) {
    fill_as<std::uint32_t>(cells);
  } else {
    std::memcpy(bytes_.data(), cells.data(), cells.size_bytes());
  }
}

template <typename Offset>
void CellColumn::fill_as(std::span<const Cell> cells) {
  for (std::size_t row = 0; row < cells.size(); ++row) {
    const Cell base = is_missing(cells[row]) ? kLowest : base_;
    store_as<Offset>(row,
                     static_cast<std::uint64_t>(cells[row]) - static_cast<std::uint64_t>(base));
  }
}

void CellColumn::copy_to(std::span<Cell> into) const {
  if (width_ == 0) return std::fill(into.begin(), into.end(), base_);
  typed([&](auto offset) {
    for (std::size_t row = 0; row < into.size(); ++row) {
      into[row] = cell_at<decltype(offset)>(row);
    }
  });
}

void CellColumn::gather(std::span<const std::uint16_t> rows, std::span<Cell> into) const {
  if (width_ == 0) return std::fill(into.begin(), into.end(), base_);
  typed([&](auto offset) {
    for (std::size_t i = 0; i < rows.size(); ++i) into[i] = cell_at<decltype(offset)>(rows[i]);
  });
}

void CellColumn::scatter(std::span<const std::uint16_t> rows, std::span<const Cell> cells) {
  std::size_t i = 0;
  while (i < rows.size()) {
    if (width_ != 0) {
      typed([&](auto offset) {
        while (i < rows.size() && store_at<decltype(offset)>(rows[i], cells[i])) ++i;
      });
    }
    if (i == rows.size()) break;
    set(rows[i], cells[i]);  // makes it wide enough for this one, and mostly for those after it
    ++i;
  }
}

std::vector<std::uint16_t> CellColumn::rows_with(Cell cell) const {
  std::vector<std::uint16_t> rows(size_);
  std::size_t found = 0;
  const auto take = [&](auto holds) {
    for (std::size_t row = 0; row < size_; ++row) {
      rows[found] = static_cast<std::uint16_t>(row);
      found += holds(row) ? 1 : 0;
    }
  };
  if (width_ == 0) {
    take([&](std::size_t) { return cell == base_; });
  } else {
    typed([&](auto offset) {
      using Offset = decltype(offset);
      const auto wanted = encoded<Offset>(cell);
      if (!wanted) return;
      take([&, code = static_cast<Offset>(*wanted)](std::size_t row) {
        return load<Offset>(row) == code;
      });
    });
  }
  rows.resize(found);
  return rows;
}

Cell CellColumn::highest() const {
  if (width_ == 0) return is_missing(base_) ? missing(Missing::kNone) : base_;
  Cell highest = missing(Missing::kNone);
  for (std::size_t row = 0; row < size_; ++row) {
    const Cell cell = (*this)[row];
    if (!is_missing(cell)) highest = std::max(highest, cell);
  }
  return highest;
}

void CellColumn::add(std::uint64_t difference) {
  if (difference == 0 || (width_ == 0 && is_missing(base_))) return;
  // Moving the base moves every cell, where nothing passes the end of the range of cells.
  const auto by = static_cast<Cell>(difference);
  const auto reach = width_ == 0 || width_ == 8 ? Cell{0} : Cell{1} << (8 * width_);
  Cell moved = 0;
  Cell furthest = 0;
  const bool stays = width_ != 8 && !__builtin_add_overflow(base_, by, &moved) &&
                     !__builtin_add_overflow(moved, reach, &furthest) && !is_missing(moved) &&
                     !is_missing(base_);
  if (stays) {
    base_ = moved;
    return;
  }
  const auto cells = scratch(size_);
  copy_to(cells);
  for (Cell& cell : cells) {
    if (!is_missing(cell)) cell = static_cast<Cell>(static_cast<std::uint64_t>(cell) + difference);
  }
  assign(cells);
}

bool operator==(const CellColumn& a, const CellColumn& b) {
  if (a.size_ != b.size_) return false;
  if (a.width_ == b.width_ && a.base_ == b.base_ && a.bytes_ == b.bytes_) return true;
  for (std::size_t row = 0; row < a.size_; ++row) {
    if (a[row] != b[row]) return false;
  }
  return true;
}

}  // namespace beamtape
