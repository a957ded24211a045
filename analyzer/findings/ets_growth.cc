// The ETS tables of one name grow, in rows or in memory (growth.h), by a fifth and 10 MiB or 10 000
// rows; as info, by as many rows as they have in the middle of the time, and 1000. Where their
// number grows too, ets-table-leak tells it.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analyzer/findings/all_rules.h"
#include "analyzer/findings/ets_owner.h"
#include "analyzer/findings/evidence.h"
#include "analyzer/findings/kin.h"
#include "analyzer/load/text.h"

namespace beamtape {
namespace ets_growth_rule {
namespace {

constexpr double kLeastShare = 0.2, kLeastRows = 10'000;
// Told as info.
constexpr double kFewShare = 1, kFewRows = 1000;

bool grows_by(const Growth& growth, double share, double rise) {
  return growth.growing() && growth.share() >= share && growth.rise() >= rise;
}

void tell(const Observed& observed, const SampleSeries& series, const Growth& memory,
          const Growth& rows, bool much, Verdict& verdict) {
  const bool by_memory = grows_by(memory, kLeastShare, kLeastMemory);
  const Growth& main = by_memory ? memory : rows;
  const LargestTable table = largest_table(observed, series.name);
  const std::string name = printable(series.name);
  const double share = main.share();
  Finding& finding = verdict.add(
      much && memory.growing() ? severity_of_bytes(observed, memory) : Severity::kInfo, share / 2,
      {"ets", name, printable(table.name.empty() ? series.name : table.name), ""});
  const Values& sizes = observed.ets.values(series, "size");
  const Values& bytes = observed.ets.values(series, "memory");
  // Names that differ in a number only are one series.
  const std::size_t last = extent(sizes).second;
  const double tables = observed.ets.values(series, "tables")[last];
  const bool several = tables > 1;
  const std::string now = fmt::format("{} rows, {} {}", amount(sizes[last], Unit::kCount),
                                      amount(bytes[last], Unit::kBytes), as_of(observed, last));
  finding.title = several ? fmt::format("{} ETS tables like {} grow: together {}",
                                        amount(tables, Unit::kCount), finding.subject.name, now)
                          : fmt::format("ETS table {} grows: {}", finding.subject.name, now);
  finding.evidence = fmt::format(
      "{} {} went {}.", several ? "Their" : "Its", by_memory ? "memory" : "number of rows",
      growth_text(main, by_memory ? Unit::kBytes : Unit::kCount, observed.duration()));
  if (!table.owner.empty()) {
    finding.evidence += fmt::format(
        " {} belongs to {}{}.", several ? "The largest" : "It", table.owner,
        table.supervisor.empty() ? "" : fmt::format(", started by {}", table.supervisor));
  }
  finding.caveat =
      "A cache that has not reached its size yet looks the same. Binaries over 64 bytes in its "
      "rows are not in this memory.";
  finding.advice =
      "Look for rows that are inserted and never deleted: a missing expiry, or a key "
      "that is never the same twice.";
  add_numbers(finding, main);
  finding.plot = by_memory ? plot_of(observed, "memory", Unit::kBytes, bytes)
                           : plot_of(observed, "size", Unit::kCount, sizes);
  finding.of_node = {{"memory_ets", memory.rise()}};
  finding.involves = owners_of_tables(observed, series.name);
  capped_by_load(observed, main, finding);
}

void evaluate(const Observed& observed, Verdict& verdict) {
  if (!verdict.long_enough()) return;
  const auto by_memory = growers_of(observed, observed.ets, "memory");
  const auto by_rows = growers_of(observed, observed.ets, "size");
  for (const SampleSeries& series : observed.ets.rows) {
    const auto growth_in = [&](const std::vector<Grower>& growers) {
      const auto at = std::find_if(growers.begin(), growers.end(),
                                   [&](const Grower& one) { return one.series == &series; });
      return at == growers.end() ? Growth{} : at->growth;
    };
    const Growth memory = growth_in(by_memory), rows = growth_in(by_rows);
    const bool much =
        grows_by(memory, kLeastShare, kLeastMemory) || grows_by(rows, kLeastShare, kLeastRows);
    if (!much && !grows_by(rows, kFewShare, kFewRows)) continue;
    if (judge_growth(observed.seconds(), observed.ets.values(series, "tables")).growing()) continue;
    tell(observed, series, memory, rows, much, verdict);
  }
}

}  // namespace
}  // namespace ets_growth_rule

const Rule kEtsGrowthRule{"ets-growth", "an ETS table grows", ets_growth_rule::evaluate};

}  // namespace beamtape
