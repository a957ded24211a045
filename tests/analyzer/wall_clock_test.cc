// A wall clock that is put on or back changes no rate and no time that passed.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analyzer/report/report.h"
#include "analyzer/view/session.h"
#include "analyzer/view/sparks.h"
#include "tests/analyzer/fake_reader.h"
#include "tests/analyzer/run.h"
#include "tests/analyzer/trouble.h"

namespace beamtape {
namespace {

using ::testing::HasSubstr;

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
