#include "analyzer/compare/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string_view>

#include "analyzer/load/text.h"
#include "analyzer/trend/statistics.h"

namespace beamtape {
namespace {

constexpr double kTestP = 0.05, kTestedShare = 0.05, kUntestedShare = 0.25;
// Runs whose length or load differs by more than this factor are told.
constexpr double kAlike = 1.25;

struct Sides {
  RunMetric metric;
  std::vector<double> base, candidate;
};

// What more load makes more of.
bool follows_load(const RunMetric& metric) {
  return metric.name.starts_with("rate(") || metric.name.find("growth") != std::string::npos;
}

// By metric: the numbers of unread processes that all runs with it have.
using Unread = std::map<std::string, std::set<std::int64_t>>;
void keep_common(const std::vector<RunSummary>& runs, Unread& common) {
  for (const RunSummary& run : runs) {
    for (const RunMetric& metric : run.metrics) {
      if (metric.by_unread.empty()) continue;
      std::set<std::int64_t> here;
      for (const auto& one : metric.by_unread) here.insert(one.first);
      const auto [at, is_first] = common.try_emplace(metric.key(), here);
      if (!is_first) std::erase_if(at->second, [&](auto unread) { return !here.contains(unread); });
    }
  }
}

// Its value, in all runs of as many processes; nothing where there is no such number.
std::optional<double> value_of(const RunMetric& metric, const Unread& common) {
  if (metric.by_unread.empty()) return metric.value;
  const auto& unread = common.at(metric.key());
  return unread.empty() ? std::nullopt : std::optional(metric.by_unread.at(*unread.begin()));
}

// Those without a value are left out of `side`.
void collect(const std::vector<RunSummary>& runs, bool by_load, double usual_work,
             const Unread& common, std::vector<double> Sides::*side,
             std::map<std::string, Sides>& all) {
  for (const RunSummary& run : runs) {
    for (const RunMetric& metric : run.metrics) {
      auto& sides = all.try_emplace(metric.key(), Sides{metric, {}, {}}).first->second;
      const double scale = by_load && follows_load(metric) ? usual_work / run.work : 1;
      if (const auto value = value_of(metric, common)) (sides.*side).push_back(*value * scale);
    }
  }
}

// In how many runs there is something of a group or table, or may be: a node has always some, so
// that nothing of any was not read. Of the node there is in each.
using Subject = std::pair<RunMetric::Kind, std::string>;
std::map<Subject, std::size_t> runs_with(const std::vector<RunSummary>& runs,
                                         const std::set<Subject>& all) {
  std::map<Subject, std::size_t> counts;
  std::map<RunMetric::Kind, std::size_t> unread;
  for (const RunSummary& run : runs) {
    std::set<Subject> here;
    for (const RunMetric& metric : run.metrics) here.insert({metric.kind, metric.subject});
    for (const Subject& one : here) ++counts[one];
    for (const auto kind : {RunMetric::Kind::kGroup, RunMetric::Kind::kEts}) {
      const bool any = std::any_of(here.begin(), here.end(),
                                   [&](const Subject& one) { return one.first == kind; });
      if (!any) ++unread[kind];
    }
  }
  for (const Subject& one : all) counts[one] += unread[one.first];
  counts[{RunMetric::Kind::kNode, ""}] = runs.size();
  return counts;
}

// Runs that have nothing of a group or table have none of it: 0. False, and nothing is filled up,
// where one has it but not this metric, or is of a node of which this was not recorded: that is not
// 0.
bool fill_up(std::vector<double>& values, std::size_t runs, std::size_t with_subject) {
  if (values.size() < with_subject) return false;
  values.resize(runs, 0);
  return true;
}

// "not compared, as a run is without it: node memory_ets, node memory_total and 5 more".
std::string left_out_text(const char* why, std::vector<std::string> names) {
  constexpr std::size_t kMost = 4;
  const std::size_t more = names.size() > kMost ? names.size() - kMost : 0;
  names.resize(names.size() - more);
  return fmt::format("not compared, as {}: {}{}", why, joined(names, ", "),
                     more > 0 ? fmt::format(" and {} more", more) : "");
}

// The metrics of all runs, by their keys; without those that a run lacks, which are warned of.
std::map<std::string, Sides> metrics_of(const std::vector<RunSummary>& base,
                                        const std::vector<RunSummary>& candidate, bool by_load,
                                        double usual_work, Gate& gate) {
  std::map<std::string, Sides> all;
  Unread common;
  keep_common(base, common);
  keep_common(candidate, common);
  collect(base, by_load, usual_work, common, &Sides::base, all);
  collect(candidate, by_load, usual_work, common, &Sides::candidate, all);
  std::set<Subject> subjects;
  for (const auto& one : all) subjects.insert({one.second.metric.kind, one.second.metric.subject});
  auto in_base = runs_with(base, subjects), in_candidate = runs_with(candidate, subjects);
  std::vector<std::string> left_out, unlike;
  for (auto at = all.begin(); at != all.end();) {
    Sides& sides = at->second;
    const Subject subject{sides.metric.kind, sides.metric.subject};
    if (fill_up(sides.base, base.size(), in_base[subject]) &&
        fill_up(sides.candidate, candidate.size(), in_candidate[subject])) {
      ++at;
      continue;
    }
    constexpr std::string_view kMedian = " median";
    const std::string& name = sides.metric.name;
    if (name.ends_with(kMedian)) {
      const auto known = common.find(at->first);
      const bool is_unlike = known != common.end() && known->second.empty();
      (is_unlike ? unlike : left_out)
          .push_back(sides.metric.subject_text() + " " +
                     name.substr(0, name.size() - kMedian.size()));
    }
    at = all.erase(at);
  }
  if (!left_out.empty()) {
    gate.warnings.push_back(left_out_text("a run is without it", std::move(left_out)));
  }
  if (!unlike.empty()) {
    gate.warnings.push_back(
        left_out_text("other numbers of processes were not read", std::move(unlike)));
  }
  return all;
}

Comparison judge(const Sides& sides, bool tested) {
  Comparison one;
  one.metric = sides.metric;
  one.base = median(sides.base);
  one.candidate = median(sides.candidate);
  const double difference = one.candidate - one.base;
  one.change = one.base != 0 ? difference / std::abs(one.base) : 0;
  if (tested) one.p = mann_whitney_p(sides.base, sides.candidate);
  const double share = one.base != 0 ? std::abs(one.change) : std::abs(difference) > 0 ? 1 : 0;
  const bool proven = tested ? *one.p < kTestP && share >= kTestedShare : share >= kUntestedShare;
  if (proven && std::abs(difference) >= sides.metric.floor) {
    one.verdict = difference > 0 ? Comparison::Verdict::kWorse : Comparison::Verdict::kBetter;
  }
  return one;
}

std::map<std::string, std::size_t> findings_of(const std::vector<RunSummary>& runs) {
  std::map<std::string, std::size_t> counts;
  for (const RunSummary& run : runs) {
    for (const auto& [name, severity] : run.findings) ++counts[name];
  }
  return counts;
}

// In more than half of `runs` and in none of `others`.
std::vector<std::string> only_in(const std::vector<RunSummary>& runs,
                                 const std::vector<RunSummary>& others) {
  std::vector<std::string> names;
  const auto theirs = findings_of(others);
  for (const auto& [name, count] : findings_of(runs)) {
    if (2 * count > runs.size() && !theirs.contains(name)) names.push_back(name);
  }
  return names;
}

// Groups and tables of which every run of one side has a floor's worth, and none of the other any.
void tell_appeared(const std::map<std::string, Sides>& all, Gate& gate) {
  std::set<std::string> appeared, vanished;
  for (const auto& one : all) {
    const Sides& sides = one.second;
    if (sides.metric.kind == RunMetric::Kind::kNode || !sides.metric.name.ends_with(" median"))
      continue;
    const auto none = [](const std::vector<double>& values) {
      return std::all_of(values.begin(), values.end(), [](double v) { return v == 0; });
    };
    const auto all_have = [&](const std::vector<double>& values) {
      return std::all_of(values.begin(), values.end(),
                         [&](double v) { return v >= sides.metric.floor; });
    };
    const std::string kind = sides.metric.kind == RunMetric::Kind::kEts ? "ETS table " : "group ";
    if (none(sides.base) && all_have(sides.candidate)) appeared.insert(kind + sides.metric.subject);
    if (none(sides.candidate) && all_have(sides.base)) vanished.insert(kind + sides.metric.subject);
  }
  gate.appeared.assign(appeared.begin(), appeared.end());
  gate.vanished.assign(vanished.begin(), vanished.end());
}

// 0 where none is known.
double middle(const std::vector<RunSummary>& runs, double RunSummary::*what) {
  std::vector<double> values;
  for (const RunSummary& run : runs) {
    if (run.*what > 0) values.push_back(run.*what);
  }
  return values.empty() ? 0 : median(std::move(values));
}

std::set<std::string> releases(const std::vector<RunSummary>& runs) {
  std::set<std::string> all;
  for (const RunSummary& run : runs) {
    if (!run.otp.empty()) all.insert(run.otp);
  }
  return all;
}

void warn(const std::vector<RunSummary>& base, const std::vector<RunSummary>& candidate,
          bool by_load, Gate& gate) {
  const auto differ = [](double a, double b) {
    return a > 0 && b > 0 && std::max(a, b) > kAlike * std::min(a, b);
  };
  for (const auto* runs : {&base, &candidate}) {
    for (const RunSummary& run : *runs) {
      if (!run.left_out.empty()) gate.warnings.push_back(run.left_out);
    }
  }
  const auto of_base = releases(base), of_candidate = releases(candidate);
  if (!of_base.empty() && !of_candidate.empty() && of_base != of_candidate) {
    gate.warnings.push_back("the OTP releases differ");
  }
  const double here = middle(base, &RunSummary::schedulers);
  const double there = middle(candidate, &RunSummary::schedulers);
  if (here > 0 && there > 0 && here != there) {
    gate.warnings.push_back(
        fmt::format("the number of schedulers differs: {} and {}", here, there));
  }
  if (differ(middle(base, &RunSummary::seconds), middle(candidate, &RunSummary::seconds))) {
    gate.warnings.push_back(
        fmt::format("the lengths differ: {} and {}",
                    duration_text(std::llround(middle(base, &RunSummary::seconds) * 1e6)),
                    duration_text(std::llround(middle(candidate, &RunSummary::seconds) * 1e6))));
  }
  if (!by_load && differ(middle(base, &RunSummary::work), middle(candidate, &RunSummary::work))) {
    gate.warnings.push_back(fmt::format("the load differs: {} and {} reductions a second",
                                        rate_text(middle(base, &RunSummary::work)),
                                        rate_text(middle(candidate, &RunSummary::work))));
  }
}

// A run that is not divided by its load must not stand beside one that is.
bool know_load(const std::vector<RunSummary>& base, const std::vector<RunSummary>& candidate,
               Gate& gate) {
  for (const auto* runs : {&base, &candidate}) {
    for (const RunSummary& run : *runs) {
      if (run.work > 0) continue;
      gate.warnings.push_back(run.path + ": its load is not known; nothing is divided by the load");
      return false;
    }
  }
  return true;
}

bool is_redacted(const RunSummary& run) { return run.redacted; }

std::vector<RunSummary> without_names(std::vector<RunSummary> runs) {
  for (RunSummary& run : runs) {
    std::erase_if(run.metrics,
                  [](const RunMetric& one) { return one.kind != RunMetric::Kind::kNode; });
    std::map<std::string, Severity> by_rule;
    for (const auto& [name, severity] : run.findings) {
      auto& gravest = by_rule[name.substr(0, name.find(' '))];
      gravest = std::max(gravest, severity);
    }
    run.findings = std::move(by_rule);
    run.redacted = false;
  }
  return runs;
}

// A redacted run has names of its own, so that all would be gone and new.
Gate compare_without_names(const std::vector<RunSummary>& base,
                           const std::vector<RunSummary>& candidate, bool by_load) {
  Gate gate = compare_runs(without_names(base), without_names(candidate), by_load);
  std::string path;
  std::ptrdiff_t redacted = 0;
  for (const auto* runs : {&base, &candidate}) {
    redacted += std::count_if(runs->begin(), runs->end(), is_redacted);
    const auto first = std::find_if(runs->begin(), runs->end(), is_redacted);
    if (path.empty() && first != runs->end()) path = first->path;
  }
  gate.warnings.insert(
      gate.warnings.begin(),
      fmt::format("{} {}: names are not comparable; compared is the node, and findings by rule",
                  redacted > 1 ? fmt::format("{} and {} more", path, redacted - 1) : path,
                  redacted > 1 ? "are redacted copies" : "is a redacted copy"));
  return gate;
}

}  // namespace

bool Gate::regressed() const {
  return !new_findings.empty() ||
         std::any_of(comparisons.begin(), comparisons.end(),
                     [](const auto& one) { return one.verdict == Comparison::Verdict::kWorse; });
}

std::optional<Severity> Gate::severity() const {
  if (!new_findings.empty() && gravest_new == Severity::kCritical) return Severity::kCritical;
  if (regressed()) return Severity::kWarning;
  const bool differs =
      !appeared.empty() || !vanished.empty() || !warnings.empty() || !gone_findings.empty() ||
      std::any_of(comparisons.begin(), comparisons.end(),
                  [](const auto& one) { return one.verdict != Comparison::Verdict::kSame; });
  return differs ? std::optional(Severity::kInfo) : std::nullopt;
}

Gate compare_runs(const std::vector<RunSummary>& base, const std::vector<RunSummary>& candidate,
                  bool by_load) {
  if (std::any_of(base.begin(), base.end(), is_redacted) ||
      std::any_of(candidate.begin(), candidate.end(), is_redacted)) {
    return compare_without_names(base, candidate, by_load);
  }
  Gate gate;
  gate.base_runs = base.size();
  gate.candidate_runs = candidate.size();
  gate.tested = base.size() >= kRunsForTest && candidate.size() >= kRunsForTest;
  by_load = by_load && know_load(base, candidate, gate);
  const auto all = metrics_of(base, candidate, by_load, middle(base, &RunSummary::work), gate);
  for (const auto& [key, sides] : all) gate.comparisons.push_back(judge(sides, gate.tested));
  const auto rank = [](const Comparison& one) {
    const double size = one.base != 0 ? std::abs(one.change) : 1e9;
    return std::pair(one.verdict == Comparison::Verdict::kWorse    ? 0
                     : one.verdict == Comparison::Verdict::kBetter ? 1
                                                                   : 2,
                     -size);
  };
  std::stable_sort(gate.comparisons.begin(), gate.comparisons.end(),
                   [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  gate.new_findings = only_in(candidate, base);
  gate.gone_findings = only_in(base, candidate);
  for (const std::string& name : gate.new_findings) {
    for (const RunSummary& run : candidate) {
      const auto at = run.findings.find(name);
      if (at != run.findings.end()) gate.gravest_new = std::max(gate.gravest_new, at->second);
    }
  }
  for (const auto* runs : {&base, &candidate}) {
    for (const RunSummary& run : *runs)
      gate.suppressed.insert(run.suppressed.begin(), run.suppressed.end());
  }
  tell_appeared(all, gate);
  warn(base, candidate, by_load, gate);
  return gate;
}

void suppress_metrics(Gate& gate, std::vector<Suppression>& known) {
  std::erase_if(gate.comparisons, [&](const Comparison& one) {
    if (one.verdict != Comparison::Verdict::kWorse) return false;
    const std::string metric = one.metric.subject_text() + " " + one.metric.name;
    bool taken = false;
    for (Suppression& line : known) {
      if (!matches_pattern(line.rule, kMetricRule) || !matches_pattern(line.subject, metric))
        continue;
      ++line.matched;
      taken = true;
    }
    if (taken) gate.suppressed.insert(fmt::format("{} {}", kMetricRule, metric));
    return taken;
  });
}

}  // namespace beamtape
