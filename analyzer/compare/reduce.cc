#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "analyzer/compare/compare.h"
#include "analyzer/findings/observed.h"
#include "analyzer/load/text.h"
#include "analyzer/trend/growth.h"
#include "analyzer/trend/statistics.h"

namespace beamtape {
namespace {

constexpr double kMiB = 1 << 20;

struct NodeMetric {
  const char* column;
  Unit unit;
  double floor;
  bool rate;
};
constexpr NodeMetric kNodeMetrics[] = {
    {"memory_total", Unit::kBytes, 8 * kMiB, false},
    {"memory_processes", Unit::kBytes, 4 * kMiB, false},
    {"memory_binary", Unit::kBytes, 4 * kMiB, false},
    {"memory_ets", Unit::kBytes, 4 * kMiB, false},
    {"process_count", Unit::kCount, 50, false},
    {"port_count", Unit::kCount, 20, false},
    {"ets_count", Unit::kCount, 10, false},
    {"atom_count", Unit::kCount, 1000, false},
    {"run_queue", Unit::kCount, 2, false},
    {"message_queue_len", Unit::kCount, 100, false},
    {"max_message_queue_len", Unit::kCount, 100, false},
    {"reductions_done", Unit::kReductions, 100'000, true},
    {"garbage_collections", Unit::kCount, 100, true},
};

// Of a group or table; smaller ones than the floor never count.
struct SubjectMetric {
  const char* column;
  Unit unit;
  double floor;
};
constexpr const char* kMemory = "memory";
constexpr SubjectMetric kGroupMetrics[] = {{"processes", Unit::kCount, 20},
                                           {kMemory, Unit::kBytes, 2 * kMiB},
                                           {"message_queue_len", Unit::kCount, 100}};
constexpr SubjectMetric kEtsMetrics[] = {
    {"tables", Unit::kCount, 10}, {"size", Unit::kCount, 5000}, {"memory", Unit::kBytes, 2 * kMiB}};
// Growth an hour counts from this many floors on.
constexpr double kGrowthFloors = 10;

Values steady(const Values& values) {
  Values present;
  for (std::size_t i = values.size() / 2; i < values.size(); ++i) {
    if (!std::isnan(values[i])) present.push_back(values[i]);
  }
  return present;
}

class Reducer {
 public:
  explicit Reducer(const Observed& observed) : observed_(observed) {}

  std::vector<RunMetric> metrics() {
    for (const NodeMetric& one : kNodeMetrics) {
      const Values* values = observed_.node(one.column);
      if (values == nullptr) continue;
      const Values used = one.rate ? rate_of(observed_, *values) : *values;
      const std::string name =
          one.rate ? fmt::format("rate({})", one.column) : std::string(one.column);
      add(RunMetric::Kind::kNode, "", name, one.unit, one.floor, used, !one.rate);
    }
    add_table(RunMetric::Kind::kGroup, observed_.groups, kGroupMetrics);
    add_table(RunMetric::Kind::kEts, observed_.ets, kEtsMetrics);
    return std::move(metrics_);
  }

 private:
  template <std::size_t N>
  void add_table(RunMetric::Kind kind, const SampledTable& table, const SubjectMetric (&specs)[N]) {
    for (const SampleSeries& series : table.rows) {
      for (const SubjectMetric& one : specs) {
        const bool memory = kind == RunMetric::Kind::kGroup && one.column == kMemory;
        if (memory) {
          add_memory(series, one);
        } else {
          add(kind, series.name, one.column, one.unit, one.floor, table.values(series, one.column),
              true);
        }
      }
    }
  }

  // Of a group.
  void add_memory(const SampleSeries& group, const SubjectMetric& spec) {
    const Values& memory = observed_.groups.values(group, spec.column);
    const Values& unknown = observed_.groups.values(group, "memory_unknown");
    std::map<std::int64_t, Values> late;
    for (std::size_t i = memory.size() / 2; i < memory.size(); ++i) {
      if (!std::isnan(memory[i])) late[std::llround(unknown[i])].push_back(memory[i]);
    }
    if (late.empty()) return;
    const std::string name = spec.column;
    RunMetric metric{
        RunMetric::Kind::kGroup, group.name, name + " median", spec.unit, 0, spec.floor};
    for (const auto& [unread, values] : late) metric.by_unread[unread] = median(values);
    metric.value = metric.by_unread.begin()->second;
    metrics_.push_back(std::move(metric));
    add_growth(RunMetric::Kind::kGroup, group.name, name, spec.unit, spec.floor,
               observed_.groups.values(group, kComparableMemory));
  }

  void add(RunMetric::Kind kind, const std::string& subject, const std::string& name, Unit unit,
           double floor, const Values& values, bool may_grow) {
    const Values late = steady(values);
    if (late.empty()) return;
    metrics_.push_back({kind, subject, name + " median", unit, median(late), floor});
    if (kind == RunMetric::Kind::kNode) {
      metrics_.push_back({kind, subject, name + " P95", unit, quantile(late, 0.95), floor});
    }
    if (may_grow) add_growth(kind, subject, name, unit, floor, values);
  }

  void add_growth(RunMetric::Kind kind, const std::string& subject, const std::string& name,
                  Unit unit, double floor, const Values& values) {
    const Growth growth = judge_growth(observed_.seconds(), values);
    metrics_.push_back({kind, subject, name + " growth per hour", unit,
                        growth.growing() ? growth.per_second * 3600 : 0, kGrowthFloors * floor});
  }

  const Observed& observed_;
  std::vector<RunMetric> metrics_;
};

std::string otp_of(const NodeRecord* node) {
  if (node == nullptr) return {};
  for (const auto& [key, value] : node->facts) {
    if (key == "otp_release") return value;
  }
  return {};
}

// Two nodes of one recording are as unlike as any two nodes.
Expected<void> must_be_one(const Recording& recording, const std::string& node) {
  const auto& names = recording.node_names();
  if (node.empty()) {
    if (names.size() < 2) return {};
    return fail(Error::Code::kUsage,
                fmt::format("cannot compare {}: it has several nodes; say one with --node: {}",
                            recording.path(), joined(names, ", ")));
  }
  if (const auto known = recording.at("last", node); !known) return tl::unexpected(known.error());
  return {};
}

// The same in every run: a pid is not.
std::string name_of(const Finding& finding) {
  const FindingSubject& subject = finding.subject;
  const bool by_name = subject.kind == "process" && !subject.name.empty();
  return finding.rule + " " +
         (subject.kind == "node" ? "node"
          : by_name              ? subject.name
                                 : subject.id);
}

// A node that went away in the middle is told, whatever the stretch is like that is compared.
std::string left_out_of(const Recording& recording, const std::vector<Segment>& segments,
                        const Segment& longest) {
  if (segments.size() < 2) return {};
  std::set<const NodeRecord*> lives;
  for (const Segment& one : segments) lives.insert(one.node);
  const std::string restarts =
      lives.size() < 2 ? "it has gaps"
      : lives.size() == 2
          ? "the node was started anew in it"
          : fmt::format("the node was started anew in it {} times", lives.size() - 1);
  return fmt::format("{}: {}; compared is its longest stretch without a gap, #{} to #{}",
                     recording.path(), restarts, longest.snapshots.front()->id,
                     longest.snapshots.back()->id);
}

}  // namespace

std::string RunMetric::key() const {
  return fmt::format("{}\n{}\n{}", static_cast<int>(kind), subject, name);
}

std::string RunMetric::subject_text() const {
  if (kind == Kind::kNode) return "node";
  return (kind == Kind::kEts ? "ets:" : "group:") + subject;
}

Expected<RunSummary> reduce_run(const Recording& recording, const std::string& node,
                                std::vector<Suppression>& known) {
  if (auto named = must_be_one(recording, node); !named) return tl::unexpected(named.error());
  const auto range = recording.range("first", "last");
  if (!range) return tl::unexpected(range.error());
  const auto segments = find_segments(recording, node, *range);
  if (!segments) return tl::unexpected(segments.error());
  if (segments->empty()) {
    return fail(Error::Code::kMalformed,
                fmt::format("cannot compare {}: the rows of all its snapshots are damaged",
                            recording.path()));
  }
  const auto longest = std::max_element(
      segments->begin(), segments->end(),
      [](const Segment& a, const Segment& b) { return a.snapshots.size() < b.snapshots.size(); });
  if (longest->snapshots.size() < kFewestSamples) {
    return fail(
        Error::Code::kUsage,
        fmt::format("cannot compare {}: its longest stretch without a gap has {}, {} are needed",
                    recording.path(), counted(longest->snapshots.size(), "snapshot"),
                    kFewestSamples));
  }
  const auto observed = observe(recording, *longest);
  if (!observed) return tl::unexpected(observed.error());
  auto found = find_findings(recording, node, *range);
  if (!found) return tl::unexpected(found.error());
  RunSummary run;
  run.path = recording.path();
  run.left_out = left_out_of(recording, *segments, *longest);
  run.redacted = recording.is_redacted();
  run.otp = otp_of(longest->node);
  run.schedulers = observed->node_last("schedulers_online", 0);
  run.seconds = observed->duration();
  if (const Values* done = observed->node("reductions_done")) {
    const Values rates = steady(rate_of(*observed, *done));
    run.work = rates.empty() ? 0 : median(rates);
  }
  run.metrics = Reducer(*observed).metrics();
  for (const Finding& one : suppress(found->findings, known)) run.suppressed.insert(name_of(one));
  run.damage = found->damage;
  for (const Finding& one : found->findings) {
    if (one.severity < Severity::kWarning) continue;
    auto& severity = run.findings[name_of(one)];
    severity = std::max(severity, one.severity);
  }
  return run;
}

}  // namespace beamtape
