#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "analyzer/tree/tree.h"

namespace beamtape {

// A tree as lines from top to bottom, each after the one it is below.

struct TreeOptions {
  std::size_t depth = 0;  // levels that are shown; 0: all
  bool expand = false;    // a line for each child instead of one for many of a kind
  std::string sort = "memory";
  std::string below;  // only what is below the process of this pid or registered name, and itself
};

struct TreeLine {
  std::size_t depth = 0;
  std::size_t node = kNobody;  // kNobody: several of a kind
  std::size_t members = 1;     // of a kind
  std::string name;            // empty: it has none
  std::string pid;             // empty: of several, of an application that has ended
  TreeTotals below;            // with itself
  std::int64_t hidden = 0;     // processes below that have no line
};

// So many children of one parent with one initial call (and one registered name but for the
// numbers in it) are one line.
inline constexpr std::size_t kFoldFrom = 3;

// What trees can be sorted by; children from the largest. "pid": in the order of their start.
const std::vector<std::string>& tree_sorts();

// kUsage: no such order, nobody of that pid or name. What is outside of all applications is last.
Expected<std::vector<TreeLine>> tree_lines(const Tree& tree, const TreeOptions& options);

}  // namespace beamtape
