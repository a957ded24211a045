#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "schema/model/list.h"

namespace beamtape {

// Texts and lists by number, for one keyframe group: cells hold the numbers. Ids start at 1 and
// are given in order. A new group starts with an empty interner, into which the cells that still
// live are carried over (renumber.h), so that what nobody refers to any more leaves the file and
// the memory. One thread.
class Interner {
 public:
  // The id of a text or list, new or known.
  Cell text(std::string_view text);
  Cell list(List list);

  // `id` must come from this interner. Views live as long as it does.
  std::string_view text_of(Cell id) const { return texts_[static_cast<std::size_t>(id) - 1]; }
  const List& list_of(Cell id) const { return *lists_[static_cast<std::size_t>(id) - 1]; }

  // What a column's last answer was as bytes, and the cell that it became: neighbours often answer
  // the same. For Cells.
  struct Last {
    const void* column = nullptr;
    std::vector<std::uint8_t> answer;
    Cell cell = 0;
  };
  Last& last_of(const void* column) {
    return last_[(reinterpret_cast<std::uintptr_t>(column) / sizeof(Last)) % last_.size()];
  }

  std::size_t texts() const { return texts_.size(); }
  std::size_t lists() const { return lists_.size(); }

 private:
  struct ListHash {
    std::size_t operator()(const List& list) const;
  };

  std::deque<std::string> texts_;
  std::unordered_map<std::string_view, Cell> text_ids_;
  std::unordered_map<List, Cell, ListHash> list_ids_;
  std::vector<const List*> lists_;
  std::array<Last, 256> last_;
};

}  // namespace beamtape
