// Memory that an allocator holds without data in it: 40 % of its carriers or more, and 256 MiB or
// 20 % of all that is allocated (64 MiB at least), in 80 % of the second half of the snapshots, of
// which half at least were read.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analyzer/findings/all_rules.h"
#include "analyzer/findings/evidence.h"
#include "analyzer/load/text.h"

namespace beamtape {
namespace allocator_fragmentation_rule {
namespace {

constexpr double kUnused = 0.4, kWasted = 256 * kMiB, kShareOfAll = 0.2, kLeast = 64 * kMiB;
constexpr double kMostOfTheTime = 0.8;

bool wasteful(double blocks, double carriers, double all) {
  const double wasted = carriers - blocks;
  return carriers > 0 && wasted >= kUnused * carriers &&
         (wasted >= kWasted || (wasted >= kLeast && wasted >= kShareOfAll * all));
}

void evaluate(const Observed& observed, Verdict& verdict) {
  if (!verdict.long_enough()) return;
  const Values* all = verdict.need("allocated_total");
  if (all == nullptr) return;
  const std::size_t half = observed.size() / 2;
  for (const SampleSeries& series : observed.allocators.rows) {
    const Values& blocks = observed.allocators.values(series, "blocks_size");
    const Values& carriers = observed.allocators.values(series, "carriers_size");
    std::size_t times = 0, known = 0, last = 0;
    Values wasted(observed.size(), kNaN);
    for (std::size_t i = 0; i < observed.size(); ++i) {
      wasted[i] = carriers[i] - blocks[i];
      if (i < half || std::isnan(wasted[i])) continue;
      ++known;
      times += wasteful(blocks[i], carriers[i], (*all)[i]) ? 1 : 0;
      if (carriers[i] > 0) last = i;
    }
    if (2 * known < observed.size() - half) continue;
    const double share = static_cast<double>(times) / static_cast<double>(known);
    if (share < kMostOfTheTime) continue;
    const double now = std::max(wasted[last], 0.0);
    const double whole = std::max(observed.node_last("allocated_total", 1), 1.0);
    const Severity severity = observed.size() < kThinSamples ? Severity::kInfo : Severity::kWarning;
    const std::string name = printable(series.name);
    Finding& finding = verdict.add(severity, now / whole, {"allocator", name, name, ""});
    finding.title = fmt::format("{} holds {} without data in it{}", name, amount(now, Unit::kBytes),
                                as_of_earlier(observed, last));
    finding.evidence = fmt::format(
        "{} of its carriers of {} are unused ({:.0f} %), {:.0f} % of all that is allocated; so in "
        "{:.0f} % of the "
        "second half of {} snapshots.",
        amount(now, Unit::kBytes), amount(carriers[last], Unit::kBytes), now / carriers[last] * 100,
        now / whole * 100, share * 100, observed.size());
    finding.caveat = "After a peak carriers stay for a while, and what comes next may use them.";
    finding.advice =
        "See which instances: `alloc FILE`. Allocation strategies (`+MBas aobf`, `+MHas`) and "
        "abandoned carriers (`acul`) are what is usually changed.";
    finding.numbers = {{"unused_bytes", now}, {"carriers_bytes", carriers[last]}};
    finding.plot = plot_of(observed, "unused", Unit::kBytes, wasted);
    seen_between(observed, half, observed.size() - 1, finding);
  }
}

}  // namespace
}  // namespace allocator_fragmentation_rule

const Rule kAllocatorFragmentationRule{"allocator-fragmentation",
                                       "an allocator holds memory without data in it",
                                       allocator_fragmentation_rule::evaluate};

}  // namespace beamtape
