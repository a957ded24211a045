#include "analyzer/load/window_start.h"

#include "analyzer/load/time.h"

namespace beamtape {

Expected<std::int64_t> parse_window(std::string_view text) {
  auto window = parse_duration(text);
  if (window && *window == 0) {
    return fail(Error::Code::kUsage,
                "cannot compare with 0 s before: say a time, as in --window 10s");
  }
  return window;
}

const SnapshotRecord* window_start(const Recording& recording, const SnapshotRecord& now,
                                   std::int64_t window_us) {
  const SnapshotRecord* start = nullptr;
  for (const SnapshotRecord& one : recording.reader().snapshots()) {
    if (one.node != now.node || one.id >= now.id) continue;
    if (start == nullptr || micros_between(one, now) >= window_us) start = &one;
  }
  return start;
}

}  // namespace beamtape
