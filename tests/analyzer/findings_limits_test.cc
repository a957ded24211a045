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

}  // namespace
}  // namespace beamtape
