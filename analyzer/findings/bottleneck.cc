// Many wait for one: ten or more inside calls to the same process, in three snapshots in a row; or
// three or more of whom nobody is answered for half a minute, whose requests lie in its mailbox.
// Where their requests are not in its mailbox it has taken them to answer later, which workers that
// wait for work look like: info.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>

#include "analyzer/findings/all_rules.h"
#include "analyzer/findings/evidence.h"
#include "analyzer/findings/group_filter.h"
#include "analyzer/findings/wait_scan.h"

namespace beamtape {
namespace bottleneck_rule {
namespace {

constexpr std::size_t kInARow = 3;
// Crowded in fewer snapshots than this share is a burst.
constexpr double kOften = 0.25;
// Of the waiters' requests, the share that is in the mailbox where they wait for their turn.
constexpr double kInMailbox = 0.5;

// True if most requests were taken from the mailbox, in most snapshots with a crowd.
bool answers_later(const ProcessSeries& callee, const WaitCrowd& crowd) {
  std::size_t taken = 0, known = 0;
  for (std::size_t i = 0; i < crowd.waiters.size(); ++i) {
    if (!(crowd.waiters[i] > 0) || std::isnan(callee.message_queue_len[i])) continue;
    ++known;
    taken += callee.message_queue_len[i] < kInMailbox * crowd.waiters[i] ? 1 : 0;
  }
  return 2 * taken > known;
}

// A supervisor that waits for the init of a child.
bool is_starting(const ProcessSeries& callee) {
  const auto is_in = [&](std::initializer_list<const char*> places) {
    return std::any_of(callee.stack.begin(), callee.stack.end(), [&](const std::string& function) {
      return std::any_of(places.begin(), places.end(),
                         [&](const char* place) { return function.starts_with(place); });
    });
  };
  return is_in({"proc_lib:sync_start", "proc_lib:start_link/"}) &&
         is_in({"supervisor:", "supervisor2:", "DynamicSupervisor."});
}

// `more`: what may help, unless it is a supervisor.
std::string advice_for(const ProcessSeries& callee, const char* more) {
  constexpr const char* kSupervisor =
      "A supervisor starts its children one after the other, each when the one before has returned "
      "from its init: work in there delays all others. Let it return at once and go on in "
      "handle_continue.";
  return fmt::format("See what it does and whom it waits for itself: `process FILE {}`. {}",
                     shell_word(callee.pid), is_starting(callee) ? kSupervisor : more);
}

void add_who(const Observed& observed, const ProcessSeries& callee, const WaitCrowd& crowd,
             Finding& finding) {
  if (const ProcessSeries* waiter = observed.process(crowd.a_waiter)) {
    finding.evidence += fmt::format(" One of them is {}.", called(*waiter));
    finding.involves.push_back("group " + waiter->group);
  }
  finding.evidence += was_in_text(callee);
}

// Where so few wait that they are no crowd: the longest time in which nobody was answered.
void tell_stuck(const Observed& observed, const WaitCrowd& crowd, Verdict& verdict) {
  const ProcessSeries* callee = observed.process(crowd.callee);
  if (callee == nullptr) return;
  std::size_t row = 0, longest = 0, last = 0;
  for (std::size_t i = 0; i < crowd.stuck.size(); ++i) {
    // Whose requests it took will be answered later: workers that wait for work look like that.
    const bool lie = callee->message_queue_len[i] >= kInMailbox * crowd.stuck[i];
    row = crowd.stuck[i] > 0 && lie ? row + 1 : 0;
    if (row > longest) last = i;
    longest = std::max(longest, row);
  }
  if (longest < kInARow) return;
  const std::size_t first = last + 1 - longest;
  const auto begin = crowd.stuck.begin() + static_cast<std::ptrdiff_t>(first);
  const double most = *std::max_element(begin, begin + static_cast<std::ptrdiff_t>(longest));
  const double seconds = observed.seconds()[last] - observed.seconds()[first] + kStuckSeconds;
  const bool at_end = last + 1 == observed.size();
  const std::string name = called(*callee), number = amount(most, Unit::kCount);
  Finding& finding = verdict.add(
      at_end && observed.size() >= kFewestSamples ? Severity::kWarning : Severity::kInfo,
      most / 1000, subject_of(*callee));
  finding.title = at_end ? fmt::format("{} answers nobody: {} processes wait for it", name, number)
                         : fmt::format("{} answered nobody for {}: {} processes waited for it",
                                       name, span_text(seconds), number);
  finding.evidence = fmt::format(
      "Up to {} were inside the same call to it for {:.0f} s and more in {} snapshots in a "
      "row, and their requests lay in its mailbox; it lasted {} at least.",
      number, kStuckSeconds, longest, span_text(seconds));
  add_who(observed, *callee, crowd, finding);
  finding.caveat = "A long job within one call looks the same until it is done.";
  finding.advice = advice_for(
      *callee, "Requests of calls that timed out lie in its mailbox until it comes to them.");
  finding.numbers = {{"most_waiters", most}, {"seconds", seconds}};
  finding.plot = plot_of(observed, "waiters", Unit::kCount, crowd.stuck);
  seen_between(observed, first, last, finding);
}

void tell(const Observed& observed, const WaitCrowd& crowd, Verdict& verdict) {
  std::size_t row = 0, longest = 0, crowded = 0, known = 0, first = observed.size(), last = 0;
  double most = 0;
  for (std::size_t i = 0; i < crowd.waiters.size(); ++i) {
    const double waiters = crowd.waiters[i];
    if (waiters > 0) {
      first = std::min(first, i);
      last = i;
    }
    if (std::isnan(waiters)) continue;
    ++known;
    row = waiters > 0 ? row + 1 : 0;
    crowded += waiters > 0 ? 1 : 0;
    longest = std::max(longest, row);
    most = std::max(most, waiters);
  }
  const ProcessSeries* callee = observed.process(crowd.callee);
  if (longest < kInARow || callee == nullptr) return tell_stuck(observed, crowd, verdict);
  const double share = static_cast<double>(crowded) / static_cast<double>(known);
  const bool later = answers_later(*callee, crowd);
  const Severity severity = later || share < kOften || observed.size() < kFewestSamples
                                ? Severity::kInfo
                                : Severity::kWarning;
  Finding& finding = verdict.add(severity, most / 1000, subject_of(*callee));
  const std::string name = called(*callee), count = amount(most, Unit::kCount);
  finding.title =
      later ? fmt::format("Up to {} processes wait for an answer of {}", count, name)
            : fmt::format("{} is a bottleneck: up to {} processes wait for it", name, count);
  finding.evidence =
      fmt::format("Ten or more were inside a call to it in {} of {} snapshots, {} in a row.",
                  crowded, known, longest);
  add_who(observed, *callee, crowd, finding);
  finding.caveat =
      later
          ? "Most of their requests are not in its mailbox: it took them, to answer later. Workers "
            "that wait for work look like this, and so do callers of a pool that has none left."
          : "A server that answers quickly may have ten callers at any instant and be fine.";
  finding.advice =
      advice_for(*callee, later ? "A pool may need more members."
                                : "Reads may go to an ETS table, work to several processes.");
  finding.numbers = {{"most_waiters", most}, {"snapshots", static_cast<double>(crowded)}};
  finding.plot = plot_of(observed, "waiters", Unit::kCount, crowd.waiters);
  seen_between(observed, first, last, finding);
}

void evaluate(const Observed& observed, Verdict& verdict) {
  const Table* table = observed.recording->reader().table("process");
  if (table == nullptr || !table->find("monitors") || !table->find("current_function")) {
    return verdict.not_evaluated("monitors and current functions were not recorded");
  }
  if (observed.size() < kInARow) {
    return verdict.not_evaluated(fmt::format("needs {} snapshots without a gap, the stretch has {}",
                                             kInARow, observed.size()));
  }
  for (const WaitCrowd& crowd : observed.wait_crowds) tell(observed, crowd, verdict);
}

}  // namespace
}  // namespace bottleneck_rule

const Rule kBottleneckRule{"bottleneck", "many processes wait for one", bottleneck_rule::evaluate};

}  // namespace beamtape
