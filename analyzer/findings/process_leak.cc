// Processes of one kind become more and more: their number grows (growth.h), and in most spans of
// time more are born than die. Least growth: 500, or a fifth and 20; or 20 where at this rate the
// node's limit is reached within an hour, however many there are.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "analyzer/findings/all_rules.h"
#include "analyzer/findings/comparable_memory.h"
#include "analyzer/findings/evidence.h"
#include "analyzer/findings/group_filter.h"
#include "analyzer/findings/kin.h"
#include "analyzer/load/text.h"

namespace beamtape {
namespace process_leak_rule {
namespace {

constexpr double kLeast = 500, kLeastShare = 0.2, kLeastFew = 20;
constexpr std::size_t kSpans = 6, kSpansMore = 4;

double sum(const Values& values, std::size_t from) {
  double total = 0;
  for (std::size_t i = from; i < values.size(); ++i) total += std::isnan(values[i]) ? 0 : values[i];
  return total;
}

// In how many of kSpans spans of time more were born than died.
std::size_t spans_with_more_births(const Observed& observed, const Values& born,
                                   const Values& died) {
  std::array<double, kSpans> more{};
  for (std::size_t i = 1; i < born.size(); ++i) {
    const double place = observed.seconds()[i] / observed.duration() * kSpans;
    const double net = born[i] - died[i];
    if (!std::isnan(net)) more[std::min(kSpans - 1, static_cast<std::size_t>(place))] += net;
  }
  return static_cast<std::size_t>(
      std::count_if(more.begin(), more.end(), [](double net) { return net > 0; }));
}

Severity severity_of(const Observed& observed, const Growth& memory, const Grower& grower,
                     double now, double limit) {
  const Severity by_memory =
      memory.growing() ? severity_of_bytes(observed, memory) : Severity::kInfo;
  return std::max(by_memory, severity_towards(grower.growth, now, limit));
}

void tell(const Observed& observed, const Grower& grower, const NodeLimit& processes,
          Verdict& verdict) {
  const Values& count = observed.groups.values(*grower.series, "processes");
  const Values& born = observed.groups.values(*grower.series, "appeared");
  const Values& died = observed.groups.values(*grower.series, "gone");
  if (spans_with_more_births(observed, born, died) < kSpansMore) return;
  const double all_born = sum(born, 1), all_died = sum(died, 1);
  const auto [now, limit] = processes;
  const std::string name = printable(grower.series->name);
  const Growth memory =
      judge_growth(observed.seconds(), observed.groups.values(*grower.series, kComparableMemory));
  Finding& finding = verdict.add(severity_of(observed, memory, grower, now, limit),
                                 grower.growth.share(), {"group", name, name, name});
  const std::size_t last = extent(count).second;
  finding.title = fmt::format("Processes of {} become more: {} {}", name,
                              grouped(std::llround(count[last])), as_of(observed, last));
  const bool all_known =
      std::none_of(born.begin() + 1, born.end(), [](double n) { return std::isnan(n); });
  finding.evidence = fmt::format("Their number went {}. {}{} were born meanwhile and {} ended.",
                                 growth_text(grower.growth, Unit::kCount, observed.duration()),
                                 all_known ? "" : "At least ", grouped(std::llround(all_born)),
                                 grouped(std::llround(all_died)));
  finding.evidence += unread_text(observed, *grower.series);
  if (const auto left = seconds_to(now, limit, grower.growth.per_second)) {
    finding.evidence += fmt::format(" At this rate the limit of {} processes is reached in {}.",
                                    amount(limit, Unit::kCount), span_text(*left));
  }
  finding.caveat =
      "A population that is still filling up after a start or a deploy looks the same.";
  finding.advice = fmt::format(
      "See who starts them and what they wait for: `show processes FILE{} "
      "--limit 5`, then `process FILE PID`.",
      filter_option(name));
  finding.numbers = {{"born", all_born}, {"ended", all_died}};
  add_numbers(finding, grower.growth);
  finding.plot = plot_of(observed, "processes", Unit::kCount, count);
  finding.involves = kin_of_group(observed, grower.series->name);
  std::vector<std::string> others;
  for (const std::string& one : finding.involves) {
    if (one.starts_with("group ") && one.substr(6) != grower.series->name)
      others.push_back(printable(one.substr(6)));
  }
  if (!others.empty()) {
    finding.evidence += fmt::format(" Most of them were started by, are below or linked to {}.",
                                    joined(others, " and "));
  }
  finding.of_node = {{"process_count", grower.growth.rise()}};
  if (memory.samples > 0) finding.of_node.emplace_back("memory_processes", memory.rise());
  capped_by_load(observed, grower.growth, finding);
}

void evaluate(const Observed& observed, Verdict& verdict) {
  if (!verdict.long_enough()) return;
  const NodeLimit limit{observed.node_last("process_count", 0),
                        observed.node_last("process_limit", 0)};
  for (const Grower& grower : growers_of(observed, observed.groups, "processes", limit)) {
    const double rise = grower.growth.rise();
    const bool much = grower.growth.share() >= kLeastShare || reaches_soon(grower.growth, limit);
    if (rise >= kLeast || (rise >= kLeastFew && much)) tell(observed, grower, limit, verdict);
  }
}

}  // namespace
}  // namespace process_leak_rule

const Rule kProcessLeakRule{"process-leak", "processes of one kind become more and more",
                            process_leak_rule::evaluate};

}  // namespace beamtape
