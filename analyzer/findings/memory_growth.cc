// The node's memory grows (growth.h), by 10 MiB and a fifth, whatever it is of: what no other rule
// can name, as armed timers and messages on their way are in no table. tell_once() tells it beside
// a finding that explains it, if there is one.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string>
#include <vector>

#include "analyzer/findings/all_rules.h"
#include "analyzer/findings/evidence.h"
#include "analyzer/load/text.h"

namespace beamtape {
namespace memory_growth_rule {
namespace {

// Less than this is told as info: a node that fills its caches looks the same for a while.
constexpr double kMuch = 0.5;
// A kind of memory that makes up so much of the rise is told; one that makes up so much, first.
constexpr double kPart = 0.1, kMost = 0.6;

// Between the first and the last sixth of the stretch; 0 where one of them has no value.
double rise_of(const Values& values) {
  const std::size_t some = std::max<std::size_t>(1, values.size() / 6);
  const double rise = median_of_known(values, values.size() - some, values.size()) -
                      median_of_known(values, 0, some);
  return std::isnan(rise) ? 0 : rise;
}

// What all processes say they hold; NaN where nothing was read.
Values held_by_processes(const Observed& observed) {
  Values sum(observed.size(), kNaN);
  for (const SampleSeries& group : observed.groups.rows) {
    const Values& memory = observed.groups.values(group, kComparableMemory);
    for (std::size_t i = 0; i < sum.size(); ++i) {
      if (!std::isnan(memory[i])) sum[i] = std::isnan(sum[i]) ? memory[i] : sum[i] + memory[i];
    }
  }
  return sum;
}

struct Part {
  const char* what = "";
  const char* column = "";
  double rise = 0;
};

// Of what the node's memory grew, beginning with processes; the last is the rest.
std::vector<Part> parts_of(const Observed& observed, double whole) {
  std::vector<Part> parts;
  double rest = whole;
  bool all_known = true;
  for (const MemoryKind& kind : kMemoryKinds) {
    const Values* values = observed.node(kind.column);
    all_known = all_known && values != nullptr;
    parts.push_back({kind.what, kind.column, values == nullptr ? 0 : rise_of(*values)});
    rest -= parts.back().rise;
  }
  parts.push_back({all_known ? "no process, table, binary, code, atom or persistent term"
                             : "no kind that was recorded",
                   "", rest});
  return parts;
}

// "85.0 MiB of processes, of which they themselves hold 2.10 MiB; 30.1 MiB of binaries".
std::string parts_text(const Observed& observed, const std::vector<Part>& parts, double whole) {
  std::vector<std::string> told;
  for (const Part& part : parts) {
    if (part.rise < kPart * whole) continue;
    told.push_back(fmt::format("{} of {}", amount(part.rise, Unit::kBytes), part.what));
    if (&part != &parts.front() || observed.groups.rows.empty()) continue;
    const double held = std::max(0.0, rise_of(held_by_processes(observed)));
    if (held < part.rise / 2) {
      told.back() += fmt::format(", of which they themselves hold {}", amount(held, Unit::kBytes));
    }
  }
  return joined(told, "; ");
}

void evaluate(const Observed& observed, Verdict& verdict) {
  if (!verdict.long_enough()) return;
  const Values* total = verdict.need("memory_total");
  if (total == nullptr) return;
  const auto growing = memory_growth(observed, *total);
  if (!growing) return;
  const Growth& growth = *growing;
  const Severity severity =
      growth.share() < kMuch ? Severity::kInfo : severity_of_bytes(observed, growth);
  Finding& finding =
      verdict.add(severity, growth.share() / 4, {"node", observed.node_name, "", ""});
  const double whole = rise_of(*total);
  const auto parts = parts_of(observed, whole);
  const std::size_t last = extent(*total).second;
  finding.title = fmt::format("The node's memory grows: {} {}",
                              amount((*total)[last], Unit::kBytes), as_of(observed, last));
  const auto most = std::max_element(parts.begin(), std::prev(parts.end()),
                                     [](const Part& a, const Part& b) { return a.rise < b.rise; });
  if (whole > 0 && most->rise >= kMost * whole) {
    finding.title += fmt::format(", mostly by {}", most->what);
    finding.of_node = {{most->column, most->rise}};
  }
  finding.evidence =
      fmt::format("It went {}.", growth_text(growth, Unit::kBytes, observed.duration()));
  if (const auto of = parts_text(observed, parts, whole); !of.empty()) {
    finding.evidence += fmt::format(" Between its first and last sixth: {}.", of);
  }
  finding.caveat =
      "A node that fills its caches grows for a while. Armed timers and messages on their way are "
      "in no table.";
  finding.advice = "See where it went: `diff FILE`.";
  add_numbers(finding, growth);
  finding.plot = plot_of(observed, "memory_total", Unit::kBytes, *total);
  capped_by_load(observed, growth, finding);
}

}  // namespace
}  // namespace memory_growth_rule

const Rule kMemoryGrowthRule{"memory-growth", "the node's memory grows",
                             memory_growth_rule::evaluate};

}  // namespace beamtape
