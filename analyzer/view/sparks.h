#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "analyzer/view/rows.h"

namespace beamtape {

// One number of each of some rows over time, small: a curve in the row of a table.

struct SparksQuestion {
  std::shared_ptr<const Rows> of;
  std::size_t first = 0, count = 0;             // rows
  std::string metric;                           // a number column of the table
  std::pair<std::int64_t, std::int64_t> range;  // snapshots
  bool operator==(const SparksQuestion&) const = default;
};

struct Sparks {
  SparksQuestion question;
  struct Spark {
    std::vector<double> seconds, values;  // of a counter its increase per second; NaN: not read
    Unit unit = Unit::kNone;
    bool is_rate = false;
  };
  bool whole = false;         // false: ended early
  std::vector<Spark> pinned;  // of the rows that stand first
  std::vector<Spark> rows;    // from question.first on
};

// Runs on a desk; decodes the row groups of those rows alone. `start_us` is where seconds begin.
// Ends early, with what it has, once `stale` is true. Empty rows where the table keeps no history.
Sparks read_sparks(const Recording& recording, const SparksQuestion& question,
                   std::int64_t start_us, const std::atomic<bool>& stale);

}  // namespace beamtape
