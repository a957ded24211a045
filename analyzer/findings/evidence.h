#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analyzer/findings/rule.h"
#include "analyzer/trend/growth.h"

namespace beamtape {

// What several rules measure and say alike.

inline constexpr double kMiB = 1 << 20;
// Fewer samples than this are thin evidence: one level less.
inline constexpr std::size_t kThinSamples = 30;

// The kinds of memory that a node counts, by its columns.
struct MemoryKind {
  const char* column;
  const char* what;
};
inline constexpr MemoryKind kMemoryKinds[] = {
    {"memory_processes", "processes"}, {"memory_binary", "binaries"},
    {"memory_ets", "ETS tables"},      {"memory_code", "code"},
    {"memory_atom", "atoms"},          {"persistent_term_memory", "persistent terms"}};

// Memory that grows by less is not told; of a node's, also by less than this share.
inline constexpr double kLeastMemory = 10 * kMiB, kLeastMemoryShare = 0.2;

// The growth of a kind of the node's memory; nothing if it is not large enough to be told.
std::optional<Growth> memory_growth(const Observed& observed, const Values& memory);

// The median of the values at indexes [from, to) that are not NaN; NaN if all are.
double median_of_known(const Values& values, std::size_t from, std::size_t to);

// "now", where `at` is the index of the last snapshot; else "as of #58".
std::string as_of(const Observed& observed, std::size_t at);
// What a title without "now" adds: nothing at the last snapshot, else " as of #58".
std::string as_of_earlier(const Observed& observed, std::size_t at);

struct Grower {
  const SampleSeries* series = nullptr;
  Growth growth;
};
// A limit of the node, and how much of it is used; none where it is 0.
struct NodeLimit {
  double used = 0, limit = 0;
};
// True of growth that reaches it within an hour: no share of what is there already is too little.
bool reaches_soon(const Growth& growth, const NodeLimit& limit);
// The series of a column that grow (judge_growth), at a false discovery rate of 1 % over all of
// the table, the largest rise first. Of those that soon reach the limit, if there is one, no least
// share is asked for.
std::vector<Grower> growers_of(const Observed& observed, const SampledTable& table,
                               std::string_view column, const NodeLimit& limit = {});

// Warning where the growth is 1 % of the node's memory per hour or more, else info; one level
// less for thin evidence.
Severity severity_of_bytes(const Observed& observed, const Growth& growth);
// Growth towards a limit: warning if it is reached within a day, critical within an hour or
// when 80 % are used; one level less for thin evidence. `limit` <= 0: none, info.
Severity severity_towards(const Growth& growth, double now, double limit);
// Seconds until `limit` at this slope; nothing if it is not getting there.
std::optional<double> seconds_to(double now, double limit, double per_second);

// True, and says so in the finding, where the node's work rose as much as what grew: more load
// is not a leak. The finding becomes info.
bool capped_by_load(const Observed& observed, const Growth& growth, Finding& finding);

// The median increase of a counter per second; 0 if it is not known.
double typical_rate(const Observed& observed, const Values& counter);

// The ends of its trend line: "by its trend from 12.0 MiB to 40.1 MiB in 1 min 20 s (80 snapshots,
// p 0.0001)"
std::string growth_text(const Growth& growth, Unit unit, double seconds);
std::string amount(double value, Unit unit);  // 12.0 MiB or 41 203
std::string span_text(double seconds);        // 1 min 20 s

// Tells when it was seen: from one index of a snapshot to another, not all of the stretch. After
// its plot was drawn, which then counts from there.
void seen_between(const Observed& observed, std::size_t first, std::size_t last, Finding& finding);
// Indexes of the first and last value that is not NaN; all of them if there is none.
std::pair<std::size_t, std::size_t> extent(const Values& values);

void add_numbers(Finding& finding, const Growth& growth);
Plot plot_of(const Observed& observed, std::string metric, Unit unit, const Values& values);

// "shop_cart (<0.123.0>)", or the pid alone.
std::string called(const ProcessSeries& process);
std::string called(const RowView& process);
// The same of a pid, as the last snapshot names it; the pid alone if nobody has it there.
std::string called(const Observed& observed, Cell pid);
FindingSubject subject_of(const ProcessSeries& process);
// " It was in shop:pay/2 < gen_server:loop/7." Empty if its stack is not known, or only where it
// waits for work.
std::string was_in_text(const ProcessSeries& process);
// Up to `most` frames of a stack, innermost first, as one line.
std::string stack_text(const std::vector<std::string>& stack, std::size_t most = 4);

}  // namespace beamtape
