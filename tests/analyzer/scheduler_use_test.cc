#include "analyzer/load/scheduler_use.h"

#include <gtest/gtest.h>

#include <memory>

#include "schema/tables/table.h"
#include "tests/analyzer/fake_reader.h"
#include "tests/analyzer/story.h"

namespace beamtape {
namespace {

void scheduler(Story& story, const std::string& id, const char* type, std::int64_t active,
               std::int64_t total) {
  story.row(scheduler_table(), id)
      .text("type", type)
      .number("active_time", active)
      .number("total_time", total);
}

Recording told(const Story& story) {
  return Recording(std::make_unique<FakeReader>(story), "story.beamtape");
}

TEST(SchedulerUse, IsTheWorkOfTheNormalSchedulersTogether) {
  Story story;
  story.node("a@host");
  story.snapshot(0);
  scheduler(story, "1", "normal", 100, 1000);
  scheduler(story, "2", "normal", 0, 1000);
  scheduler(story, "3", "dirty_cpu", 0, 1000);
  story.snapshot(10);
  scheduler(story, "1", "normal", 1000, 2000);
  scheduler(story, "2", "normal", 100, 2000);
  scheduler(story, "3", "dirty_cpu", 1000, 2000);
  const auto recording = told(story);
  const auto uses = scheduler_use(recording, "a@host", {1, 2});
  ASSERT_TRUE(uses);
  ASSERT_EQ(uses->size(), 1U) << "nothing is known of the time before the first";
  EXPECT_EQ(uses->front().snapshot->id, 2);
  EXPECT_DOUBLE_EQ(uses->front().share, 0.5);
}

TEST(SchedulerUse, IsNotKnownAcrossARestartOrWhereItWasNotMeasured) {
  Story story;
  const auto first = story.node("a@host", 1);
  const auto second = story.node("a@host", 2);
  story.snapshot(0, first);
  scheduler(story, "1", "normal", 900, 1000);
  story.snapshot(10, second);
  scheduler(story, "1", "normal", 950, 2000);
  story.snapshot(20, second);
  story.row(scheduler_table(), "1")
      .text("type", "normal")
      .not_read("active_time", Missing::kNotRecorded)
      .not_read("total_time", Missing::kNotRecorded);
  const auto recording = told(story);
  const auto uses = scheduler_use(recording, "a@host", {1, 3});
  ASSERT_TRUE(uses);
  EXPECT_TRUE(uses->empty());
  EXPECT_TRUE(scheduler_use(recording, "b@host", {1, 3})->empty());
}

}  // namespace
}  // namespace beamtape
