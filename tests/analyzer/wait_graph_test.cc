#include "analyzer/waits/wait_graph.h"

#include <gtest/gtest.h>

#include "analyzer/load/recording.h"
#include "tests/analyzer/fake_reader.h"

namespace beamtape {
namespace {

using Slots = std::vector<std::size_t>;
using Certainty = WaitEdge::Certainty;

// Processes in the order in which they are added have slots 0, 1, 2, …
class WaitGraphTest : public ::testing::Test {
 protected:
  WaitGraphTest() {
    story_.node("shop@here");
    story_.snapshot(0);
  }
  Story::Row process(int number, const std::vector<std::string>& monitored_by = {}) {
    return story_.process(pid(number))
        .text("current_function", "gen_server:loop/7")
        .number("message_queue_len", 0)
        .refs("monitors", {})
        .refs("monitored_by", monitored_by);
  }
  Story::Row waits(int number, const std::vector<std::string>& monitors,
                   const std::vector<std::string>& monitored_by = {}) {
    return process(number, monitored_by)
        .text("current_function", "gen:do_call/4")
        .refs("monitors", monitors);
  }
  static std::string pid(int number) { return "<0." + std::to_string(100 + number) + ".0>"; }

  WaitGraph graph() {
    FakeReader reader(story_);
    const auto rows = reader.rows(*reader.table("process"), 1, nullptr);
    return wait_graph(*reader.table("process"), *rows, Texts(reader, 1));
  }
  Story story_;
};

TEST_F(WaitGraphTest, AProcessInACallWaitsForWhomItMonitors) {
  waits(0, {pid(1)});
  process(1, {pid(0)});
  const auto edges = graph().edges;
  ASSERT_EQ(edges.size(), 1u);
  EXPECT_EQ(edges[0].waiter, 0u);
  EXPECT_EQ(edges[0].callee, 1u);
  EXPECT_EQ(edges[0].certainty, Certainty::kSure);
}

TEST_F(WaitGraphTest, AMonitorAloneIsNoWait) {
  process(0).refs("monitors", {pid(1)});
  process(1, {pid(0)});
  EXPECT_TRUE(graph().edges.empty());
}

TEST_F(WaitGraphTest, OfSeveralTheOneThatKnowsItAndHasMessagesIsLikely) {
  waits(0, {pid(1), pid(2), pid(3)});
  process(1, {pid(0)});
  process(2, {pid(0)}).number("message_queue_len", 5);
  process(3).number("message_queue_len", 50);
  const auto edges = graph().edges;
  ASSERT_EQ(edges.size(), 1u);
  EXPECT_EQ(edges[0].callee, 2u);
  EXPECT_EQ(edges[0].certainty, Certainty::kLikely);
}

TEST_F(WaitGraphTest, ANameIsFoundAmongTheRegistered) {
  waits(0, {"{stock_server,'shop@here'}"});
  process(1, {pid(0)}).text("registered_name", "stock_server");
  const auto edges = graph().edges;
  ASSERT_EQ(edges.size(), 1u);
  EXPECT_EQ(edges[0].callee, 1u);
}

TEST_F(WaitGraphTest, WhoIsNotRecordedIsOutside) {
  waits(0, {"<9077.5.0>"});
  const auto edges = graph().edges;
  ASSERT_EQ(edges.size(), 1u);
  EXPECT_EQ(edges[0].certainty, Certainty::kOutside);
  EXPECT_EQ(edges[0].outside, "<9077.5.0>");
  EXPECT_TRUE(graph().cycles().empty());
  EXPECT_TRUE(graph().fan_in().empty());
}

TEST_F(WaitGraphTest, ACycleIsFoundOnceAndWithoutThoseWhoOnlyWaitForIt) {
  waits(0, {pid(1)});
  waits(1, {pid(2)}, {pid(0), pid(3)});
  waits(2, {pid(3)}, {pid(1)});
  waits(3, {pid(1)}, {pid(2)});
  EXPECT_EQ(graph().cycles(), (std::vector<Slots>{{1, 2, 3}}));
  EXPECT_EQ(graph().fan_in().at(1), 2u);
}

TEST_F(WaitGraphTest, TwoCyclesAreTwo) {
  waits(0, {pid(1)}, {pid(1)});
  waits(1, {pid(0)}, {pid(0)});
  waits(2, {pid(3)}, {pid(3)});
  waits(3, {pid(2)}, {pid(2)});
  EXPECT_EQ(graph().cycles(), (std::vector<Slots>{{0, 1}, {2, 3}}));
}

TEST_F(WaitGraphTest, AChainIsNoCycle) {
  waits(0, {pid(1)});
  waits(1, {pid(2)}, {pid(0)});
  process(2, {pid(1)});
  EXPECT_EQ(graph().edges.size(), 2u);
  EXPECT_TRUE(graph().cycles().empty());
}

TEST_F(WaitGraphTest, WhoStartsAChildWaitsForItsYoungest) {
  // A child whose init calls its own supervisor.
  process(0, {pid(3)})
      .text("current_function", "proc_lib:sync_start_link/2")
      .refs("links", {pid(9), pid(1), pid(3), pid(2)});
  process(1).ref("parent", pid(0));
  process(2).ref("parent", pid(0));
  waits(3, {pid(0)}).ref("parent", pid(0));
  process(9);
  const auto found = graph();
  ASSERT_EQ(found.edges.size(), 2u);
  EXPECT_EQ(found.edges[0].waiter, 0u);
  EXPECT_EQ(found.edges[0].callee, 3u);
  EXPECT_EQ(found.edges[0].certainty, Certainty::kLikely);
  EXPECT_EQ(found.cycles(), (std::vector<Slots>{{0, 3}}));
}

TEST_F(WaitGraphTest, OfAListThatWasCutTheYoungestIsNotKnown) {
  process(0).text("current_function", "proc_lib:sync_start_link/2").refs("links", {pid(1)}, 2);
  process(1).ref("parent", pid(0));
  EXPECT_TRUE(graph().edges.empty());
}

}  // namespace
}  // namespace beamtape
