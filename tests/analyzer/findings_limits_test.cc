// What is told of a node whose schedulers are full or whose limits are near in time, and what is
// not.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <optional>
#include <utility>

#include "tests/analyzer/trouble.h"

namespace beamtape {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// So many in the queue of one scheduler, which works such a share of its time.
Findings one_scheduler(Trouble::Shape queue, std::optional<double> works) {
  return Trouble()
      .node("schedulers_online", [](int) { return 1; })
      .node("run_queue", std::move(queue))
      .also([works](Story& story, int i) {
        if (!works) return;
        story.row(*find_table("scheduler"), "1")
            .text("type", "normal")
            .number("active_time", std::llround(1000 * *works * i))
            .number("total_time", 1000 * i);
      })
      .findings();
}

TEST(SchedulerSaturation, IsNotWhatASnapshotWakesOnASmallNode) {
  EXPECT_THAT(said(one_scheduler([](int i) { return i % 5; }, {})), IsEmpty());
  EXPECT_THAT(said(one_scheduler([](int i) { return 3 + i % 2; }, {})), IsEmpty());
  const auto found = one_scheduler([](int i) { return 5 + i % 2; }, {});
  ASSERT_THAT(said(found), ElementsAre("scheduler-saturation warning shop@here"));
  EXPECT_THAT(found.findings[0].evidence,
              HasSubstr("and than the 4 that a snapshot may put there"));
}

TEST(SchedulerSaturation, IsDecidedByTheTimeOfSchedulersWhereItWasRecorded) {
  const auto many = [](int) { return 9; };
  EXPECT_THAT(said(one_scheduler(many, 0.25)), IsEmpty());
  const auto found = one_scheduler(many, 0.97);
  ASSERT_THAT(said(found), ElementsAre("scheduler-saturation warning shop@here"));
  EXPECT_THAT(found.findings[0].evidence, HasSubstr("They worked 97 % of their time"));
}

// A container of one processor on a machine of four: the time of those that are offline passes.
TEST(SchedulerSaturation, CountsTheTimeOfSchedulersThatAreOnline) {
  const auto found = Trouble()
                         .node("schedulers_online", [](int) { return 1; })
                         .node("run_queue", [](int) { return 60; })
                         .also([](Story& story, int i) {
                           for (int id = 1; id <= 4; ++id) {
                             story.row(*find_table("scheduler"), std::to_string(id))
                                 .text("type", "normal")
                                 .number("active_time", id == 1 ? 1000 * i : 0)
                                 .number("total_time", 1000 * i);
                           }
                         })
                         .findings();
  ASSERT_THAT(said(found), ElementsAre("scheduler-saturation critical shop@here"));
  EXPECT_THAT(found.findings[0].evidence, HasSubstr("They worked 100 % of their time"));
}

TEST(SchedulerSaturation, OfDirtySchedulersIsToldThoughTheOthersIdle) {
  const auto of = [](int dirty) {
    return Trouble()
        .node("schedulers_online", [](int) { return 2; })
        .node("run_queue", [](int) { return 60; })
        .also([dirty](Story& story, int i) {
          story.row(*find_table("scheduler"), "1")
              .text("type", "normal")
              .number("active_time", 150 * i)
              .number("total_time", 1000 * i);
          story.row(*find_table("scheduler"), "3")
              .text("type", "dirty_cpu")
              .number("run_queue_length", dirty);
        })
        .findings();
  };
  EXPECT_THAT(said(of(20)), IsEmpty());
  const auto found = of(55);
  ASSERT_THAT(said(found), ElementsAre("scheduler-saturation critical shop@here"));
  EXPECT_THAT(found.findings[0].evidence,
              HasSubstr("The normal ones worked 15 % of their time, at the median. 55 waited for a "
                        "dirty CPU scheduler, at the median."));
}

// Fifty thousand that become 97 more a second: 11 % in a minute, and 35 minutes to the limit.
TEST(ProcessLeak, IsToldWhereTheLimitIsNearInTimeHoweverManyThereAre) {
  const auto of = [](double each, double limit) {
    return Trouble()
        .node("process_count", rising(50'000, each))
        .node("process_limit", [limit](int) { return limit; })
        .group("cart", rising(49'900, each))
        .findings();
  };
  const auto found = of(97, 262'144);
  ASSERT_THAT(said(found), ElementsAre("process-leak critical cart"));
  EXPECT_THAT(found.findings[0].evidence, HasSubstr("is reached in 35 min"));
  EXPECT_THAT(said(of(10, 262'144)), IsEmpty());
  EXPECT_THAT(said(of(5, 65'000)), Contains("process-leak critical cart"));
}

TEST(PortLeak, IsToldWhereTheLimitIsNearInTimeHoweverManyThereAre) {
  const auto of = [](double each) {
    return Trouble()
        .node("port_count", rising(20'000, each))
        .ports("tcp_inet", rising(19'900, each))
        .findings();
  };
  EXPECT_THAT(said(of(20)), ElementsAre("port-leak critical tcp_inet"));
  EXPECT_THAT(said(of(2)), IsEmpty());
}

}  // namespace
}  // namespace beamtape
