#include "analyzer/findings/evidence.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "analyzer/findings/process_history.h"
#include "analyzer/load/text.h"
#include "analyzer/trend/statistics.h"
#include "schema/model/ref.h"

namespace beamtape {
namespace {

constexpr double kFalseDiscoveries = 0.01;
constexpr double kHour = 3600, kDay = 86400;
constexpr double kShareOfNodePerHour = 0.01;
constexpr double kNearLimit = 0.8;
// Of the share by which the subject grew, the least by which load must have grown to explain it.
constexpr double kLoadExplains = 0.7;

double typical(const Values& values) {
  Values present;
  for (const double value : values) {
    if (!std::isnan(value)) present.push_back(value);
  }
  return present.empty() ? 0 : median(std::move(present));
}

Severity for_thin(Severity severity, const Growth& growth) {
  return growth.samples < kThinSamples ? one_less(severity) : severity;
}

// 1.60/s, 24 an hour
std::string growth_rate_text(double per_second, Unit unit) {
  constexpr double kFew = 0.1;  // a second
  if (unit == Unit::kBytes && per_second >= 1) return amount(per_second, unit) + "/s";
  if (unit != Unit::kBytes && per_second >= kFew) return rate_text(per_second) + "/s";
  return amount(per_second * kHour, unit) + " an hour";
}

}  // namespace

std::optional<Growth> memory_growth(const Observed& observed, const Values& memory) {
  const Growth growth = judge_growth(observed.seconds(), memory);
  const bool large = growth.rise() >= kLeastMemory && growth.share() >= kLeastMemoryShare;
  return growth.growing() && large ? std::optional(growth) : std::nullopt;
}

double median_of_known(const Values& values, std::size_t from, std::size_t to) {
  std::vector<double> known;
  for (std::size_t i = from; i < to; ++i) {
    if (!std::isnan(values[i])) known.push_back(values[i]);
  }
  return known.empty() ? std::nan("") : median(std::move(known));
}

std::string as_of(const Observed& observed, std::size_t at) {
  return at + 1 == observed.size() ? "now"
                                   : fmt::format("as of #{}", observed.segment.snapshots[at]->id);
}

std::string as_of_earlier(const Observed& observed, std::size_t at) {
  return at + 1 == observed.size() ? "" : " " + as_of(observed, at);
}

bool reaches_soon(const Growth& growth, const NodeLimit& limit) {
  const auto left = seconds_to(limit.used, limit.limit, growth.per_second);
  return left && *left <= kHour;
}

std::vector<Grower> growers_of(const Observed& observed, const SampledTable& table,
                               std::string_view column, const NodeLimit& limit) {
  std::vector<Grower> growing;
  std::vector<double> p_values;
  for (const SampleSeries& series : table.rows) {
    const Values& values = table.values(series, column);
    Growth growth = judge_growth(observed.seconds(), values);
    if (!growth.growing() && reaches_soon(growth, limit)) {
      growth = judge_growth(observed.seconds(), values, 0);
    }
    if (!growth.growing()) continue;
    growing.push_back({&series, growth});
    p_values.push_back(growth.p);
  }
  const auto holds =
      discoveries(p_values, std::max<std::size_t>(table.rows.size(), 1), kFalseDiscoveries);
  std::vector<Grower> found;
  for (std::size_t i = 0; i < growing.size(); ++i) {
    if (holds[i]) found.push_back(growing[i]);
  }
  std::stable_sort(found.begin(), found.end(), [](const Grower& a, const Grower& b) {
    return a.growth.rise() > b.growth.rise();
  });
  return found;
}

Severity severity_of_bytes(const Observed& observed, const Growth& growth) {
  const Values* total = observed.node("memory_total");
  const double node = total ? typical(*total) : 0;
  const bool fast = node > 0 && growth.per_second * kHour >= kShareOfNodePerHour * node;
  return for_thin(fast ? Severity::kWarning : Severity::kInfo, growth);
}

std::optional<double> seconds_to(double now, double limit, double per_second) {
  if (per_second <= 0 || limit <= now) return std::nullopt;
  return (limit - now) / per_second;
}

Severity severity_towards(const Growth& growth, double now, double limit) {
  if (limit <= 0) return Severity::kInfo;
  const auto left = seconds_to(now, limit, growth.per_second);
  Severity severity = Severity::kInfo;
  if (left && *left <= kDay) severity = Severity::kWarning;
  if ((left && *left <= kHour) || now >= kNearLimit * limit) severity = Severity::kCritical;
  return for_thin(severity, growth);
}

bool capped_by_load(const Observed& observed, const Growth& growth, Finding& finding) {
  const Values* work = observed.node("reductions_done");
  if (work == nullptr) return false;
  const Growth load = judge_growth(observed.seconds(), rate_of(observed, *work));
  if (!load.growing() || load.share() < kLoadExplains * growth.share()) return false;
  finding.severity = Severity::kInfo;
  finding.score = std::min(finding.score, 39);
  finding.caveat = fmt::format(
      "The node's work rose alike (reductions per second by {:.0f} %): more load explains it. {}",
      load.share() * 100, finding.caveat);
  return true;
}

double typical_rate(const Observed& observed, const Values& counter) {
  return typical(rate_of(observed, counter));
}

std::string amount(double value, Unit unit) {
  const auto whole = static_cast<std::int64_t>(std::llround(value));
  return unit == Unit::kBytes ? size_text(whole) : grouped(whole);
}

std::string span_text(double seconds) {
  return duration_text(static_cast<std::int64_t>(std::llround(seconds * 1e6)));
}

void seen_between(const Observed& observed, std::size_t first, std::size_t last, Finding& finding) {
  const SnapshotRecord& from = *observed.segment.snapshots[first];
  const SnapshotRecord& to = *observed.segment.snapshots[last];
  finding.from = from.id;
  finding.to = to.id;
  finding.from_wall_us = from.began_wall_us;
  finding.to_wall_us = to.began_wall_us;
  for (double& second : finding.plot.seconds) second -= observed.seconds()[first];
}

std::pair<std::size_t, std::size_t> extent(const Values& values) {
  const auto known = [](double value) { return !std::isnan(value); };
  const auto first = std::find_if(values.begin(), values.end(), known);
  if (first == values.end()) return {0, values.empty() ? 0 : values.size() - 1};
  const auto last = std::find_if(values.rbegin(), values.rend(), known);
  return {static_cast<std::size_t>(first - values.begin()),
          static_cast<std::size_t>(values.rend() - last) - 1};
}

std::string growth_text(const Growth& growth, Unit unit, double seconds) {
  return fmt::format("by its trend from {} to {} in {}, {} ({} snapshots, p {})",
                     amount(std::max(growth.from, 0.0), unit), amount(growth.to, unit),
                     span_text(seconds), growth_rate_text(growth.per_second, unit), growth.samples,
                     growth.p < 1e-4 ? "below 0.0001" : fmt::format("{:.4f}", growth.p));
}

void add_numbers(Finding& finding, const Growth& growth) {
  finding.numbers.insert(finding.numbers.end(), {{"samples", static_cast<double>(growth.samples)},
                                                 {"p", growth.p},
                                                 {"from", growth.from},
                                                 {"to", growth.to},
                                                 {"per_second", growth.per_second}});
}

Plot plot_of(const Observed& observed, std::string metric, Unit unit, const Values& values) {
  return {std::move(metric), unit, observed.seconds(), values};
}

std::string called(const ProcessSeries& process) {
  return process.name.empty() || process.name == "-"
             ? process.pid
             : fmt::format("{} ({})", process.name, process.pid);
}

std::string called(const RowView& process) {
  const auto columns = shown_columns(*process.table);
  const auto text = [&](const char* name) {
    const Shown* column = find_shown(columns, name);
    const Value value = column == nullptr ? Value() : value_of(process, *column);
    return column == nullptr || no_value(value) ? std::string() : display(value, Unit::kNone);
  };
  const std::string name = text("name"), pid = text("pid");
  return name.empty() || name == "-" ? pid : fmt::format("{} ({})", name, pid);
}

std::string called(const Observed& observed, Cell pid) {
  if (observed.last_processes) {
    const Frame& frame = *observed.last_processes;
    for (const std::size_t slot : frame.slots()) {
      if (frame.cell(slot, 0) == pid) return called(frame.row(slot));
    }
  }
  return ref_text(unpack(pid));
}

FindingSubject subject_of(const ProcessSeries& process) {
  return {"process", process.pid, process.name, process.group};
}

std::string was_in_text(const ProcessSeries& process) {
  if (process.stack.empty() || waits_for_work(process.stack.front())) return {};
  return fmt::format(" It was in {}.", stack_text(process.stack));
}

std::string stack_text(const std::vector<std::string>& stack, std::size_t most) {
  std::vector<std::string> frames(
      stack.begin(), stack.begin() + static_cast<std::ptrdiff_t>(std::min(most, stack.size())));
  if (frames.size() < stack.size()) frames.emplace_back("…");
  return joined(frames, " < ");
}

}  // namespace beamtape
