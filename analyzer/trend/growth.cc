#include "analyzer/trend/growth.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "analyzer/trend/statistics.h"

namespace beamtape {
namespace {

constexpr double kTrendP = 0.01;
constexpr std::size_t kBlocks = 6;
constexpr double kEnvelopeP = 0.07;
constexpr std::size_t kFewForQuantile = 8;
constexpr double kWentAway = 0.25;     // of the envelope's rise
constexpr double kStillGrowing = 0.3;  // of the whole's slope
constexpr double kFall = 0.5;          // of the range
constexpr double kStepFits = 0.95;     // of the line's residual

struct Points {
  std::vector<double> seconds, values;
  std::vector<std::size_t> index;  // in what was given
};

Points usable(std::span<const double> seconds, std::span<const double> values) {
  std::vector<std::size_t> present;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isfinite(values[i])) present.push_back(i);
  }
  const std::size_t stride = (present.size() + kMostSamples - 1) / kMostSamples;
  Points points;
  // Thinned out from the end, so that the last value stays.
  const std::size_t skip = stride > 1 ? (present.size() - 1) % stride : 0;
  for (std::size_t i = skip; i < present.size(); i += std::max<std::size_t>(stride, 1)) {
    points.index.push_back(present[i]);
    points.seconds.push_back(seconds[present[i]]);
    points.values.push_back(values[present[i]]);
  }
  return points;
}

using Blocks = std::array<std::vector<double>, kBlocks>;

// The values in blocks of equal time; where one would be empty, of equal numbers.
Blocks in_blocks(const Points& points) {
  Blocks by_time, by_number;
  const double first = points.seconds.front();
  const double span = points.seconds.back() - first;
  for (std::size_t i = 0; i < points.values.size(); ++i) {
    const double place = (points.seconds[i] - first) / span * kBlocks;
    by_time[std::min(kBlocks - 1, static_cast<std::size_t>(place))].push_back(points.values[i]);
    by_number[i * kBlocks / points.values.size()].push_back(points.values[i]);
  }
  const bool whole =
      std::none_of(by_time.begin(), by_time.end(), [](const auto& block) { return block.empty(); });
  return whole ? by_time : by_number;
}

// Condition 3.
bool envelope_rises(const Points& points, double least_rise) {
  if (points.seconds.back() <= points.seconds.front()) return false;
  Blocks blocks = in_blocks(points);
  std::array<double, kBlocks> low{};
  for (std::size_t b = 0; b < kBlocks; ++b) {
    low[b] = blocks[b].size() < kFewForQuantile
                 ? *std::min_element(blocks[b].begin(), blocks[b].end())
                 : quantile(std::move(blocks[b]), 0.1);
  }
  const double rise = low.back() - low.front();
  const double highest = *std::max_element(low.begin(), low.end());
  return rise > 0 && rise >= least_rise && rising_p_of_six(low) <= kEnvelopeP &&
         highest - low.back() <= kWentAway * rise;
}

struct Step {
  double seconds = 0, rise = 0;
};

// Where what the values never fall below again has risen by a step, which may take some samples:
// the heaps of a group do not grow all at once.
std::vector<Step> steps_up(const Points& points) {
  constexpr double kStep = 1.1, kRises = 1.01;
  std::vector<double> floor = points.values;
  for (std::size_t i = floor.size() - 1; i > 0; --i)
    floor[i - 1] = std::min(floor[i - 1], floor[i]);
  std::vector<Step> steps;
  for (std::size_t i = 1; i < floor.size(); ++i) {
    const double before = floor[i - 1];
    while (i < floor.size() && floor[i] >= kRises * floor[i - 1]) ++i;
    if (floor[i - 1] >= kStep * before) {
      steps.push_back({points.seconds[i - 1], floor[i - 1] - before});
    }
  }
  return steps;
}

// Bottoms are the lowest values between falls by half of all that it moves in; where it falls once,
// what it rose from is one of them.
bool bottoms_rise(const Points& points, double slope) {
  const auto [lowest, highest] = std::minmax_element(points.values.begin(), points.values.end());
  const double fall = kFall * (*highest - *lowest);
  std::vector<std::size_t> bottoms{0};
  std::size_t top = 0;
  bool falling = false;  // since the last bottom
  bool rose = false;     // before it first fell
  for (std::size_t i = 1; i < points.values.size(); ++i) {
    if (falling) {
      if (points.values[i] < points.values[bottoms.back()]) bottoms.back() = i;
      falling = points.values[i] < points.values[bottoms.back()] + fall;
      top = i;
    } else {
      if (points.values[i] > points.values[top]) top = i;
      rose = rose || points.values[top] >= points.values[bottoms[0]] + fall;
      falling = points.values[i] <= points.values[top] - fall;
      if (falling && !rose) {
        bottoms[0] = i;
        rose = true;
      } else if (falling) {
        bottoms.push_back(i);
      } else if (bottoms.size() == 1 && points.values[i] < points.values[bottoms[0]]) {
        bottoms[0] = i;
      }
    }
  }
  if (bottoms.size() == 1) return true;
  const std::size_t first = bottoms.size() == 2 ? bottoms[0] : bottoms[1];
  const std::size_t last = bottoms.back();
  return points.values[last] - points.values[first] >=
         kStillGrowing * slope * (points.seconds[last] - points.seconds[first]);
}

struct Stairs {
  bool rests = false, slows = false;  // as in Growth
};

// Nothing unless it climbs.
std::optional<Stairs> climbs_stairs(const Points& points) {
  constexpr std::size_t kFewestSteps = 3;
  constexpr double kTwice = 2, kOverdue = 2.5, kSlower = 0.5;
  const double lowest = *std::min_element(points.values.begin(), points.values.end());
  const auto steps = steps_up(points);
  if (steps.size() < kFewestSteps || points.values.back() < kTwice * lowest) return {};
  const Step *first = &steps[steps.size() - 3], *second = first + 1, *last = first + 2;
  // In gaps between the last two.
  const double rests = (points.seconds.back() - last->seconds) / (last->seconds - second->seconds);
  const double slope = (points.values.back() - points.values.front()) /
                       (points.seconds.back() - points.seconds.front());
  if (rests > kOverdue || !bottoms_rise(points, slope)) return {};
  const bool smaller = first->rise > second->rise && second->rise > last->rise;
  return Stairs{rests > 1, smaller && last->rise <= kSlower * first->rise};
}

// Condition 4; also over a pause of a block's length and more, where one value stands for a long
// time.
bool second_half_grows(const Points& points, double slope) {
  const double block = (points.seconds.back() - points.seconds.front()) / kBlocks;
  for (std::size_t i = points.values.size() / 2; i < points.values.size(); ++i) {
    const double passed = points.seconds[i] - points.seconds[i - 1];
    if (passed >= block && points.values[i] - points.values[i - 1] < kStillGrowing * slope * passed)
      return false;
  }
  const std::size_t half = points.values.size() / 2;
  const auto seconds = std::span(points.seconds).subspan(half);
  const auto values = std::span(points.values).subspan(half);
  return theil_sen_slope(seconds, values) >= kStillGrowing * slope;
}

}  // namespace

Growth judge_growth(std::span<const double> seconds, std::span<const double> values,
                    double least_share) {
  const Points points = usable(seconds, values);
  Growth growth;
  growth.samples = points.values.size();
  if (growth.samples < kFewestSamples) return growth;
  growth.verdict = Growth::Verdict::kNotGrowing;
  growth.middle = median(points.values);
  growth.from = growth.to = growth.step_before = growth.step_after = growth.middle;
  // Most of what a node has never changes.
  const auto [lowest, highest] = std::minmax_element(points.values.begin(), points.values.end());
  if (*lowest == *highest) return growth;
  const double least_rise = least_share * std::abs(growth.middle);
  growth.per_second = theil_sen_slope(points.seconds, points.values);
  const double span = points.seconds.back() - points.seconds.front();
  std::vector<double> offsets;
  for (std::size_t i = 0; i < points.values.size(); ++i) {
    offsets.push_back(points.values[i] -
                      growth.per_second * (points.seconds[i] - points.seconds.front()));
  }
  growth.from = median(std::move(offsets));
  growth.to = growth.from + growth.per_second * span;
  const auto levels = two_levels(points.values);
  const bool step = levels.residual < kStepFits * line_residual(points.seconds, points.values);
  growth.step_at = points.index[levels.at];
  growth.step_before = levels.before;
  growth.step_after = levels.after;
  if (step && std::abs(levels.after - levels.before) > std::max(least_rise, 0.0)) {
    growth.verdict = Growth::Verdict::kStep;
  }
  // The dear test last.
  if (growth.per_second <= 0 || growth.rise() < least_rise || step ||
      !envelope_rises(points, least_rise) || !second_half_grows(points, growth.per_second)) {
    return growth;
  }
  growth.p = rising_p(points.seconds, points.values);
  if (growth.p < kTrendP) growth.verdict = Growth::Verdict::kGrowing;
  return growth;
}

Growth judge_heap_growth(std::span<const double> seconds, std::span<const double> values) {
  Growth growth = judge_growth(seconds, values);
  if (growth.growing() || growth.samples < kFewestSamples) return growth;
  const Points points = usable(seconds, values);
  const auto stairs = climbs_stairs(points);
  if (!stairs) return growth;
  growth.p = rising_p(points.seconds, points.values);
  if (growth.p >= kTrendP) return growth;
  growth.in_steps = true;
  growth.rests = stairs->rests;
  growth.slows = stairs->slows;
  // A line through stairs says little: from the first to the last value.
  growth.from = points.values.front();
  growth.to = points.values.back();
  growth.per_second = growth.rise() / (points.seconds.back() - points.seconds.front());
  growth.verdict = Growth::Verdict::kGrowing;
  return growth;
}

}  // namespace beamtape
