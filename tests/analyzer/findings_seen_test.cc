// When a finding was seen, and what its plot is of.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/analyzer/run.h"
#include "tests/analyzer/trouble.h"

namespace beamtape {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Finding only_one(const Findings& found) {
  EXPECT_EQ(found.findings.size(), 1u) << ::testing::PrintToString(said(found));
  return found.findings.empty() ? Finding{} : found.findings[0];
}

TEST(FindingTime, IsThatOfItsEvidence) {
  const Finding step = only_one(
      Trouble().node("memory_total", [](int i) { return (i < 25 ? 100 : 180) * kMiB; }).findings());
  EXPECT_EQ(step.rule, "memory-step");
  EXPECT_EQ(step.from, 25);
  EXPECT_EQ(step.to, 26);
  EXPECT_EQ(step.stretch, 1);
  EXPECT_EQ(step.to_wall_us, kNoon + 25'000'000);
  // The plot is of the whole stretch all the same, and counts from there.
  ASSERT_EQ(step.plot.seconds.size(), 60u);
  EXPECT_EQ(step.plot.seconds.front(), -24);
  EXPECT_EQ(step.plot.seconds.back(), 35);
}

TEST(FindingTime, OfAMailboxIsWhileItWasLong) {
  const auto queue = [](int i) { return i < 20 || i >= 40 ? 0 : 5000; };
  const Finding mailbox = only_one(Trouble()
                                       .also([&](Story& story, int i) {
                                         story.process("<0.80.0>")
                                             .text("registered_name", "mailer")
                                             .text("status", "waiting")
                                             .number("message_queue_len", queue(i))
                                             .number("reductions", 9000 * i);
                                       })
                                       .findings());
  EXPECT_EQ(mailbox.rule, "mailbox-buildup");
  EXPECT_EQ(mailbox.from, 21);
  EXPECT_EQ(mailbox.to, 40);
}

TEST(FindingTime, IsInTheReportUnderThePlotOfTheWholeStretch) {
  const auto story =
      Trouble().node("memory_total", [](int i) { return (i < 25 ? 100 : 180) * kMiB; }).story();
  const auto text = run_on(story, {"findings", "f"}).out;
  EXPECT_THAT(text, HasSubstr("memory-step, #25 to #26 (12:00:24 to 12:00:25)"));
}

TEST(DeadlockPlot, SaysWhoseMailboxItIs) {
  const auto waiting = [](Story& story, const std::string& pid, const std::string& name,
                          const std::string& other, int queue) {
    story.process(pid)
        .text("registered_name", name)
        .text("status", "waiting")
        .number("message_queue_len", queue)
        .number("reductions", 1000)
        .text("current_function", "gen:do_call/4")
        .refs("monitors", {other})
        .refs("monitored_by", {other})
        .stack({{"gen:do_call/4", 237}, {name + ":handle_call/3", 55}});
  };
  const Finding deadlock = only_one(Trouble()
                                        .also([&](Story& story, int i) {
                                          if (i < 10) return;
                                          waiting(story, "<0.80.0>", "orders", "<0.81.0>", 3);
                                          waiting(story, "<0.81.0>", "stock", "<0.80.0>", 40);
                                        })
                                        .findings());
  EXPECT_EQ(deadlock.rule, "deadlock");
  EXPECT_EQ(deadlock.plot.metric, "message_queue_len of stock (<0.81.0>)");
  EXPECT_EQ(deadlock.from, 11);
}

}  // namespace
}  // namespace beamtape
