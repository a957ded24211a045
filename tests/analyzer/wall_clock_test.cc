// A wall clock that is put on or back changes no rate and no time that passed.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "analyzer/load/put_back.h"
#include "analyzer/report/report.h"
#include "analyzer/view/session.h"
#include "analyzer/view/sparks.h"
#include "tests/analyzer/fake_reader.h"
#include "tests/analyzer/run.h"
#include "tests/analyzer/trouble.h"

namespace beamtape {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kPutBackAt = 10;

// Twenty seconds; the clock is put back by an hour after ten. A process waits in a call all along.
Story put_back() {
  Story story = Trouble(20)
                    .also([](Story& told, int i) {
                      told.process("<0.80.0>")
                          .text("registered_name", "orders")
                          .text("status", "waiting")
                          .text("current_function", "gen:do_call/4")
                          .number("reductions", 500 + i)
                          .refs("monitors", {"<0.81.0>"});
                      told.process("<0.81.0>")
                          .text("registered_name", "stock")
                          .text("status", "running")
                          .number("reductions", 1000 * i)
                          .refs("monitored_by", {"<0.80.0>"});
                    })
                    .story();
  for (std::size_t i = kPutBackAt; i < story.snapshots.size(); ++i) {
    story.snapshots[i].began_wall_us -= 3'600'000'000;
    story.snapshots[i].ended_wall_us -= 3'600'000'000;
  }
  return story;
}

TEST(PutBackClock, HasEveryRateInAReport) {
  const Recording recording(std::make_unique<FakeReader>(put_back()), "f");
  const auto report = make_report(recording);
  ASSERT_TRUE(report);
  bool found = false;
  for (const Chart& chart : report->nodes.at(0).charts) {
    for (const auto& line : chart.lines) {
      if (line.column != "rate(reductions_done)") continue;
      found = true;
      EXPECT_DOUBLE_EQ(line.values.at(kPutBackAt), 100'000);
    }
  }
  EXPECT_TRUE(found);
}

TEST(PutBackClock, IsToldAndDoesNotMakeARecordingsTimeNegative) {
  const auto info = run_on(put_back(), {"info", "f"});
  EXPECT_THAT(info.out, HasSubstr("12:00:00 to 11:00:19 UTC (19.0 s)"));
  EXPECT_THAT(info.out, HasSubstr("the recorder's wall clock went back by 1 h before #11\n"));
  const auto json = run_on(put_back(), {"info", "f", "--json"});
  EXPECT_THAT(json.out, HasSubstr("\"clock_went_back_us\": 3600000000"));
}

TEST(PutBackClock, IsToldHoweverOftenItWasPutBack) {
  Story story = put_back();
  for (std::size_t i = kPutBackAt + 5; i < story.snapshots.size(); ++i) {
    story.snapshots[i].began_wall_us -= 2'000'000;
  }
  EXPECT_THAT(run_on(story, {"info", "f"}).out,
              HasSubstr("went back 2 times, by 1 h in all, first before #11\n"));
}

TEST(PutBackClock, MayTellAnyNumbers) {
  using Limits = std::numeric_limits<std::int64_t>;
  Story story = Trouble(20).story();
  for (std::size_t i = 0; i < story.snapshots.size(); ++i) {
    story.snapshots[i].began_mono_us = i % 3 == 0 ? Limits::max() : Limits::min();
    story.snapshots[i].began_wall_us = i % 2 == 0 ? Limits::max() : Limits::min();
  }
  const Recording recording(std::make_unique<FakeReader>(story), "f");
  EXPECT_GT(put_back(recording).micros, 0);
  EXPECT_LE(recorded_micros(recording), put_back(recording).micros);
}

// It is kept right, the machine sleeps or is booted, or somebody puts it on.
TEST(PutBackClock, IsNotWhatOtherwiseHappensToAClock) {
  Story story = Trouble(20).story();
  for (std::size_t i = 0; i < story.snapshots.size(); ++i) {
    auto& one = story.snapshots[i];
    if (i >= 5) one.began_wall_us -= 900'000;
    if (i >= 10) one.began_wall_us += 3'600'000'000;
    if (i >= 15) one.began_mono_us -= 18'000'000;
  }
  EXPECT_THAT(run_on(story, {"info", "f"}).out, Not(HasSubstr("clock")));
}

TEST(PutBackClock, DoesNotMakeAWaitNegative) {
  const auto run = run_on(put_back(), {"waits", "f", "--at", "#20"});
  EXPECT_THAT(run.out, HasSubstr("before #1, 19.0 s"));
}

TEST(PutBackClock, HasEveryRateInTheCurvesOfRows) {
  const Recording recording(std::make_unique<FakeReader>(put_back()), "f");
  const auto rows = find_rows(recording, {"processes", 20, "reductions", ""}, nullptr);
  const std::atomic<bool> stale = false;
  const Sparks sparks = read_sparks(recording, {rows, 0, 1, "reductions", {1, 20}}, kNoon, stale);
  ASSERT_EQ(sparks.rows.at(0).values.size(), 20u);
  EXPECT_TRUE(sparks.rows[0].is_rate);
  EXPECT_DOUBLE_EQ(sparks.rows[0].values[kPutBackAt], 1000);
}

}  // namespace
}  // namespace beamtape
