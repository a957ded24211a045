// More processes wait to run than there are schedulers, in 60 % of the snapshots. A level, not a
// trend: on a node that is so busy snapshots are few, and of a few it is told as info.
//
// The queue is read by a process that a snapshot starts, while those that it woke stand in the
// queue: up to kOfSnapshot of them, at the median of recorded nodes with one scheduler that had
// next to nothing to do. Fewer say nothing. Where the schedulers' own time was recorded it decides:
// those that idle are not saturated, whatever stands in the queue at that instant, unless most of
// it waits for a dirty CPU scheduler, of which there may be few.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "analyzer/findings/all_rules.h"
#include "analyzer/findings/evidence.h"
#include "analyzer/load/scheduler_use.h"
#include "analyzer/load/text.h"
#include "analyzer/trend/statistics.h"

namespace beamtape {
namespace scheduler_saturation_rule {
namespace {

constexpr std::size_t kFewest = 5;
constexpr double kMostOfTheTime = 0.6;
constexpr double kFarOver = 10;  // times the schedulers, at the median
constexpr double kOfSnapshot = 4;
constexpr double kBusy = 0.8;  // of their time, at the median

// At the median.
struct Use {
  double busy = 0;                        // share of their time that the normal schedulers worked
  std::optional<double> dirty_cpu_queue;  // who waits for a dirty CPU scheduler
};

// Nothing if it was not recorded for enough snapshots.
std::optional<Use> use_of(const Observed& observed) {
  // What is damaged was told when the rest was read; without it there is one value less.
  const auto uses =
      scheduler_use(*observed.recording, observed.node_name,
                    {observed.segment.snapshots.front()->id, observed.last_snapshot().id});
  if (!uses || uses->size() < kFewest) return std::nullopt;
  Values shares, queues;
  for (const SchedulerUse& use : *uses) {
    shares.push_back(use.share);
    if (use.dirty_cpu_queue) queues.push_back(*use.dirty_cpu_queue);
  }
  const bool is_known = queues.size() >= kFewest;
  return Use{median(std::move(shares)),
             is_known ? std::optional(median(std::move(queues))) : std::nullopt};
}

void evaluate(const Observed& observed, Verdict& verdict) {
  const Values* queue = verdict.need("run_queue");
  if (queue == nullptr) return;
  const double schedulers = observed.node_last("schedulers_online", 0);
  if (schedulers <= 0) return verdict.not_evaluated("schedulers_online was not recorded");
  Values present;
  for (const double value : *queue) {
    if (!std::isnan(value)) present.push_back(value);
  }
  if (present.size() < kFewest) {
    return verdict.not_evaluated(fmt::format(
        "{} snapshots with a run queue are needed, there are {}", kFewest, present.size()));
  }
  const double full = std::max(schedulers, kOfSnapshot);
  const auto over = static_cast<double>(
      std::count_if(present.begin(), present.end(), [&](double value) { return value > full; }));
  const double share = over / static_cast<double>(present.size());
  if (share < kMostOfTheTime) return;
  const auto use = use_of(observed);
  const double middle = median(present);
  const double dirty = use ? use->dirty_cpu_queue.value_or(0) : 0;
  const bool of_dirty = dirty > middle / 2;
  if (use && use->busy < kBusy && !of_dirty) return;
  Severity severity = middle >= kFarOver * schedulers ? Severity::kCritical : Severity::kWarning;
  if (present.size() < kThinSamples) severity = one_less(severity);
  if (present.size() < kFewestSamples) severity = Severity::kInfo;
  Finding& finding =
      verdict.add(severity, middle / schedulers / kFarOver, {"node", observed.node_name, "", ""});
  finding.title = fmt::format("Processes wait for schedulers: {} in the run queues, {}",
                              amount(middle, Unit::kCount),
                              counted(static_cast<std::size_t>(schedulers), "scheduler"));
  finding.evidence = fmt::format(
      "In {:.0f} % of {} snapshots more waited than there are schedulers{}; {} at most.",
      share * 100, present.size(),
      full > schedulers ? fmt::format(", and than the {} that a snapshot may put there", full) : "",
      amount(*std::max_element(present.begin(), present.end()), Unit::kCount));
  if (use) {
    finding.evidence += fmt::format(" {} worked {:.0f} % of their time, at the median.",
                                    of_dirty ? "The normal ones" : "They", use->busy * 100);
  }
  if (of_dirty) {
    finding.evidence += fmt::format(" {} waited for a dirty CPU scheduler, at the median.",
                                    amount(dirty, Unit::kCount));
  }
  finding.caveat =
      "The queue is looked at once per snapshot; a node that is full but keeps up "
      "looks the same.";
  if (!use) finding.caveat += " How busy they were was not recorded (`--scheduler-time`).";
  finding.advice =
      "See who works most: `show processes FILE --sort reductions`, and what the host gives the "
      "node: cores, limits of its container.";
  finding.numbers = {{"share", share}, {"median", middle}, {"schedulers", schedulers}};
  if (use) finding.numbers.emplace_back("busy_share", use->busy);
  finding.plot = plot_of(observed, "run_queue", Unit::kCount, *queue);
  const Values* done = observed.node("reductions_done");
  if (done != nullptr) finding.of_node = {{"reductions_done", typical_rate(observed, *done)}};
}

}  // namespace
}  // namespace scheduler_saturation_rule

const Rule kSchedulerSaturationRule{"scheduler-saturation", "processes wait for schedulers",
                                    scheduler_saturation_rule::evaluate};

}  // namespace beamtape
