#include "analyzer/load/put_back.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "analyzer/load/text.h"

namespace beamtape {
namespace {

// To keep a clock right takes less: of the time that passed, and at once.
constexpr std::int64_t kSlewing = 1000;
constexpr std::int64_t kLeast = 1'000'000;
// Times in a file may be any numbers.
constexpr std::int64_t kMost = std::int64_t{100} * 365 * 86'400 * 1'000'000;
using Wide = __int128;

// The monotonic clock begins anew when the machine is booted: then all that is known is that time
// does not run backwards.
std::int64_t put_back_between(const SnapshotRecord& before, const SnapshotRecord& after) {
  const Wide passed = std::max<Wide>(Wide{after.began_mono_us} - before.began_mono_us, 0);
  const Wide micros = passed - (Wide{after.began_wall_us} - before.began_wall_us);
  if (micros < kLeast || micros < passed / kSlewing) return 0;
  return static_cast<std::int64_t>(std::min<Wide>(micros, kMost));
}

}  // namespace

std::string PutBack::text() const {
  const auto by = duration_text(micros);
  constexpr const char* kClock = "the recorder's wall clock went back";
  return times == 1 ? fmt::format("{} by {} before #{}", kClock, by, before)
                    : fmt::format("{} {} times, by {} in all, first before #{}", kClock,
                                  grouped(times), by, before);
}

// Snapshots of several nodes are stored in another order than they began; those of one are not, and
// each node tells of the same clock.
PutBack put_back(const Recording& recording) {
  struct OfNode {
    const SnapshotRecord* last = nullptr;
    PutBack all;
  };
  std::map<std::string, OfNode> nodes;
  for (const SnapshotRecord& one : recording.reader().snapshots()) {
    if (one.damaged) continue;  // its times may be wrong
    OfNode& node = nodes[recording.node_name(one)];
    const SnapshotRecord* const before = std::exchange(node.last, &one);
    const std::int64_t micros = before == nullptr ? 0 : put_back_between(*before, one);
    if (micros == 0) continue;
    if (node.all.times++ == 0) node.all.before = one.id;
    node.all.micros = std::min(node.all.micros + micros, kMost);
  }
  PutBack most;
  for (const auto& [name, node] : nodes) {
    if (node.all.micros > most.micros) most = node.all;
  }
  return most;
}

std::int64_t recorded_micros(const Recording& recording) {
  const auto& all = recording.reader().snapshots();
  if (all.empty()) return 0;
  const Wide micros =
      Wide{all.back().began_wall_us} - all.front().began_wall_us + put_back(recording).micros;
  return static_cast<std::int64_t>(std::clamp<Wide>(micros, -kMost, kMost));
}

}  // namespace beamtape
