// The memory of one process grows as its collections leave it (growth.h looks at the lower
// envelope), by 10 MiB and 0.5 % of the node; or that of a whole group, where its number does not
// grow and no single process makes up most of it; never because other members were read
// (comparable_memory.h).

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "analyzer/findings/all_rules.h"
#include "analyzer/findings/comparable_memory.h"
#include "analyzer/findings/evidence.h"
#include "analyzer/findings/group_filter.h"
#include "analyzer/findings/kin.h"
#include "analyzer/findings/relations.h"
#include "analyzer/load/text.h"

namespace beamtape {
namespace process_memory_growth_rule {
namespace {

constexpr double kLeastShareOfNode = 0.005;
// A member that makes up this much of its group's growth is the culprit itself.
constexpr double kMostOfGroup = 0.6;
// A group's number stands still while the most are at most so many times the fewest.
constexpr double kSameNumber = 1.1;

bool may_have_stopped(const Growth& growth) { return growth.rests || growth.slows; }

const char* stopped_text(const Growth& growth) {
  if (growth.rests) {
    return " It has stood still for longer than passed between its last two steps, and may have "
           "stopped.";
  }
  return growth.slows
             ? " Each of its last steps was smaller than the one before: a heap keeps room "
               "for the most that it has held, and this one may have stopped."
             : "";
}

bool large(const Observed& observed, const Growth& growth) {
  const double node = observed.node_last("memory_total", 0);
  return growth.growing() && growth.rise() >= std::max(kLeastMemory, kLeastShareOfNode * node);
}

// The smallest and the largest that is known; NaN if none is.
std::pair<double, double> bounds(const Values& values) {
  std::pair<double, double> found{kNaN, kNaN};
  for (const double value : values) {
    found = {std::fmin(found.first, value), std::fmax(found.second, value)};
  }
  return found;
}

// How often the number of minor collections fell or rose: each is a collection seen at least.
std::size_t collections(const ProcessSeries& process) {
  std::size_t changes = 0;
  for (std::size_t i = 1; i < process.minor_gcs.size(); ++i) {
    const double a = process.minor_gcs[i - 1], b = process.minor_gcs[i];
    changes += !std::isnan(a) && !std::isnan(b) && a != b ? 1 : 0;
  }
  return changes;
}

// `when`: as_of() the bytes were read.
std::string grown_text(const Growth& growth, double bytes, const std::string& when,
                       bool ended = false) {
  const std::string memory = amount(bytes, Unit::kBytes);
  if (ended) return fmt::format("grew to {}, until it ended", memory);
  if (!may_have_stopped(growth)) return fmt::format("grows: {} {}", memory, when);
  return fmt::format("has grown to {}{}", memory, when == "now" ? "" : " " + when);
}

void tell_process(const Observed& observed, const ProcessSeries& process, const Growth& growth,
                  Verdict& verdict) {
  const std::size_t seen = collections(process);
  Severity severity = severity_of_bytes(observed, growth);
  if (seen < 2 || may_have_stopped(growth)) severity = one_less(severity);
  const auto [first, last] = extent(process.memory);
  const double now = process.memory[last];
  // Beside the node's at the same time: it may have ended since.
  const Values* total = observed.node("memory_total");
  const double node = total != nullptr && !std::isnan((*total)[last]) ? (*total)[last] : growth.to;
  Finding& finding =
      verdict.add(severity, growth.rise() / std::max(node, 1.0), subject_of(process));
  finding.title = fmt::format("The memory of {} {}", called(process),
                              grown_text(growth, now, as_of(observed, last), process.ended));
  finding.evidence = fmt::format(
      "It went {}, with {} collections seen meanwhile; {:.1f} % of the node.",
      growth_text(growth, Unit::kBytes, observed.seconds()[last] - observed.seconds()[first]), seen,
      now / node * 100);
  finding.evidence += was_in_text(process);
  if (!process.ended) finding.evidence += relations_text(observed, {process.id.slot});
  finding.caveat = fmt::format(
      "A heap grows in steps and may stop at the next one.{} Its state is not recorded.",
      stopped_text(growth));
  finding.advice =
      fmt::format("See what it keeps in its state: `process FILE {}`.", shell_word(process.pid));
  finding.numbers = {{"collections", static_cast<double>(seen)}};
  add_numbers(finding, growth);
  finding.plot = plot_of(observed, "memory", Unit::kBytes, process.memory);
  finding.of_node = {{"memory_processes", growth.rise()}};
  seen_between(observed, first, last, finding);
  capped_by_load(observed, growth, finding);
}

void tell_group(const Observed& observed, const Grower& grower, Verdict& verdict) {
  const Values& memory = observed.groups.values(*grower.series, "memory");
  const std::size_t last = extent(memory).second;
  const double count = observed.groups.values(*grower.series, "processes")[last];
  const std::string name = printable(grower.series->name);
  const Severity severity = severity_of_bytes(observed, grower.growth);
  Finding& finding = verdict.add(may_have_stopped(grower.growth) ? one_less(severity) : severity,
                                 grower.growth.share() / 4, {"group", name, name, name});
  finding.title = fmt::format("The memory of the processes of {} {}", name,
                              grown_text(grower.growth, memory[last], as_of(observed, last)));
  finding.evidence = fmt::format(
      "Together it went {}; there are {} of them, and their number does not grow.",
      growth_text(grower.growth, Unit::kBytes, observed.duration()), amount(count, Unit::kCount));
  finding.evidence += unread_text(observed, *grower.series);
  finding.evidence += relations_text(observed, members_of_group(observed, grower.series->name));
  finding.caveat = fmt::format("Sessions that are all young grow together for a while.{}",
                               stopped_text(grower.growth));
  finding.advice =
      fmt::format("See the largest: `show processes FILE{} --sort memory`.", filter_option(name));
  add_numbers(finding, grower.growth);
  finding.plot = plot_of(observed, "memory", Unit::kBytes,
                         observed.groups.values(*grower.series, kComparableMemory));
  finding.of_node = {{"memory_processes", grower.growth.rise()}};
  capped_by_load(observed, grower.growth, finding);
}

// Their memory as a gauge; and, where their number stands still, as that of heaps, which may grow
// in steps together.
std::vector<Grower> growing_groups(const Observed& observed) {
  std::vector<Grower> growers = growers_of(observed, observed.groups, kComparableMemory);
  for (const SampleSeries& group : observed.groups.rows) {
    const Values& memory = observed.groups.values(group, kComparableMemory);
    const auto [fewest, most] = bounds(observed.groups.values(group, "processes"));
    const auto [least, largest] = bounds(memory);
    if (!(most <= kSameNumber * fewest) || !(largest - least >= kLeastMemory)) continue;
    const Growth growth = judge_heap_growth(observed.seconds(), memory);
    if (growth.in_steps) growers.push_back({&group, growth});
  }
  return growers;
}

void evaluate(const Observed& observed, Verdict& verdict) {
  if (!verdict.long_enough()) return;
  std::vector<std::pair<const ProcessSeries*, Growth>> told;
  for (const ProcessSeries& process : observed.processes) {
    const Growth growth = judge_heap_growth(observed.seconds(), process.memory);
    if (process.long_mailbox || !large(observed, growth)) continue;
    told.emplace_back(&process, growth);
  }
  for (const Grower& grower : growing_groups(observed)) {
    if (!large(observed, grower.growth)) continue;
    const Values& count = observed.groups.values(*grower.series, "processes");
    const bool more = judge_growth(observed.seconds(), count).growing();
    const auto culprit = [&](const auto& one) {
      return one.first->group == grower.series->name &&
             one.second.rise() >= kMostOfGroup * grower.growth.rise();
    };
    const bool one_alone = std::any_of(told.begin(), told.end(), culprit);
    // What many members share is told of the group, not of each.
    if (!more && !one_alone) tell_group(observed, grower, verdict);
    if (!one_alone) {
      std::erase_if(told, [&](const auto& one) { return one.first->group == grower.series->name; });
    }
  }
  for (const auto& [process, growth] : told) tell_process(observed, *process, growth, verdict);
}

}  // namespace
}  // namespace process_memory_growth_rule

const Rule kProcessMemoryGrowthRule{"process-memory-growth", "the memory of a process grows",
                                    process_memory_growth_rule::evaluate};

}  // namespace beamtape
