// The node's memory rose from one level to another and stayed there (growth.h: the best fit by two
// levels): by 10 % and 32 MiB. Not a leak; when it was, and which kind of memory, helps to find
// what happened.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analyzer/findings/all_rules.h"
#include "analyzer/findings/evidence.h"
#include "analyzer/load/time.h"

namespace beamtape {
namespace {

constexpr double kLeastShare = 0.1, kLeastBytes = 32 * kMiB;

struct Kind {
  const char* column;
  const char* what;
};
constexpr Kind kKinds[] = {{"memory_processes", "processes"},
                           {"memory_binary", "binaries"},
                           {"memory_ets", "ETS tables"},
                           {"memory_code", "code"},
                           {"memory_atom", "atoms"}};

// The kind of memory whose mean rose most between before and after `at`.
const char* most_of_it(const Observed& observed, std::size_t at) {
  const char* most = nullptr;
  double largest = 0;
  for (const Kind& kind : kKinds) {
    const Values* values = observed.node(kind.column);
    if (values == nullptr) continue;
    double sums[2] = {0, 0}, counts[2] = {0, 0};
    for (std::size_t i = 0; i < values->size(); ++i) {
      if (std::isnan((*values)[i])) continue;
      sums[i >= at] += (*values)[i];
      counts[i >= at] += 1;
    }
    if (counts[0] == 0 || counts[1] == 0) continue;
    const double rise = sums[1] / counts[1] - sums[0] / counts[0];
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
  const double rise = growth.step_after - growth.step_before;
  if (growth.verdict != Growth::Verdict::kStep || rise < kLeastBytes ||
      total->back() < growth.step_before + rise / 2) {
    return;
  }
  const SnapshotRecord& when = *observed.segment.snapshots[growth.step_at];
  Finding& finding =
      verdict.add(Severity::kInfo, rise / growth.step_after, {"node", observed.node_name, "", ""});
  finding.title = fmt::format("Memory stepped up by {} at {}", amount(rise, Unit::kBytes),
                              clock_text(when.began_wall_us, false));
  finding.evidence = fmt::format("It was {} before and {} after snapshot #{}, and stayed.",
                                 amount(growth.step_before, Unit::kBytes),
                                 amount(growth.step_after, Unit::kBytes), when.id);
  if (const char* kind = most_of_it(observed, growth.step_at)) {
    finding.evidence += fmt::format(" Most of it is memory of {}.", kind);
  }
  finding.caveat =
      "One step is not a leak; several may be one that the recording is too short to show.";
  finding.advice =
      fmt::format("Compare before and after: `diff FILE --from '#{}' --to '#{}'`.",
                  observed.segment.snapshots[growth.step_at > 0 ? growth.step_at - 1 : 0]->id,
                  observed.last_snapshot().id);
  finding.numbers = {{"before", growth.step_before}, {"after", growth.step_after}};
  finding.plot = plot_of(observed, "memory_total", Unit::kBytes, *total);
}

}  // namespace

const Rule kMemoryStepRule{"memory-step", "the node's memory rose in one step", evaluate};

}  // namespace beamtape
