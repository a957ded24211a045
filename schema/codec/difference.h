#pragma once

#include <cstdint>
#include <optional>

#include "schema/codec/changes.h"

namespace beamtape {

// What writing and reading a difference have in common; its grammar is in difference.cc.

enum Where : std::uint8_t { kGaps = 0, kBitmap = 1 };
enum How : std::uint8_t { kConstant = 1, kMarked = 2, kLike = 4, kAlong = 8 };

// The row from which the first new subject is told, the one with the largest key; nothing if there
// is none. Called before anything changes.
std::optional<std::size_t> youngest(const RowGroup& rows);
// The cell in that row; 0 where there is none.
Cell first_base(const CellColumn& cells, std::optional<std::size_t> row);

// What the next changed cell of a column is near to.
class Near {
 public:
  explicit Near(const ColumnChange& column) : base_(column.constant), along_(column.along) {}
  Cell base(Cell expected) const { return base_ ? *base_ : expected; }
  void passed(Cell cell) {
    if (along_ && !is_missing(cell)) base_ = cell;
  }

 private:
  std::optional<Cell> base_;
  bool along_;
};

}  // namespace beamtape
