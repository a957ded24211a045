#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analyzer/diff/diff.h"

namespace beamtape {

// Two snapshots, A and B, that are compared.
struct Compared {
  std::int64_t a = 0, b = 0;
  std::string other;  // the file of B; empty: that of A
  bool operator==(const Compared&) const = default;
};

// What changed between two snapshots as the panel Diff shows it.
struct DiffText {
  Compared of;
  std::int64_t a_wall_us = 0, b_wall_us = 0;
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

// Runs on a desk. `other` is the recording of B, be it the same.
DiffText read_diff_text(const Recording& recording, const Recording& other, const Compared& of);

}  // namespace beamtape
