#pragma once

#include <cstddef>
#include <optional>
#include <unordered_map>
#include <vector>

#include "analyzer/load/naming.h"

namespace beamtape {

// What was found out of the texts of a column, so that each is looked at once and not for each row
// that has it. The rows are of frames that outlive this. Ids of texts are dense: most are found in
// an array.
template <typename T>
class CellMemo {
 public:
  // What `make` returned for the row's text when it was asked for first. Holds until the next call.
  template <typename Make>
  const T& get(const RowView& row, const Shown& column, const Make& make) {
    Part& part = part_of(row, column);
    const auto cell = first_with_value(row, part.columns);
    if (!cell) return *(unknown_ = make());
    Known& known = part.known[cell->column];
    if (cell->cell < 0 || cell->cell >= kMostDense) {
      const auto found = known.sparse.find(cell->cell);
      return found != known.sparse.end() ? found->second
                                         : known.sparse.emplace(cell->cell, make()).first->second;
    }
    const auto id = static_cast<std::size_t>(cell->cell);
    if (id >= known.dense.size()) known.dense.resize(id + 1);
    if (!known.dense[id]) known.dense[id] = make();
    return *known.dense[id];
  }

 private:
  static constexpr Cell kMostDense = 1 << 20;  // a damaged file may say any number

  struct Known {
    std::vector<std::optional<T>> dense;
    std::unordered_map<Cell, T> sparse;
  };
  struct Part {
    const Frame* frame = nullptr;
    TextColumns columns;
    std::vector<Known> known;  // by column of the table
  };

  // One for each node.
  Part& part_of(const RowView& row, const Shown& column) {
    for (Part& one : parts_) {
      if (one.frame == row.frame) return one;
    }
    return parts_.emplace_back(Part{row.frame, text_columns(*row.table, column),
                                    std::vector<Known>(row.table->columns.size())});
  }

  std::vector<Part> parts_;
  std::optional<T> unknown_;
};

}  // namespace beamtape
