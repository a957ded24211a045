#include "analyzer/load/pace.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <map>
#include <utility>

#include "analyzer/load/text.h"
#include "analyzer/load/time.h"

namespace beamtape {
namespace {

// A timer is late by some milliseconds, on a busy machine by more: that is not another interval.
constexpr double kByPlan = 0.1;

bool is_gap_between(const Reader& reader, const SnapshotRecord& before,
                    const SnapshotRecord& after) {
  return std::any_of(reader.gaps().begin(), reader.gaps().end(), [&](const GapRecord& gap) {
    return gap.node == before.node && gap.from_wall_us < after.began_wall_us &&
           gap.to_wall_us > before.began_wall_us;
  });
}

// Each snapshot that another one of the same life follows without a gap, and the microseconds to
// that.
void for_each_step(const Reader& reader,
                   const std::function<void(const SnapshotRecord&, std::int64_t)>& visit) {
  std::map<std::int64_t, const SnapshotRecord*> last;  // by life
  for (const SnapshotRecord& one : reader.snapshots()) {
    const SnapshotRecord* before = std::exchange(last[one.node], &one);
    if (before == nullptr || is_gap_between(reader, *before, one)) continue;
    const std::int64_t passed = micros_between(*before, one);
    if (passed > 0) visit(*before, passed);
  }
}

}  // namespace

std::optional<double> Pace::share() const {
  if (passed_us == 0) return std::nullopt;
  return static_cast<double>(passed_target_us) / static_cast<double>(passed_us);
}

std::string Pace::cost_text() const {
  auto text = fmt::format("{} on the node per snapshot, {} at most",
                          duration_text(mean_target_us()), duration_text(most_target_us));
  if (const auto of_time = share()) {
    text += *of_time < 1e-4 ? ", under 0.01 % of the time"
                            : fmt::format(", {:.2f} % of the time", *of_time * 100);
  }
  return text;
}

std::vector<Pace> paces_of(const Recording& recording) {
  std::vector<Pace> all;
  for (const std::string& name : recording.node_names()) all.push_back({.node = name});
  const auto of = [&](const SnapshotRecord& one) {
    const std::string name = recording.node_name(one);
    return std::find_if(all.begin(), all.end(),
                        [&](const Pace& pace) { return pace.node == name; });
  };
  for (const SnapshotRecord& one : recording.reader().snapshots()) {
    const auto pace = of(one);
    if (pace == all.end()) continue;
    ++pace->snapshots;
    pace->last_processes = one.processes;
    pace->most_processes = std::max(pace->most_processes, one.processes);
    pace->target_us += one.target_us;
    pace->most_target_us = std::max(pace->most_target_us, one.target_us);
    pace->received_bytes += one.received_bytes;
  }
  for_each_step(recording.reader(), [&](const SnapshotRecord& one, std::int64_t passed) {
    const auto pace = of(one);
    if (pace == all.end()) return;
    pace->passed_us += passed;
    pace->passed_target_us += one.target_us;
  });
  return all;
}

std::string snapshots_text(const Reader& reader) {
  const std::string number = grouped(static_cast<std::int64_t>(reader.snapshots().size()));
  std::vector<std::int64_t> intervals;
  for_each_step(reader, [&](const SnapshotRecord& one, std::int64_t passed) {
    const auto late = static_cast<double>(std::abs(passed - one.interval_us));
    const bool is_by_plan = late <= kByPlan * static_cast<double>(one.interval_us);
    intervals.push_back(is_by_plan ? one.interval_us : passed);
  });
  if (intervals.empty()) return number;
  const auto [least, most] = std::minmax_element(intervals.begin(), intervals.end());
  const std::string from = duration_text(*least), to = duration_text(*most);
  return fmt::format("{}, every {}", number, from == to ? from : fmt::format("{} to {}", from, to));
}

}  // namespace beamtape
