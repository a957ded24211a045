#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
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

// A list that something else holds.
struct ListView {
  std::uint64_t true_count = 0;
  std::span<const Cell> items;

  ListView() = default;
  ListView(std::uint64_t count, std::span<const Cell> kept) : true_count(count), items(kept) {}
  ListView(const List& list) : true_count(list.true_count), items(list.items) {}  // NOLINT
  friend bool operator==(const ListView& a, const ListView& b) {
    return a.true_count == b.true_count && std::ranges::equal(a.items, b.items);
  }
};

// Many lists and their ids, the items of all in one vector: a million processes have more than a
// million lists, most of them of one item.
struct Lists {
  struct Entry {
    Cell id = 0;
    std::uint64_t true_count = 0;
    std::size_t at = 0;  // in `items`
    std::size_t kept = 0;
  };
  std::vector<Entry> entries;
  std::vector<Cell> items;

  void add(Cell id, const ListView& list) {
    entries.push_back({id, list.true_count, items.size(), list.items.size()});
    items.insert(items.end(), list.items.begin(), list.items.end());
  }
  // Lives until something is added.
  ListView view(const Entry& entry) const {
    return {entry.true_count, std::span(items).subspan(entry.at, entry.kept)};
  }
};

// Elements kept of one list; longer ones are cut on the node.
inline constexpr std::size_t kMaxListElements = 1000;

}  // namespace beamtape
