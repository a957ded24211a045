// A child is started again and again: three times in 60 s under one registered name, or, without a
// name, as the only child of its kind below its supervisor. One that lives ten seconds and more
// each time is told as info: some pools do that on purpose. So are children of which several of a
// kind live, nearly always as many: jobs that follow each other look the same.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "analyzer/findings/all_rules.h"
#include "analyzer/findings/evidence.h"
#include "analyzer/load/frame.h"
#include "analyzer/load/text.h"
#include "analyzer/trend/statistics.h"
#include "schema/model/ref.h"

namespace beamtape {
namespace restart_loop_rule {
namespace {

constexpr std::size_t kTimes = 3;
constexpr double kWithin = 60, kLivesAWhile = 10;
constexpr double kAlwaysThere = 0.6, kSteady = 0.9;  // of the snapshots
// Restarts a second of several alike: no supervisor is told to bear more (the default of its
// intensity is one in 5 s). Nor are those told that live for less than so many intervals: how many
// came between two snapshots nobody knows. Both are jobs. So is one without a name that is seen
// once and then another, below a process that is no supervisor.
constexpr double kMostOfAlike = 3, kFewestCadences = 1.5;

// The most replacements within kWithin seconds.
std::size_t most_at_once(const std::vector<double>& seconds) {
  std::size_t most = 0, from = 0;
  for (std::size_t to = 0; to < seconds.size(); ++to) {
    while (seconds[to] - seconds[from] > kWithin) ++from;
    most = std::max(most, to - from + 1);
  }
  return most;
}

// How many of them live at a time where that number stands still, in nine of ten snapshots; else 0.
// Of those with a name there is one.
std::size_t steady_number(const Restarts& restarts) {
  if (restarts.registered) return 1;
  if (restarts.living.empty()) return 0;
  std::map<double, std::size_t> snapshots;  // by how many lived
  for (const double living : restarts.living) ++snapshots[living];
  const auto most =
      std::max_element(snapshots.begin(), snapshots.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  const double share =
      static_cast<double>(most->second) / static_cast<double>(restarts.living.size());
  // A single one is missed in many a snapshot while it starts.
  const double enough = snapshots.rbegin()->first == 1 ? kAlwaysThere : kSteady;
  return share >= enough ? static_cast<std::size_t>(most->first) : 0;
}

// Those named as supervisors (by name, or pid) that the last snapshot has and that are known to be
// other processes: one that starts a job for each request, for one. One pass over the processes.
std::set<std::string> no_supervisors(const Observed& observed) {
  std::set<std::string> plain;
  std::unordered_set<std::string> named;
  std::unordered_map<Cell, std::string> pids;
  for (const Restarts& restarts : observed.restarts) {
    if (const auto ref = parse_ref(restarts.supervisor)) {
      pids.emplace(pack(*ref), restarts.supervisor);
    } else {
      named.insert(restarts.supervisor);
    }
  }
  if (!observed.last_processes || observed.restarts.empty()) return plain;
  const Frame& frame = *observed.last_processes;
  const auto name = frame.table().find("registered_name"),
             call = frame.table().find("dictionary_initial_call");
  if (!name || !call) return plain;
  for (const std::size_t slot : frame.slots()) {
    const RowView row = frame.row(slot);
    const auto text_of = [&](std::size_t column) {
      const Cell cell = row.cell(column);
      return is_missing(cell) ? std::nullopt : row.texts.text(cell);
    };
    const auto by_pid = pids.find(row.cell(0));
    const auto registered = text_of(*name);
    std::string called;
    if (by_pid != pids.end()) called = by_pid->second;
    if (registered && named.contains(std::string(*registered))) called = *registered;
    const auto started_as = called.empty() ? std::nullopt : text_of(*call);
    // As OTP's supervisor.erl and Elixir's DynamicSupervisor put it into their dictionaries.
    if (started_as && !started_as->starts_with("supervisor:")) plain.insert(called);
  }
  return plain;
}

void tell(const Observed& observed, const Restarts& restarts, bool by_supervisor,
          Verdict& verdict) {
  std::vector<double> seconds;
  for (const std::size_t at : restarts.at) seconds.push_back(observed.seconds()[at]);
  const std::size_t most = most_at_once(seconds);
  const std::size_t living = steady_number(restarts);
  if (living == 0 || most < kTimes * living) return;
  if (living > 1 &&
      static_cast<double>(most) > kMostOfAlike * std::min(kWithin, observed.duration()))
    return;
  std::vector<double> lives;
  for (std::size_t i = living; i < seconds.size(); ++i) {
    lives.push_back(seconds[i] - seconds[i - living]);
  }
  const double life = median(lives);
  const bool seen_once = life < kFewestCadences * observed.segment.cadence;
  if (seen_once && (living > 1 || (!restarts.registered && !by_supervisor))) return;
  // When it came is known to an interval.
  const bool lives_a_while = life + observed.segment.cadence / 2 >= kLivesAWhile;
  const std::string name = printable(restarts.name);
  Finding& finding = verdict.add(lives_a_while || living > 1 ? Severity::kInfo : Severity::kWarning,
                                 static_cast<double>(most) / 60,
                                 {restarts.registered ? "process" : "group", name, name, name});
  finding.title = fmt::format("{} is started again and again: {} times in {}", name, seconds.size(),
                              span_text(observed.duration()));
  finding.evidence = fmt::format(
      "{} {} times, at most {} times within a minute; each lived {} (median).",
      living > 1
          ? fmt::format("{} of them live at a time. Another process took the place of one", living)
          : "Another process took its place",
      seconds.size(), most, span_text(life));
  if (!restarts.supervisor.empty()) {
    finding.evidence +=
        fmt::format(" Its {} is {}.", by_supervisor ? "supervisor" : "parent", restarts.supervisor);
    finding.involves.push_back("process " + restarts.supervisor);
  }
  finding.caveat = fmt::format(
      "{}Why it ended is not recorded; some are ended on purpose, to begin afresh. One that "
      "started and ended between two snapshots ({}) is not counted.",
      living > 1 ? "Jobs or connections that follow each other look the same. " : "",
      span_text(observed.segment.cadence));
  finding.advice =
      "Read the node's log for its exit reason; a supervisor gives up after max_restarts and takes "
      "its other children along.";
  finding.numbers = {{"restarts", static_cast<double>(seconds.size())},
                     {"most_in_a_minute", static_cast<double>(most)},
                     {"median_life_seconds", life}};
  Values total(observed.size(), 0.0);
  for (const std::size_t at : restarts.at) {
    for (std::size_t i = at; i < total.size(); ++i) total[i] += 1;
  }
  finding.plot = plot_of(observed, "restarts", Unit::kCount, total);
  seen_between(observed, restarts.at.front(), restarts.at.back(), finding);
}

void evaluate(const Observed& observed, Verdict& verdict) {
  if (observed.recording->reader().table("process") == nullptr) {
    return verdict.not_evaluated("processes were not recorded");
  }
  const std::set<std::string> plain = no_supervisors(observed);
  for (const Restarts& restarts : observed.restarts) {
    tell(observed, restarts, !plain.contains(restarts.supervisor), verdict);
  }
}

}  // namespace
}  // namespace restart_loop_rule

const Rule kRestartLoopRule{"restart-loop", "a child is started again and again",
                            restart_loop_rule::evaluate};

}  // namespace beamtape
