#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "analyzer/load/recording.h"

namespace beamtape {

// How much of their time the normal schedulers worked between one snapshot and the next, as
// erlang:statistics(scheduler_wall_time) tells it: the increases of active_time over those of
// total_time, of all that are online together; the time of those that are not passes, too. The node
// measures it only where somebody asked it to.
struct SchedulerUse {
  const SnapshotRecord* snapshot = nullptr;
  double share = 0;                       // 0 to 1 since the snapshot before
  std::optional<double> dirty_cpu_queue;  // who waits for a dirty CPU scheduler then
};

// The snapshots of `node` in the range of numbers for which it is known; empty where it was not
// recorded. Decodes the schedulers' rows only.
Expected<std::vector<SchedulerUse>> scheduler_use(const Recording& recording,
                                                  const std::string& node,
                                                  std::pair<std::int64_t, std::int64_t> range);

}  // namespace beamtape
