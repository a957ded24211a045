#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "analyzer/load/recording.h"
#include "analyzer/tree/tree.h"

namespace beamtape {

// The supervision tree at a snapshot as the panel Tree shows it: `tree FILE`, whose lines can be
// closed and opened.
struct TreeText {
  struct Line {
    std::size_t depth = 0;
    std::string name;        // as people call it, with its version or number
    std::string pid;         // empty: of several, of an application that has ended
    std::string remark;      // how its parent was found, how often it was replaced
    TreeTotals below;        // with itself
    std::size_t inside = 0;  // so many lines after it are below it
    bool supervisor = false;
    bool application = false;
  };
  std::pair<std::int64_t, std::string> of;  // the snapshot and what children are sorted by
  std::string error;
  double seconds = 0;  // over which reductions and restarts count; 0: there is no snapshot before
  std::vector<Line> lines;
  std::vector<std::string> damage;
};

// As `tree` has it.
inline constexpr std::int64_t kTreeWindowUs = 60'000'000;

// Runs on a desk.
TreeText read_tree_text(const Recording& recording, std::int64_t snapshot, const std::string& sort);

}  // namespace beamtape
