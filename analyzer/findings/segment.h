#pragma once

#include <string>
#include <vector>

#include "analyzer/load/recording.h"

namespace beamtape {

// A stretch of one life of one node without a gap: what rules look at. It starts after the
// node's own warm-up (min(60 s, 10 % of its uptime at the end)) and after snapshots that were
// still filling.
struct Segment {
  const NodeRecord* node = nullptr;
  std::vector<const SnapshotRecord*> snapshots;
  std::vector<double> seconds;  // of each, since the first
  double cadence = 0;           // median time between two, seconds
};

// A pause of more than this many usual intervals is a gap.
inline constexpr double kGapIntervals = 5;

// The segments within snapshots [from, to], in order of time; of the node of that name alone
// unless it is empty. Each has at least one snapshot.
Expected<std::vector<Segment>> find_segments(const Recording& recording, const std::string& node,
                                             std::pair<std::int64_t, std::int64_t> range);

}  // namespace beamtape
