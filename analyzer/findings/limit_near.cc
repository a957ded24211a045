// 80 % of a limit of the node are used: processes, ports, atoms, or the buffer to another node.
// (The limit of ETS tables has not been enforced since OTP 20.)

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analyzer/findings/all_rules.h"
#include "analyzer/findings/evidence.h"

namespace beamtape {
namespace limit_near_rule {
namespace {

constexpr double kNear = 0.8, kVeryNear = 0.95;
constexpr double kHour = 3600;

struct Limit {
  const char* used;
  const char* limit;
  const char* what;
  const char* at_limit;
  Unit unit;
};
constexpr Limit kLimits[] = {
    {"process_count", "process_limit", "processes", "spawning fails there", Unit::kCount},
    {"port_count", "port_limit", "ports", "opening sockets and files fails there", Unit::kCount},
    {"atom_count", "atom_limit", "atoms", "the node ends there", Unit::kCount},
    {"dist_queue_max", "dist_buf_busy_limit", "buffer to another node",
     "those who send to it are suspended there", Unit::kBytes},
};

void evaluate(const Observed& observed, Verdict& verdict) {
  for (const Limit& one : kLimits) {
    const Values* used = observed.node(one.used);
    const double limit = observed.node_last(one.limit, 0);
    if (used == nullptr || limit <= 0) {
      // A node that is connected to no other has no such buffer.
      if (one.unit == Unit::kCount)
        verdict.not_evaluated(fmt::format("{} was not recorded", one.used));
      continue;
    }
    const double now = observed.node_last(one.used, 0);
    if (now < kNear * limit) continue;
    const Growth growth = judge_growth(observed.seconds(), *used, 0);
    const auto left = growth.growing() ? seconds_to(now, limit, growth.per_second) : std::nullopt;
    const bool critical = now >= kVeryNear * limit || (left && *left <= kHour);
    Finding& finding = verdict.add(critical ? Severity::kCritical : Severity::kWarning,
                                   (now / limit - kNear) / (1 - kNear),
                                   {"node", observed.node_name, one.used, ""});
    finding.title = fmt::format("{:.0f} % of the limit of {} are used: {} of {}", now / limit * 100,
                                one.what, amount(now, one.unit), amount(limit, one.unit));
    const std::size_t last = extent(*used).second;
    const bool to_the_end = last + 1 == observed.size();
    finding.evidence = fmt::format("{} {} of {}; {}.",
                                   to_the_end ? std::string("At the end")
                                              : fmt::format("In #{}, the last that is known,",
                                                            observed.segment.snapshots[last]->id),
                                   amount(now, one.unit), amount(limit, one.unit), one.at_limit);
    finding.evidence += left ? fmt::format(" At the present rate that is in {}.", span_text(*left))
                             : std::string(" It does not grow steadily.");
    finding.caveat = "A limit that is reached for a moment may never be reached again.";
    finding.advice =
        "Find what uses them up before raising the limit (`erl +P`, `+Q`, `+t`, `+zdbbl`).";
    finding.numbers = {{"used", now}, {"limit", limit}};
    finding.plot = plot_of(observed, one.used, one.unit, *used);
    std::size_t first = last;
    for (std::size_t i = last; i > 0 && !((*used)[i - 1] < kNear * limit); --i) {
      if (!std::isnan((*used)[i - 1])) first = i - 1;
    }
    seen_between(observed, first, last, finding);
    if (growth.growing()) finding.of_node = {{one.used, growth.rise()}};
  }
}

}  // namespace
}  // namespace limit_near_rule

const Rule kLimitNearRule{"limit-near", "a limit of the node is near", limit_near_rule::evaluate};

}  // namespace beamtape
