#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

#include "analyzer/trend/growth.h"
#include "analyzer/trend/statistics.h"

namespace beamtape {
namespace {

std::vector<double> clock_of(std::size_t count) {
  std::vector<double> seconds;
  for (std::size_t i = 0; i < count; ++i) seconds.push_back(static_cast<double>(i));
  return seconds;
}

Growth judge(const std::vector<double>& values, double share = 0.1) {
  return judge_growth(clock_of(values.size()), values, share);
}

// Deterministic noise between -1 and 1.
double noise(std::size_t i) { return std::sin(static_cast<double>(i * i) * 12.9898); }

TEST(Statistics, QuantilesLieBetweenNeighbours) {
  EXPECT_DOUBLE_EQ(quantile({4, 1, 3, 2}, 0.5), 2.5);
  EXPECT_DOUBLE_EQ(quantile({5}, 0.9), 5);
  EXPECT_DOUBLE_EQ(quantile({1, 2, 3, 4, 5}, 1), 5);
}

TEST(Statistics, TheSlopeIsThatOfMostPairs) {
  const std::vector<double> values{0, 2, 4, 100, 8, 10};
  EXPECT_DOUBLE_EQ(theil_sen_slope(clock_of(6), values), 2);
  EXPECT_DOUBLE_EQ(theil_sen_slope(clock_of(1), std::vector<double>{3}), 0);
}

TEST(Statistics, OfTooManyPairsTheSlopeIsThatOfAnEvenChoice) {
  std::vector<double> values;
  for (std::size_t i = 0; i < 600; ++i) {
    values.push_back(i % 10 == 0 ? 1e6 : 3 * static_cast<double>(i));
  }
  EXPECT_DOUBLE_EQ(theil_sen_slope(clock_of(600), values), 3);
}

TEST(Growth, WhatNeverMovesDoesNotGrow) {
  const Growth growth = judge(std::vector<double>(600, 42));
  EXPECT_EQ(growth.verdict, Growth::Verdict::kNotGrowing);
  EXPECT_EQ(growth.from, 42);
  EXPECT_EQ(growth.rise(), 0);
  EXPECT_EQ(growth.step_before, 42);
}

TEST(Statistics, TheExactPOfSixValuesIsThatOfAllTheirOrders) {
  EXPECT_DOUBLE_EQ(rising_p_of_six(std::vector<double>{1, 2, 3, 4, 5, 6}), 1.0 / 720);
  EXPECT_DOUBLE_EQ(rising_p_of_six(std::vector<double>{2, 1, 3, 4, 5, 6}), 6.0 / 720);
  EXPECT_DOUBLE_EQ(rising_p_of_six(std::vector<double>{6, 5, 4, 3, 2, 1}), 1);
}

TEST(Statistics, DependentValuesNeedMoreEvidenceThanIndependentOnes) {
  std::vector<double> independent, dependent;
  double wander = 0;
  for (std::size_t i = 0; i < 60; ++i) {
    const double trend = 0.01 * static_cast<double>(i);
    independent.push_back(trend + noise(i) / 3);
    wander = 0.9 * wander + noise(i) / 6;
    dependent.push_back(trend + wander);
  }
  EXPECT_LT(rising_p(clock_of(60), independent), rising_p(clock_of(60), dependent));
  EXPECT_EQ(rising_p(clock_of(2), std::vector<double>{1, 2}), 1);
}

TEST(Statistics, TwoLevelsAreFoundWhereTheyPart) {
  const auto levels = two_levels(std::vector<double>{1, 1, 1, 1, 5, 5, 5});
  EXPECT_EQ(levels.at, 4u);
  EXPECT_DOUBLE_EQ(levels.before, 1);
  EXPECT_DOUBLE_EQ(levels.after, 5);
  EXPECT_NEAR(levels.residual, 0, 1e-9);
}

TEST(Statistics, DiscoveriesAreBoundByTheirRank) {
  // 0.02 is beyond 0.05 * 1 / 4, but within 0.05 * 2 / 4.
  EXPECT_EQ(discoveries(std::vector<double>{0.02, 0.015, 0.9}, 4, 0.05),
            (std::vector<bool>{true, true, false}));
  EXPECT_EQ(discoveries(std::vector<double>{0.02}, 4, 0.05), (std::vector<bool>{false}));
}

TEST(Growth, FindsASteadyRise) {
  std::vector<double> values;
  for (std::size_t i = 0; i < 60; ++i)
    values.push_back(100 + 2.0 * static_cast<double>(i) + noise(i));
  const Growth growth = judge(values);
  EXPECT_TRUE(growth.growing());
  EXPECT_NEAR(growth.per_second, 2, 0.1);
  EXPECT_NEAR(growth.rise(), 118, 5);
  EXPECT_LT(growth.p, 1e-4);
}

TEST(Growth, FindsARiseThatIsHiddenInASawtooth) {
  std::vector<double> values;
  for (std::size_t i = 0; i < 120; ++i)
    values.push_back(100 + static_cast<double>(i) + 15.0 * static_cast<double>(i % 7));
  EXPECT_TRUE(judge(values).growing());
}

TEST(Growth, IsSilentOnASawtoothAlone) {
  std::vector<double> values;
  for (std::size_t i = 0; i < 120; ++i) values.push_back(100 + 15.0 * static_cast<double>(i % 7));
  EXPECT_EQ(judge(values).verdict, Growth::Verdict::kNotGrowing);
}

TEST(Growth, IsSilentWhenTheWarmUpIsOver) {
  std::vector<double> values;
  for (std::size_t i = 0; i < 60; ++i)
    values.push_back(200 - 100 * std::exp(-static_cast<double>(i) / 6) + noise(i));
  EXPECT_FALSE(judge(values).growing());
}

TEST(Growth, IsSilentWhenTheBurstIsDrained) {
  std::vector<double> values;
  for (std::size_t i = 0; i < 60; ++i) values.push_back(i > 20 && i < 40 ? 100 : 10 + noise(i));
  EXPECT_FALSE(judge(values).growing());
}

TEST(Growth, CallsAStepAStep) {
  std::vector<double> values;
  for (std::size_t i = 0; i < 60; ++i) values.push_back((i < 33 ? 100 : 180) + noise(i));
  const Growth growth = judge(values);
  EXPECT_EQ(growth.verdict, Growth::Verdict::kStep);
  EXPECT_EQ(growth.step_at, 33u);
  EXPECT_NEAR(growth.step_after - growth.step_before, 80, 2);
}

TEST(Growth, LeavesOutWhatWasNotRead) {
  std::vector<double> values;
  for (std::size_t i = 0; i < 60; ++i) values.push_back(100 + 2.0 * static_cast<double>(i));
  for (std::size_t i = 0; i < 60; i += 3) values[i] = std::numeric_limits<double>::quiet_NaN();
  const Growth growth = judge(values);
  EXPECT_TRUE(growth.growing());
  EXPECT_EQ(growth.samples, 40u);
}

// As where the recorder pauses to keep to its budget.
TEST(Growth, FindsARiseThatGoesOnOverAPause) {
  std::vector<double> seconds, values;
  for (int i = 0; i < 40; ++i) {
    seconds.push_back(i);
    values.push_back(100 + 10 * i);
  }
  seconds.push_back(80);
  values.push_back(100 + 10 * 75);
  EXPECT_TRUE(judge_growth(seconds, values).growing());
  values.back() = values[39];
  EXPECT_FALSE(judge_growth(seconds, values).growing());
}

TEST(Growth, SaysNothingOfFewerThanTwelve) {
  std::vector<double> values;
  for (std::size_t i = 0; i < 11; ++i) values.push_back(100 + 20.0 * static_cast<double>(i));
  EXPECT_EQ(judge(values).verdict, Growth::Verdict::kTooShort);
  EXPECT_EQ(judge({}).verdict, Growth::Verdict::kTooShort);
}

TEST(Growth, ThinsOutLongSeriesAndKeepsTheirEnds) {
  std::vector<double> values;
  for (std::size_t i = 0; i < 5000; ++i) values.push_back(100 + static_cast<double>(i));
  const Growth growth = judge(values);
  EXPECT_TRUE(growth.growing());
  EXPECT_LE(growth.samples, kMostSamples);
  EXPECT_NEAR(growth.to, 5099, 1);
}

TEST(HeapGrowth, FindsStairs) {
  // The heap of a process that holds ever more, as it was recorded: MiB at seconds.
  std::vector<double> values;
  for (int i = 0; i < 60; ++i)
    values.push_back(i < 4 ? 1.1 : i < 14 ? 4.5 : i < 32 ? 10.6 : i < 53 ? 18.2 : 31.3);
  EXPECT_FALSE(judge(values).growing());
  const Growth growth = judge_heap_growth(clock_of(60), values);
  EXPECT_TRUE(growth.growing());
  EXPECT_DOUBLE_EQ(growth.to, 31.3);
}

TEST(HeapGrowth, IsSilentOnceItHasWarmedUp) {
  std::vector<double> values;
  for (int i = 0; i < 60; ++i) values.push_back(i < 4 ? 1.1 : i < 9 ? 4.5 : i < 15 ? 10.6 : 18.2);
  EXPECT_FALSE(judge_heap_growth(clock_of(60), values).growing());
}

TEST(HeapGrowth, IsSilentOnAHeapThatBreathes) {
  std::vector<double> values;
  for (int i = 0; i < 60; ++i) values.push_back(i % 20 < 5 ? 1.1 : i % 20 < 12 ? 4.5 : 10.6);
  EXPECT_FALSE(judge_heap_growth(clock_of(60), values).growing());
}

TEST(Growth, IsSilentOnAConstant) {
  EXPECT_EQ(judge(std::vector<double>(40, 7.0)).verdict, Growth::Verdict::kNotGrowing);
  EXPECT_EQ(judge(std::vector<double>(40, 0.0), 0).verdict, Growth::Verdict::kNotGrowing);
}

std::vector<double> each_second(std::size_t count) {
  std::vector<double> seconds(count);
  std::iota(seconds.begin(), seconds.end(), 0.0);
  return seconds;
}

std::vector<double> repeated(const std::vector<std::pair<double, int>>& parts) {
  std::vector<double> values;
  for (const auto& [value, times] : parts) values.insert(values.end(), times, value);
  return values;
}

// 22 s to fill it by steps of 1.6, seen for 75 s, full at the end.
TEST(HeapGrowth, IsNoneOfWhatIsFilledAndEmptied) {
  std::vector<double> values;
  for (int i = 0; i < 75; ++i) values.push_back(std::pow(1.6, (i + 12) % 22 / 3));
  EXPECT_FALSE(judge_heap_growth(each_second(values.size()), values).growing());
}

TEST(HeapGrowth, IsSeenBehindAPeakAtTheStart) {
  const auto values = repeated({{60, 2}, {10, 4}, {16, 4}, {25, 5}, {40, 6}, {64, 7}, {100, 3}});
  EXPECT_TRUE(judge_heap_growth(each_second(values.size()), values).growing());
}

// A large heap beside its old one; and the heaps of a group, of which each step takes some seconds.
TEST(HeapGrowth, StepsMayBeSmallOrTakeSomeSamples) {
  const auto small = repeated({{10, 8}, {13, 9}, {16, 11}, {18.5, 12}, {21, 10}});
  EXPECT_TRUE(judge_heap_growth(each_second(small.size()), small).growing());
  const auto slow =
      repeated({{10, 8}, {12, 1}, {14, 1}, {16, 14}, {19, 1}, {22, 1}, {26, 24}, {29, 5}});
  const Growth growth = judge_heap_growth(each_second(slow.size()), slow);
  EXPECT_TRUE(growth.in_steps);
  EXPECT_FALSE(growth.rests);
}

// It keeps room for its largest burst, each a little larger than those before.
TEST(HeapGrowth, SlowsWhereItsStepsBecomeSmaller) {
  const auto slower = repeated({{1, 8}, {100, 22}, {160, 40}, {180, 40}});
  const Growth growth = judge_heap_growth(each_second(slower.size()), slower);
  EXPECT_TRUE(growth.in_steps && growth.slows);
  EXPECT_FALSE(growth.rests);
  const auto faster = repeated({{10, 8}, {16, 8}, {26, 8}, {42, 8}});
  EXPECT_FALSE(judge_heap_growth(each_second(faster.size()), faster).slows);
}

TEST(HeapGrowth, RestsAfterALongerPauseThanBetweenItsLastSteps) {
  const auto values = repeated({{10, 8}, {16, 8}, {26, 8}, {42, 14}});
  const Growth growth = judge_heap_growth(each_second(values.size()), values);
  EXPECT_TRUE(growth.in_steps);
  EXPECT_TRUE(growth.rests);
}

}  // namespace
}  // namespace beamtape
