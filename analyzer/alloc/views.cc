// The formulas, over U = the nine allocators below, i = an instance:
//
//   mbcs(i)      = multi-block carriers + abandoned ones in the pool; of the maximum without pool
//   used         = SUM sbcs.blocks_size + mbcs.blocks_size
//   allocated    = SUM sbcs.carriers_size + mbcs.carriers_size
//   held(i)      = (1 - sbcs use) * sbcs.carriers_size + (1 - mbcs use) * mbcs.carriers_size
//   ratio(i)     = sbcs.blocks / mbcs.blocks            0/0 = 0, n/0 = infinite
//   average(a)   = SUM blocks_size / SUM blocks         over the instances of a
//   hit rate(i)  = cache_hits / calls                   0/0 = 1
//
// They reproduce recon_alloc bit for bit (tests/analyzer/data/allocators.json), so the order of
// the floating-point operations matters.

#include "analyzer/alloc/views.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <optional>
#include <string_view>
#include <tuple>

namespace beamtape {

namespace {

constexpr std::array<std::string_view, 9> kCounted{"temp_alloc", "eheap_alloc",  "binary_alloc",
                                                   "ets_alloc",  "driver_alloc", "sl_alloc",
                                                   "ll_alloc",   "fix_alloc",    "std_alloc"};

// Numbers of one row by their column's name.
class RowNumbers {
 public:
  RowNumbers(const RowView& row, const Table& table) : row_(row), table_(table) {}

  std::optional<std::int64_t> number(const std::string& column) const {
    const auto at = table_.find(column);
    if (!at) return std::nullopt;
    const Cell cell = row_.cell(*at);
    return is_missing(cell) ? std::nullopt : std::optional(cell);
  }
  std::string text(const std::string& column) const {
    const auto at = table_.find(column);
    if (!at || is_missing(row_.cell(*at))) return {};
    return std::string(row_.texts.text(row_.cell(*at)).value_or(std::string_view()));
  }
  // A section such as "mbcs"; nothing if a number of it was not read.
  std::optional<CarrierNumbers> carriers(const std::string& section,
                                         const std::string& suffix) const {
    const auto blocks = number(section + "_blocks" + suffix);
    const auto blocks_size = number(section + "_blocks_size" + suffix);
    const auto carriers_size = number(section + "_carriers_size" + suffix);
    if (!blocks || !blocks_size || !carriers_size) return std::nullopt;
    return CarrierNumbers{*blocks, *blocks_size, *carriers_size};
  }
  // True where the node itself has no such section: instance 0 has no pool.
  bool lacks(const std::string& column) const {
    const auto at = table_.find(column);
    return at && row_.cell(*at) == missing(Missing::kNone);
  }

 private:
  const RowView& row_;
  const Table& table_;
};

std::optional<AllocatorInstance> instance_of(const RowNumbers& row, Moment moment) {
  const std::string suffix = moment == Moment::kMax ? "_max" : "";
  const auto mbcs = row.carriers("mbcs", suffix);
  const auto sbcs = row.carriers("sbcs", suffix);
  if (!mbcs || !sbcs) return std::nullopt;
  AllocatorInstance made{row.text("allocator"), row.number("instance").value_or(0), *mbcs, *sbcs};
  if (moment == Moment::kMax || row.lacks("mbcs_pool_carriers_size")) return made;
  const auto pool = row.carriers("mbcs_pool", "");
  if (!pool) return std::nullopt;
  made.mbcs.blocks += pool->blocks;
  made.mbcs.blocks_size += pool->blocks_size;
  made.mbcs.carriers_size += pool->carriers_size;
  return made;
}

double quotient(std::int64_t part, std::int64_t whole) {
  if (whole == 0) return 1;
  return static_cast<double>(part) / static_cast<double>(whole);
}

double held(double usage, std::int64_t carriers_size) {
  return (1.0 - usage) * static_cast<double>(carriers_size);
}

Fragmentation fragmentation_of(const AllocatorInstance& one) {
  Fragmentation made{one};
  made.sbcs_usage = quotient(one.sbcs.blocks_size, one.sbcs.carriers_size);
  made.mbcs_usage = quotient(one.mbcs.blocks_size, one.mbcs.carriers_size);
  made.held_bytes =
      held(made.sbcs_usage, one.sbcs.carriers_size) + held(made.mbcs_usage, one.mbcs.carriers_size);
  return made;
}

double block_ratio(const AllocatorInstance& one) {
  if (one.mbcs.blocks == 0) {
    return one.sbcs.blocks == 0 ? 0 : std::numeric_limits<double>::infinity();
  }
  return quotient(one.sbcs.blocks, one.mbcs.blocks);
}

std::vector<AverageBlockSize> averages(const std::vector<AllocatorInstance>& instances) {
  std::map<std::string, AllocatorInstance> sums;
  for (const AllocatorInstance& one : instances) {
    AllocatorInstance& sum = sums[one.allocator];
    sum.mbcs.blocks += one.mbcs.blocks;
    sum.mbcs.blocks_size += one.mbcs.blocks_size;
    sum.sbcs.blocks += one.sbcs.blocks;
    sum.sbcs.blocks_size += one.sbcs.blocks_size;
  }
  const auto average = [](const CarrierNumbers& sum) {
    return sum.blocks == 0 ? 0 : quotient(sum.blocks_size, sum.blocks);
  };
  std::vector<AverageBlockSize> made;
  for (const auto& [name, sum] : sums) made.push_back({name, average(sum.mbcs), average(sum.sbcs)});
  return made;
}

void fill(AllocatorViews& views, const std::vector<AllocatorInstance>& instances) {
  for (const AllocatorInstance& one : instances) {
    views.usage.used += one.sbcs.blocks_size + one.mbcs.blocks_size;
    views.usage.allocated += one.sbcs.carriers_size + one.mbcs.carriers_size;
    views.fragmentation.push_back(fragmentation_of(one));
    views.sbcs_to_mbcs.push_back({one.allocator, one.instance, block_ratio(one)});
  }
  views.usage.ratio = quotient(views.usage.used, views.usage.allocated);
  // Equal ones in a fixed order, the last by name first.
  std::sort(views.fragmentation.begin(), views.fragmentation.end(),
            [](const Fragmentation& a, const Fragmentation& b) {
              return std::tie(a.held_bytes, a.numbers.allocator, a.numbers.instance) >
                     std::tie(b.held_bytes, b.numbers.allocator, b.numbers.instance);
            });
  std::sort(views.sbcs_to_mbcs.begin(), views.sbcs_to_mbcs.end(),
            [](const BlockRatio& a, const BlockRatio& b) {
              return std::tie(a.ratio, a.allocator, a.instance) >
                     std::tie(b.ratio, b.allocator, b.instance);
            });
  views.average_block_sizes = averages(instances);
}

}  // namespace

AllocatorViews allocator_views(const Frame& frame, Moment moment) {
  AllocatorViews views;
  std::vector<AllocatorInstance> instances;
  for (const std::size_t slot : frame.slots()) {
    const RowView row = frame.row(slot);
    const RowNumbers numbers(row, frame.table());
    const std::string allocator = numbers.text("allocator");
    if (std::find(kCounted.begin(), kCounted.end(), allocator) == kCounted.end()) continue;
    if (auto one = instance_of(numbers, moment)) {
      instances.push_back(std::move(*one));
    } else {
      views.left_out.push_back(
          fmt::format("{}/{}", allocator, numbers.number("instance").value_or(0)));
    }
  }
  fill(views, instances);
  return views;
}

std::vector<CacheHitRate> cache_hit_rates(const Frame& frame) {
  std::vector<CacheHitRate> rates;
  for (const std::size_t slot : frame.slots()) {
    const RowView row = frame.row(slot);
    const RowNumbers numbers(row, frame.table());
    if (numbers.text("allocator") != "mseg_alloc") continue;
    const auto hits = numbers.number("cache_hits");
    const auto calls = numbers.number("calls_mseg_alloc");
    if (!hits || !calls) continue;
    rates.push_back(
        {numbers.number("instance").value_or(0), *hits, *calls, quotient(*hits, *calls)});
  }
  const auto weight = [](const CacheHitRate& one) { return held(one.rate, one.calls); };
  std::sort(rates.begin(), rates.end(), [&](const CacheHitRate& a, const CacheHitRate& b) {
    return std::pair(weight(a), a.instance) > std::pair(weight(b), b.instance);
  });
  return rates;
}

}  // namespace beamtape
