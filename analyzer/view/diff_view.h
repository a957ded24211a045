#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "analyzer/diff/diff.h"

namespace beamtape {

// What changed between two snapshots as the panel Diff shows it.
struct DiffText {
  std::pair<std::int64_t, std::int64_t> snapshots;
  std::string error;  // then there is nothing else
  Diff found;
  struct TableText {
    std::vector<std::string> explanations;  // of each metric
    // Positions in the table's rows by each metric's difference, the largest first; what was not
    // read on one side comes last.
    std::vector<std::vector<std::size_t>> by_metric;
  };
  std::vector<TableText> tables;  // as found.tables
};

// Runs on a desk.
DiffText read_diff_text(const Recording& recording, std::int64_t a, std::int64_t b);

}  // namespace beamtape
