// More processes wait to run than there are schedulers, in 60 % of the snapshots. A level, not a
// trend: on a node that is so busy snapshots are few, and of a few it is told as info.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analyzer/findings/all_rules.h"
#include "analyzer/findings/evidence.h"
#include "analyzer/load/text.h"
#include "analyzer/trend/statistics.h"

namespace beamtape {
namespace scheduler_saturation_rule {
namespace {

constexpr std::size_t kFewest = 5;
constexpr double kMostOfTheTime = 0.6;
constexpr double kFarOver = 10;  // times the schedulers, at the median

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
  const auto over = static_cast<double>(std::count_if(
      present.begin(), present.end(), [&](double value) { return value > schedulers; }));
  const double share = over / static_cast<double>(present.size());
  if (share < kMostOfTheTime) return;
  const double middle = median(present);
  Severity severity = middle >= kFarOver * schedulers ? Severity::kCritical : Severity::kWarning;
  if (present.size() < kThinSamples) severity = one_less(severity);
  if (present.size() < kFewestSamples) severity = Severity::kInfo;
  Finding& finding =
      verdict.add(severity, middle / schedulers / kFarOver, {"node", observed.node_name, "", ""});
  finding.title = fmt::format("Processes wait for schedulers: {} in the run queues, {}",
                              amount(middle, Unit::kCount),
                              counted(static_cast<std::size_t>(schedulers), "scheduler"));
  finding.evidence = fmt::format(
      "In {:.0f} % of {} snapshots more waited than there are schedulers; {} at most.", share * 100,
      present.size(), amount(*std::max_element(present.begin(), present.end()), Unit::kCount));
  finding.caveat =
      "It is looked at once per snapshot; a node that is full but keeps up looks the same.";
  finding.advice =
      "See who works most: `show processes FILE --sort reductions`, and what the host gives the "
      "node: cores, limits of its container.";
  finding.numbers = {{"share", share}, {"median", middle}, {"schedulers", schedulers}};
  finding.plot = plot_of(observed, "run_queue", Unit::kCount, *queue);
  const Values* done = observed.node("reductions_done");
  if (done != nullptr) finding.of_node = {{"reductions_done", typical_rate(observed, *done)}};
}

}  // namespace
}  // namespace scheduler_saturation_rule

const Rule kSchedulerSaturationRule{"scheduler-saturation", "processes wait for schedulers",
                                    scheduler_saturation_rule::evaluate};

}  // namespace beamtape
