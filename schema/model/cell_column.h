#pragma once

#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "schema/model/cell.h"

namespace beamtape {

// The cells of one column of one row group, in as few bytes as their range needs: each is an
// offset of 0, 1, 2, 4 or 8 bytes from a common base (frame of reference). A million processes
// take some 50 MB this way, where plain cells take 330. One thread.
class CellColumn {
 public:
  std::size_t size() const { return size_; }
  Cell operator[](std::size_t row) const {
    if (width_ == 0) return base_;
    return typed([&](auto offset) { return cell_at<decltype(offset)>(row); });
  }
  void set(std::size_t row, Cell cell) {
    if (!store(row, cell)) widen(row, cell);
  }
  // The cells of some rows, beside them in `into`.
  void gather(std::span<const std::uint16_t> rows, std::span<Cell> into) const;
  // Sets the cells of some rows; `cells` is beside `rows`.
  void scatter(std::span<const std::uint16_t> rows, std::span<const Cell> cells);
  // The rows that hold this cell, ascending.
  std::vector<std::uint16_t> rows_with(Cell cell) const;
  // New cells are kNone.
  void resize(std::size_t size);
  // Becomes these cells, in the narrowest form that leaves room for changes.
  void assign(std::span<const Cell> cells);
  // Becomes `size` times the same cell.
  void assign(std::size_t size, Cell cell);
  // All cells; `into` has as many.
  void copy_to(std::span<Cell> into) const;
  // The largest cell; kNone if all are missing.
  Cell highest() const;
  // Adds `difference`, modulo 2^64, to every cell that is not missing.
  void add(std::uint64_t difference);

  friend bool operator==(const CellColumn& a, const CellColumn& b);

 private:
  static constexpr Cell kLowest = std::numeric_limits<Cell>::min();
  // Offsets below this are the reasons of missing cells.
  static constexpr std::uint64_t kReasons = kLowestValue - kLowest;

  // Calls f with an offset of the column's width, which is not 0. Those of 8 bytes are cells.
  template <typename F>
  auto typed(F&& f) const -> decltype(f(Cell{})) {
    switch (width_) {
      case 1:
        return f(std::uint8_t{});
      case 2:
        return f(std::uint16_t{});
      case 4:
        return f(std::uint32_t{});
      default:
        return f(Cell{});
    }
  }
  template <typename Offset>
  Offset load(std::size_t row) const {
    Offset offset;
    std::memcpy(&offset, bytes_.data() + row * sizeof(Offset), sizeof(Offset));
    return offset;
  }
  template <typename Offset>
  Cell cell_at(std::size_t row) const {
    if constexpr (sizeof(Offset) == sizeof(Cell)) {
      return load<Cell>(row);
    } else {
      return cell_of(load<Offset>(row));
    }
  }
  template <typename Offset>
  void store_as(std::size_t row, std::uint64_t offset) {
    const auto narrow = static_cast<Offset>(offset);
    std::memcpy(bytes_.data() + row * sizeof(Offset), &narrow, sizeof(Offset));
  }
  // False if the cell does not fit.
  template <typename Offset>
  bool store_at(std::size_t row, Cell cell) {
    const auto offset = encoded<Offset>(cell);
    if (!offset) return false;
    store_as<Offset>(row, *offset);
    return true;
  }
  // What is stored for a cell; nothing if it does not fit.
  template <typename Offset>
  std::optional<std::uint64_t> encoded(Cell cell) const {
    if constexpr (sizeof(Offset) == sizeof(Cell)) {
      return static_cast<std::uint64_t>(cell);
    } else {
      const auto offset = offset_of(cell);
      return offset <= std::numeric_limits<Offset>::max() ? std::optional(offset) : std::nullopt;
    }
  }
  Cell cell_of(std::uint64_t offset) const {
    return static_cast<Cell>(offset +
                             static_cast<std::uint64_t>(offset < kReasons ? kLowest : base_));
  }
  // Also what becomes of a cell too far from the base: more than any offset of less than 8 bytes.
  std::uint64_t offset_of(Cell cell) const {
    if (is_missing(cell)) return static_cast<std::uint64_t>(cell - kLowest);
    const auto offset = static_cast<std::uint64_t>(cell) - static_cast<std::uint64_t>(base_);
    return offset < kReasons ? std::numeric_limits<std::uint64_t>::max() : offset;
  }
  template <typename Offset>
  void fill_as(std::span<const Cell> cells);
  bool store(std::size_t row, Cell cell) {
    if (width_ == 0) return cell == base_;
    return typed([&](auto offset) { return store_at<decltype(offset)>(row, cell); });
  }
  void widen(std::size_t row, Cell cell);

  std::vector<std::uint8_t> bytes_;
  // Width 0: every cell. Widths 1 to 4: what offsets, all of at least kReasons, are added to.
  Cell base_ = missing(Missing::kNone);
  std::uint32_t size_ = 0;
  std::uint8_t width_ = 0;  // bytes of a cell
};

}  // namespace beamtape
