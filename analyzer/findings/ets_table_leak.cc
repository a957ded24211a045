// ETS tables of one name become more (growth.h): by a fifth and 10 at least. Each costs memory even
// when it is empty, and ends only with its owner.

#include <fmt/format.h>

#include "analyzer/findings/all_rules.h"
#include "analyzer/findings/ets_owner.h"
#include "analyzer/findings/evidence.h"
#include "analyzer/findings/kin.h"
#include "analyzer/load/text.h"

namespace beamtape {
namespace ets_table_leak_rule {
namespace {

constexpr double kLeastShare = 0.2, kLeast = 10;

void evaluate(const Observed& observed, Verdict& verdict) {
  if (!verdict.long_enough()) return;
  for (const Grower& grower : growers_of(observed, observed.ets, "tables")) {
    if (grower.growth.rise() < kLeast || grower.growth.share() < kLeastShare) continue;
    const Values& tables = observed.ets.values(*grower.series, "tables");
    const Growth memory =
        judge_growth(observed.seconds(), observed.ets.values(*grower.series, "memory"));
    const std::string name = printable(grower.series->name);
    const LargestTable largest = largest_table(observed, grower.series->name);
    Finding& finding =
        verdict.add(memory.growing() ? severity_of_bytes(observed, memory) : Severity::kInfo,
                    grower.growth.share() / 2, {"ets", name, name, ""});
    const std::size_t last = extent(tables).second;
    finding.title = fmt::format("ETS tables named {} become more: {} {}", name,
                                amount(tables[last], Unit::kCount), as_of(observed, last));
    finding.evidence = fmt::format("Their number went {}.",
                                   growth_text(grower.growth, Unit::kCount, observed.duration()));
    if (!largest.owner.empty()) {
      finding.evidence += fmt::format(" The largest belongs to {}.", largest.owner);
    }
    finding.caveat =
        "A table for each session or shard is fine while those who own them come and go.";
    finding.advice =
        "See who owns them and why they are not deleted: `show ets FILE --sort first_seen`.";
    add_numbers(finding, grower.growth);
    finding.plot = plot_of(observed, "tables", Unit::kCount, tables);
    finding.of_node = {{"memory_ets", memory.rise()}};
    finding.involves = owners_of_tables(observed, grower.series->name);
    capped_by_load(observed, grower.growth, finding);
  }
}

}  // namespace
}  // namespace ets_table_leak_rule

const Rule kEtsTableLeakRule{"ets-table-leak", "ETS tables of one name become more and more",
                             ets_table_leak_rule::evaluate};

}  // namespace beamtape
