#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "analyzer/findings/findings.h"
#include "analyzer/findings/suppressions.h"
#include "analyzer/load/recording.h"

namespace beamtape {

// A gate: is the candidate worse than the base? Snapshots of one run depend on each other, so each
// run (a recording) is reduced to one value per metric, and n is the number of runs.

// What one run came to. Subjects are matched by name, never by pid.
struct RunMetric {
  enum class Kind { kNode, kGroup, kEts };
  Kind kind = Kind::kNode;
  std::string subject;  // empty for the node
  std::string name;     // "memory_total median", "processes per hour"
  Unit unit = Unit::kNone;
  double value = 0;
  double floor = 0;  // smaller differences are never reported
  // Of a group's memory the medians by how many of its processes were not read: compared is that
  // with as many unread. Empty of all others.
  std::map<std::int64_t, double> by_unread = {};

  std::string key() const;           // kind, subject and name
  std::string subject_text() const;  // "node", "group:cart", "ets:prices"
};

struct RunSummary {
  std::string path;
  std::string otp;
  double schedulers = 0;
  double seconds = 0;  // of its steady state
  double work = 0;     // reductions per second, median
  std::vector<RunMetric> metrics;
  std::map<std::string, Severity> findings;  // "rule subject", of warnings and above
  std::set<std::string> suppressed;          // the same of those that were suppressed
  bool redacted = false;                     // no other run has its names
  std::string left_out;                      // what is not compared of it, and why; may be empty
  std::vector<Damage> damage;                // what it is without
};

// Reduces what a recording has of one node: of the longest stretch without a gap the second half
// (the steady state); what grows is judged over all of it. `node` may be empty where it has only
// one. Findings that `known` matches are left out, and counted there. kUsage: several nodes and
// none is named, none of that name, fewer than kFewestSamples snapshots. kMalformed: none of its
// snapshots could be read.
Expected<RunSummary> reduce_run(const Recording& recording, const std::string& node,
                                std::vector<Suppression>& known);

struct Comparison {
  RunMetric metric;                // name and unit; `value` is not used
  double base = 0, candidate = 0;  // medians of the runs
  double change = 0;               // of the base; 0 where that is 0
  std::optional<double> p;  // Mann–Whitney, two-sided; of at least kRunsForTest runs a side
  enum class Verdict { kSame, kWorse, kBetter } verdict = Verdict::kSame;
};

struct Gate {
  std::size_t base_runs = 0, candidate_runs = 0;
  bool tested = false;                  // by p; else by the size of the effect alone ("single run")
  std::vector<Comparison> comparisons;  // the worst first; those that are the same last
  std::vector<std::string> new_findings,
      gone_findings;                            // in most candidates and no base, and the reverse
  std::vector<std::string> appeared, vanished;  // groups and ETS tables of note
  std::vector<std::string> warnings;            // why the runs may not be comparable
  std::set<std::string> suppressed;             // findings and metrics that are known

  // A metric is worse, or a finding is new.
  bool regressed() const;
  // Critical: a new finding is; warning: regressed; info: something appeared, vanished or is
  // better, or the runs are not quite comparable. Nothing where nothing differs.
  std::optional<Severity> severity() const;
  Severity gravest_new = Severity::kInfo;  // of new_findings
};

inline constexpr std::size_t kRunsForTest = 4;

// Worse or better: with kRunsForTest runs a side p < 0.05 and 5 % and the metric's floor; with
// fewer 25 % and the floor. A group or table that a run has not is 0 there; what a run did not
// record, or read of other numbers of processes, is not compared, with a warning. Where one is
// redacted, all are compared without names: the node, and findings by their rules. `by_load`:
// values that follow load are divided by the run's work first, unless one does not know its work:
// then none is, with a warning. Neither list is empty.
Gate compare_runs(const std::vector<RunSummary>& base, const std::vector<RunSummary>& candidate,
                  bool by_load);

// Takes out metrics that are worse and that `known` matches, and counts them there.
void suppress_metrics(Gate& gate, std::vector<Suppression>& known);

// Two-sided p of Mann and Whitney's U: exact without ties for up to 12 a side, else normal with
// correction for ties. Neither is empty.
double mann_whitney_p(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace beamtape
