// Recordings that cannot be compared as they are: of several nodes, or read in part.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "analyzer/compare/compare.h"
#include "tests/analyzer/run.h"
#include "tests/analyzer/trouble.h"

namespace beamtape {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// File a is `base`, and b `candidate`, of other lives of its nodes.
RunResult compared(const Story& base, Story candidate, const std::vector<std::string>& more) {
  std::vector<std::string> words{"compare", "a", "--against", "b"};
  words.insert(words.end(), more.begin(), more.end());
  for (NodeRecord& node : candidate.nodes) ++node.creation;
  return run_with(
      [&](const std::string& path) -> Expected<std::unique_ptr<Reader>> {
        return std::make_unique<FakeReader>(path == "b" ? candidate : base);
      },
      words);
}

// Two nodes, of which one is recorded twice as often and the other has so many processes.
Story of_two_nodes(std::int64_t processes) {
  Story story;
  story.node("front@here");
  story.node("back@here");
  const auto add = [&](double second, std::int64_t node, std::int64_t count) {
    story.snapshot(second, node);
    story.node_row().number("process_count", count).number("uptime", 86'400'000'000);
  };
  for (int i = 0; i < 30; ++i) {
    add(i, 1, 100);
    add(i + 0.25, 1, 100);
    add(i + 0.5, 2, processes);
  }
  return story;
}

TEST(CompareUnlike, OfSeveralNodesTheOneThatIsNamed) {
  const Story base = of_two_nodes(1000), candidate = of_two_nodes(2000);
  const auto unnamed = compared(base, candidate, {});
  EXPECT_EQ(unnamed.code, 2);
  EXPECT_EQ(unnamed.out, "");
  EXPECT_THAT(unnamed.err, HasSubstr("cannot compare a: it has several nodes; say one with --node: "
                                     "front@here, back@here"));
  EXPECT_THAT(compared(base, candidate, {"--node", "front@here"}).out,
              HasSubstr("no regression of front@here: "));
  const auto told =
      nlohmann::json::parse(compared(base, candidate, {"--node", "back@here", "--json"}).out);
  EXPECT_EQ(told.at("node"), "back@here");
  EXPECT_EQ(told.at("regressed"), true);
  EXPECT_EQ(told.at("rows")[0].at("base"), 1000);
  EXPECT_EQ(told.at("rows")[0].at("candidate"), 2000);
}

// What the first has is not compared with another node that is the only one of the second.
TEST(CompareUnlike, ARecordingWithoutTheNodeIsRefused) {
  const auto result = compared(of_two_nodes(9), Trouble().story(), {"--node", "back@here"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("cannot find the node 'back@here' in b"));
}

RunSummary with_memory(std::map<std::int64_t, double> by_unread) {
  RunSummary one;
  one.metrics = {{RunMetric::Kind::kGroup, "cart", "processes median", Unit::kCount, 9, 20},
                 {RunMetric::Kind::kGroup, "cart", "memory median", Unit::kBytes, 0, 2 * kMiB,
                  std::move(by_unread)}};
  return one;
}

TEST(CompareUnlike, MemoryOfAGroupIsComparedWhereAsManyWereRead) {
  const RunSummary whole = with_memory({{0, 90 * kMiB}, {1, 40 * kMiB}});
  const RunSummary part = with_memory({{1, 60 * kMiB}}), other = with_memory({{2, 9 * kMiB}});
  const Gate worse = compare_runs({whole, whole}, {part}, false);
  EXPECT_EQ(worse.comparisons[0].metric.name, "memory median");
  EXPECT_EQ(worse.comparisons[0].base, 40 * kMiB);
  EXPECT_EQ(worse.comparisons[0].verdict, Comparison::Verdict::kWorse);
  for (const Gate& gate :
       {compare_runs({whole}, {other}, false), compare_runs({part}, {other, whole}, false)}) {
    EXPECT_FALSE(gate.regressed());
    EXPECT_EQ(gate.comparisons.size(), 1u);
    EXPECT_THAT(gate.warnings, ElementsAre("not compared, as other numbers of processes were not "
                                           "read: group:cart memory"));
    EXPECT_THAT(gate.vanished, IsEmpty());
  }
  // That of a run without the group is nothing.
  RunSummary without;
  without.metrics = {{RunMetric::Kind::kGroup, "mailer", "processes median", Unit::kCount, 9, 20}};
  EXPECT_THAT(compare_runs({without}, {other}, false).appeared, ElementsAre("group cart"));
}

TEST(CompareUnlike, WhatIsNotKnownOfARunIsNoDifference) {
  RunSummary known = with_memory({{0, 9}}), unknown = known;
  known.schedulers = 4;
  known.otp = "25";
  known.work = 1000;
  EXPECT_THAT(compare_runs({known}, {unknown}, false).warnings, IsEmpty());
  EXPECT_THAT(compare_runs({known, unknown}, {known, known}, false).warnings, IsEmpty());
}

TEST(CompareUnlike, SaysOfWhichStretchARunIs) {
  const Story whole = Trouble().story();
  const Story gap = Trouble().gap_after(20, 60).story();
  EXPECT_THAT(compared(whole, whole, {}).out, Not(HasSubstr("not quite comparable")));
  EXPECT_THAT(compared(whole, gap, {}).out,
              HasSubstr("not quite comparable: b: it has gaps; compared is its longest stretch "
                        "without a gap, #22 to #60\n"));
  Story restarted = whole;
  restarted.node("shop@here", 7);
  for (std::size_t i = 0; i < 20; ++i) restarted.snapshots[i].node = 2;
  EXPECT_THAT(compared(whole, restarted, {}).out,
              HasSubstr("b: the node was started anew in it; compared is its longest stretch "
                        "without a gap, #21 to #60\n"));
}

TEST(CompareUnlike, RatesAndGrowthSayOfWhichTime) {
  const auto busy = [](int each) {
    return Trouble()
        .node("reductions_done", [=](int i) { return each * i; })
        .group("cart", [=](int i) { return each / 100'000 * i; })
        .story();
  };
  const auto told = compared(busy(100'000), busy(400'000), {}).out;
  EXPECT_THAT(told, HasSubstr("100 000/s   400 000/s"));
  EXPECT_THAT(told, HasSubstr("3 600/h    14 400/h"));
}

// The same carts, whose mailboxes drain, so that one after another is read.
TEST(CompareUnlike, CartsThatAreReadAgainAreNoGrowth) {
  const auto carts = [](double each) {
    return Trouble().group(
        "cart", [](int) { return 60; }, [=](int i) { return 10 * kMiB + each * i; });
  };
  const Story base = carts(0).story();
  EXPECT_THAT(compared(base, carts(2 * kMiB).story(), {}).out, HasSubstr("memory growth per hour"));
  const Story drains =
      carts(2 * kMiB)
          .also([](Story& story, int i) { story.aggregates().groups[0].memory_unknown = 59 - i; })
          .story();
  EXPECT_THAT(compared(base, drains, {}).out, Not(HasSubstr("growth per hour")));
}

}  // namespace
}  // namespace beamtape
