// The node's memory rose from one level to another and stayed there (growth.h: the best fit by two
// levels): by 10 % and 32 MiB, most of it within two intervals, or it would be a ramp. Not a leak;
// when it was, and which kind of memory, helps to find what happened.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "analyzer/findings/all_rules.h"
#include "analyzer/findings/evidence.h"
#include "analyzer/load/time.h"

namespace beamtape {
namespace memory_step_rule {
namespace {

constexpr double kLeastShare = 0.1, kLeastBytes = 32 * kMiB;

// Of the rise between the levels, the least that has to come at once.
constexpr double kAtOnce = 0.6;
// Snapshots at each side that tell its level.
constexpr std::size_t kBeside = 3;

// The last snapshot before the step and the first after it: at most two intervals apart.
struct Step {
  std::size_t before = 0, after = 0;
};

// Where the values rise most within two intervals.
Step steepest(const Values& values) {
  Step steepest;
  double most = 0;
  for (std::size_t i = 1; i < values.size(); ++i) {
    for (std::size_t back = 1; back <= std::min<std::size_t>(2, i); ++back) {
      const double rise = values[i] - values[i - back];
      // A whole step further only if that is worth it.
      if (!(rise > (back == 2 ? 1.1 * most : most))) continue;
      most = rise;
      steepest = {i - back, i};
    }
  }
  return steepest;
}

// The medians of what lies beside the step; NaN where nothing was recorded.
double level_before(const Values& values, const Step& step) {
  const std::size_t from = step.before + 1 >= kBeside ? step.before + 1 - kBeside : 0;
  return median_of_known(values, from, step.before + 1);
}
double level_after(const Values& values, const Step& step) {
  return median_of_known(values, step.after, std::min(values.size(), step.after + kBeside));
}

// The kind of memory that rose most over the step.
const char* most_of_it(const Observed& observed, const Step& step) {
  const char* most = nullptr;
  double largest = 0;
  for (const MemoryKind& kind : kMemoryKinds) {
    const Values* values = observed.node(kind.column);
    if (values == nullptr) continue;
    const double rise = level_after(*values, step) - level_before(*values, step);
    if (rise > largest) {
      largest = rise;
      most = kind.what;
    }
  }
  return most;
}

void evaluate(const Observed& observed, Verdict& verdict) {
  if (!verdict.long_enough()) return;
  const Values* total = verdict.need("memory_total");
  if (total == nullptr) return;
  const Growth growth = judge_growth(observed.seconds(), *total, kLeastShare);
  const double between = growth.step_after - growth.step_before;
  if (growth.verdict != Growth::Verdict::kStep || between < kLeastBytes ||
      (*total)[extent(*total).second] < growth.step_before + between / 2) {
    return;
  }
  const Step step = steepest(*total);
  const double before = level_before(*total, step), after = level_after(*total, step);
  const double rise = after - before;
  if (!(rise >= std::max(kAtOnce * between, kLeastBytes))) return;
  const auto snapshot = [&](std::size_t at) -> const SnapshotRecord& {
    return *observed.segment.snapshots[at];
  };
  Finding& finding =
      verdict.add(Severity::kInfo, rise / after, {"node", observed.node_name, "", ""});
  finding.title = fmt::format("Memory stepped up by {} at {}", amount(rise, Unit::kBytes),
                              clock_text(snapshot(step.after).began_wall_us, false));
  finding.evidence =
      fmt::format("It was {} up to snapshot #{} and {} from #{} on.", amount(before, Unit::kBytes),
                  snapshot(step.before).id, amount(after, Unit::kBytes), snapshot(step.after).id);
  if (const char* kind = most_of_it(observed, step)) {
    finding.evidence += fmt::format(" Most of it is memory of {}.", kind);
  }
  finding.caveat =
      "One step is not a leak; several may be one that the recording is too short to show.";
  finding.advice = fmt::format("Compare before and after: `diff FILE --from '#{}' --to '#{}'`.",
                               snapshot(step.before).id, snapshot(step.after).id);
  finding.numbers = {{"before", before}, {"after", after}};
  finding.plot = plot_of(observed, "memory_total", Unit::kBytes, *total);
  seen_between(observed, step.before, step.after, finding);
}

}  // namespace
}  // namespace memory_step_rule

const Rule kMemoryStepRule{"memory-step", "the node's memory rose in one step",
                           memory_step_rule::evaluate};

}  // namespace beamtape
