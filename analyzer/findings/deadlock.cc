// Processes that wait for each other in a circle, in two snapshots in a row or more. Calls time out
// after five seconds by default, so a circle may live for seconds and come back: every snapshot
// with the same one counts. Critical where its members do not run at all and it stands to the end.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analyzer/findings/all_rules.h"
#include "analyzer/findings/evidence.h"
#include "analyzer/findings/group_filter.h"
#include "analyzer/load/text.h"
#include "analyzer/load/time.h"
#include "analyzer/waits/wait_graph.h"

namespace beamtape {
namespace deadlock_rule {
namespace {

constexpr std::size_t kInARow = 2;

std::size_t longest_row(const std::vector<std::size_t>& at) {
  std::size_t longest = 0, row = 0;
  for (std::size_t i = 0; i < at.size(); ++i) {
    row = i > 0 && at[i] == at[i - 1] + 1 ? row + 1 : 1;
    longest = std::max(longest, row);
  }
  return longest;
}

bool stands_still(const WaitCycle& cycle, const std::vector<const ProcessSeries*>& members) {
  const std::size_t first = cycle.at.front(), last = cycle.at.back();
  return std::none_of(members.begin(), members.end(), [&](const ProcessSeries* one) {
    const auto rise = [&](const Values& values) { return values[last] - values[first]; };
    const double work = rise(one->reductions);
    // Not known is not still.
    return std::isnan(work) ||
           worked(work, rise(one->message_queue_len), static_cast<double>(last - first + 1));
  });
}

std::string around(const std::vector<const ProcessSeries*>& members) {
  std::vector<std::string> names;
  for (const ProcessSeries* one : members) names.push_back(called(*one));
  names.push_back(called(*members.front()));
  return joined(names, " waits for ");
}

void tell(const Observed& observed, const WaitCycle& cycle, Verdict& verdict) {
  std::vector<const ProcessSeries*> members;
  for (const ProcessId& id : cycle.members) {
    const ProcessSeries* one = observed.process(id);
    if (one == nullptr) return;
    members.push_back(one);
  }
  const bool at_end = cycle.at.back() + 1 == observed.size();
  const bool still = stands_still(cycle, members);
  const Severity severity =
      still && at_end && cycle.sure ? Severity::kCritical : Severity::kWarning;
  Finding& finding =
      verdict.add(severity, static_cast<double>(cycle.waiters) / 100, subject_of(*members.front()));
  finding.title =
      fmt::format("{} processes wait for each other: {}", members.size(), around(members));
  const auto& first = *observed.segment.snapshots[cycle.at.front()];
  const auto& last = *observed.segment.snapshots[cycle.at.back()];
  finding.evidence = fmt::format(
      "Each waits for an answer of the next, in {} of the snapshots from #{} to #{} ({} to {}){}.",
      cycle.at.size(), first.id, last.id, clock_text(first.began_wall_us, false),
      clock_text(last.began_wall_us, false),
      still ? ", and none of them did any work meanwhile" : ", though they worked in between");
  if (cycle.waiters > 0)
    finding.evidence += fmt::format(" Up to {} others wait for them.", cycle.waiters);
  if (!members.front()->stack.empty()) {
    finding.evidence +=
        fmt::format(" {} was in {}.", members.front()->name, stack_text(members.front()->stack, 3));
  }
  finding.caveat =
      cycle.sure ? "Calls with a timeout end by themselves, and the circle may come back."
                 : "One of them watches several processes; which one it waits for is a guess.";
  finding.advice = fmt::format(
      "One of the calls has to become a cast, or a message to be answered later: `process FILE "
      "{}` shows which callback makes it.",
      shell_word(members.front()->pid));
  finding.numbers = {{"members", static_cast<double>(members.size())},
                     {"snapshots", static_cast<double>(cycle.at.size())},
                     {"waiters", static_cast<double>(cycle.waiters)}};
  const auto queue = [&](const ProcessSeries* one) {
    return one->message_queue_len[cycle.at.back()];
  };
  const auto* longest =
      *std::max_element(members.begin(), members.end(),
                        [&](const auto* a, const auto* b) { return queue(a) < queue(b); });
  finding.plot = plot_of(observed, "message_queue_len of " + called(*longest), Unit::kCount,
                         longest->message_queue_len);
  seen_between(observed, cycle.at.front(), cycle.at.back(), finding);
  for (const ProcessSeries* one : members) finding.involves.push_back("process " + one->pid);
  for (const auto& crowd : observed.wait_crowds) {
    const auto* callee = observed.process(crowd.callee);
    const auto* waiter = observed.process(crowd.a_waiter);
    if (callee == nullptr || std::find(members.begin(), members.end(), callee) == members.end())
      continue;
    if (waiter != nullptr) finding.involves.push_back("group " + waiter->group);
  }
}

void evaluate(const Observed& observed, Verdict& verdict) {
  const Table* table = observed.recording->reader().table("process");
  if (table == nullptr || !table->find("monitors") || !table->find("current_function")) {
    return verdict.not_evaluated("monitors and current functions were not recorded");
  }
  if (observed.size() < kInARow) {
    return verdict.not_evaluated("needs two snapshots without a gap, here is one");
  }
  for (const WaitCycle& cycle : observed.wait_cycles) {
    if (longest_row(cycle.at) >= kInARow) tell(observed, cycle, verdict);
  }
}

}  // namespace
}  // namespace deadlock_rule

const Rule kDeadlockRule{"deadlock", "processes wait for each other in a circle",
                         deadlock_rule::evaluate};

}  // namespace beamtape
