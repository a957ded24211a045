// Atoms become more. They are never given back and the node ends at the limit, so no share of what
// is there already is asked for: a steady slope (Mann–Kendall), in five of six spans of time, of at
// least 100 atoms. Loading code makes atoms too, but in steps.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "analyzer/findings/all_rules.h"
#include "analyzer/findings/evidence.h"

namespace beamtape {
namespace atom_leak_rule {
namespace {

constexpr double kLeast = 100;
constexpr std::size_t kSpans = 6, kSpansRising = 5;
// A month: longer than most nodes go without a restart.
constexpr double kSoon = 30.0 * 86400;

// In how many of kSpans spans of time there were more at the end than at the start.
std::size_t rising_spans(const Observed& observed, const Values& atoms) {
  std::array<double, kSpans> gained{};
  for (std::size_t i = 1; i < atoms.size(); ++i) {
    const double place = observed.seconds()[i] / observed.duration() * kSpans;
    const double more = atoms[i] - atoms[i - 1];
    if (!std::isnan(more)) gained[std::min(kSpans - 1, static_cast<std::size_t>(place))] += more;
  }
  return static_cast<std::size_t>(
      std::count_if(gained.begin(), gained.end(), [](double g) { return g > 0; }));
}

void evaluate(const Observed& observed, Verdict& verdict) {
  if (!verdict.long_enough()) return;
  const Values* atoms = verdict.need("atom_count");
  if (atoms == nullptr) return;
  const Growth growth = judge_growth(observed.seconds(), *atoms, 0);
  if (!growth.growing() || growth.rise() < kLeast ||
      rising_spans(observed, *atoms) < kSpansRising) {
    return;
  }
  const double now = observed.node_last("atom_count", 0);
  const double limit = observed.node_last("atom_limit", 0);
  const auto left = seconds_to(now, limit, growth.per_second);
  Severity severity = severity_towards(growth, now, limit);
  if (left && *left <= kSoon && growth.samples >= kThinSamples) {
    severity = std::max(severity, Severity::kWarning);
  }
  Finding& finding =
      verdict.add(severity, left ? 1 - *left / kSoon : 0, {"node", observed.node_name, "", ""});
  finding.title = fmt::format("Atoms become more: {} {}", amount(now, Unit::kCount),
                              as_of(observed, extent(*atoms).second));
  finding.evidence =
      fmt::format("Their number went {}.", growth_text(growth, Unit::kCount, observed.duration()));
  if (left) {
    finding.evidence +=
        fmt::format(" At this rate the limit of {} is reached in {}; the node ends there.",
                    amount(limit, Unit::kCount), span_text(*left));
  }
  finding.caveat =
      "Which atoms they are is not recorded. A node that is still loading code makes them too, "
      "though in "
      "steps.";
  finding.advice =
      "Look for list_to_atom, binary_to_atom or String.to_atom on what comes from outside, and "
      "use the variants for existing atoms.";
  add_numbers(finding, growth);
  finding.of_node = {{"atom_count", growth.rise()}};
  finding.plot = plot_of(observed, "atom_count", Unit::kCount, *atoms);
}

}  // namespace
}  // namespace atom_leak_rule

const Rule kAtomLeakRule{"atom-leak", "atoms become more and are never given back",
                         atom_leak_rule::evaluate};

}  // namespace beamtape
