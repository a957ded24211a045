#pragma once

#include <cstdint>
#include <vector>

#include "schema/model/cell.h"

namespace beamtape {

// The value of a list column (links, monitors, a stack, binaries). Elements are tuples of the
// column's declared fields, flattened. Lists are cut on the node when they are very long:
// `true_count` is how many elements the node had, `items` what was kept.
struct List {
  std::uint64_t true_count = 0;  // elements on the node, not cells
  std::vector<Cell> items;       // kept elements * fields of the column

  friend bool operator==(const List&, const List&) = default;
};

// Elements kept of one list; longer ones are cut on the node.
inline constexpr std::size_t kMaxListElements = 1000;

}  // namespace beamtape
