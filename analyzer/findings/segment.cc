#include "analyzer/findings/segment.h"

#include <algorithm>
#include <map>

#include "analyzer/load/node_column.h"
#include "analyzer/load/time.h"
#include "analyzer/trend/statistics.h"

namespace beamtape {
namespace {

constexpr double kWarmUpSeconds = 60;
constexpr double kWarmUpShare = 0.1;  // of the uptime

double seconds_between(const SnapshotRecord& a, const SnapshotRecord& b) {
  return static_cast<double>(micros_between(a, b)) / 1e6;
}

double usual_interval(const std::vector<const SnapshotRecord*>& snapshots) {
  if (snapshots.size() < 2) return 0;
  std::vector<double> intervals;
  for (std::size_t i = 1; i < snapshots.size(); ++i) {
    intervals.push_back(seconds_between(*snapshots[i - 1], *snapshots[i]));
  }
  return median(std::move(intervals));
}

// A long time without a snapshot that nobody announced. A recorder that keeps to its budget says
// how long it will be; the node then went on as it was.
bool is_gap(const SnapshotRecord& before, const SnapshotRecord& after, double usual) {
  constexpr double kLate = 2;
  const double passed = seconds_between(before, after);
  const double announced = static_cast<double>(before.interval_us) / 1e6;
  return usual > 0 && passed > kGapIntervals * usual && passed > kLate * announced;
}

void drop_start(std::vector<const SnapshotRecord*>& snapshots,
                const std::map<std::int64_t, Cell>& uptime) {
  const auto up = [&](const SnapshotRecord* one) {
    const auto at = uptime.find(one->id);
    return at == uptime.end() || is_missing(at->second) ? -1.0
                                                        : static_cast<double>(at->second) / 1e6;
  };
  const double warm = std::min(kWarmUpSeconds, kWarmUpShare * up(snapshots.back()));
  auto first = snapshots.begin();
  while (first != snapshots.end() - 1 &&
         ((*first)->filling || (up(*first) >= 0 && up(*first) < warm))) {
    ++first;
  }
  snapshots.erase(snapshots.begin(), first);
}

void finish(std::vector<const SnapshotRecord*> snapshots, const Recording& recording,
            const std::map<std::int64_t, Cell>& uptime, std::vector<Segment>& segments) {
  if (snapshots.empty()) return;
  drop_start(snapshots, uptime);
  Segment segment;
  segment.node = recording.node(snapshots.front()->node);
  segment.cadence = usual_interval(snapshots);
  double second = 0;
  for (std::size_t i = 0; i < snapshots.size(); ++i) {
    if (i > 0) second += seconds_between(*snapshots[i - 1], *snapshots[i]);
    segment.seconds.push_back(second);
  }
  segment.snapshots = std::move(snapshots);
  segments.push_back(std::move(segment));
}

}  // namespace

Expected<std::vector<Segment>> find_segments(const Recording& recording, const std::string& node,
                                             std::pair<std::int64_t, std::int64_t> range) {
  const auto uptime = node_column(recording, "uptime", range);
  if (!uptime) return tl::unexpected(uptime.error());
  std::map<std::int64_t, std::vector<const SnapshotRecord*>> lives;
  for (const SnapshotRecord& one : recording.reader().snapshots()) {
    if (one.id < range.first || one.id > range.second || one.damaged) continue;
    if (node.empty() || recording.node_name(one) == node) lives[one.node].push_back(&one);
  }
  std::vector<Segment> segments;
  for (const auto& [id, all] : lives) {
    const double usual = usual_interval(all);
    std::vector<const SnapshotRecord*> part;
    for (const SnapshotRecord* one : all) {
      if (!part.empty() && is_gap(*part.back(), *one, usual)) {
        finish(std::move(part), recording, *uptime, segments);
        part.clear();
      }
      part.push_back(one);
    }
    finish(std::move(part), recording, *uptime, segments);
  }
  std::stable_sort(segments.begin(), segments.end(), [](const Segment& a, const Segment& b) {
    return a.snapshots.front()->id < b.snapshots.front()->id;
  });
  return segments;
}

}  // namespace beamtape
