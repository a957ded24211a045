#include "analyzer/load/window_start.h"

namespace beamtape {

const SnapshotRecord* window_start(const Recording& recording, const SnapshotRecord& now,
                                   std::int64_t window_us) {
  const SnapshotRecord* start = nullptr;
  for (const SnapshotRecord& one : recording.reader().snapshots()) {
    if (one.node != now.node || one.id >= now.id) continue;
    if (start == nullptr || one.began_mono_us <= now.began_mono_us - window_us) start = &one;
  }
  return start;
}

}  // namespace beamtape
