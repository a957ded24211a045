// A first reading of all that is spread over several snapshots.

#include <utility>

#include "tests/recorder/processes_test.h"

namespace beamtape {
namespace {

TEST_F(ProcessesTest, WhoWasNeverReadWaitsWhenTheFirstReadingTakesTooMuch) {
  node_.filling_us = 0;
  const auto first = snapshot({{.pid = 1}});
  EXPECT_FALSE(first.was_asked("detail", 1));
  EXPECT_FALSE(first.was_asked("identity", 1));
  EXPECT_EQ(cell(1, "memory"), missing(Missing::kPending));
  EXPECT_EQ(cell(1, "reductions"), 100);
  EXPECT_TRUE(std::exchange(node_.is_filling, false));
  node_.filling_us = 1;
  EXPECT_TRUE(snapshot({{.pid = 1}}).was_asked("detail", 1));
  EXPECT_FALSE(node_.is_filling) << "nobody waits any more";
  node_.filling_us = 0;
  const auto third = snapshot({{.pid = 1, .reductions = 200}, {.pid = 2}});
  EXPECT_TRUE(third.was_asked("detail", 1)) << "it ran, and was read before";
  EXPECT_FALSE(third.was_asked("detail", 2));
}

TEST_F(ProcessesTest, WhoWaitsForItsIdentityAloneStillWaits) {
  node_.turn = 5;
  snapshot({{.pid = 1}});
  EXPECT_EQ(cell(1, "memory"), 5000);
  EXPECT_EQ(cell(1, "initial_call"), missing(Missing::kPending));
  node_.tracks[0].identity_asked = 0;
  node_.filling_us = 0;
  EXPECT_FALSE(snapshot({{.pid = 1}}).was_asked("identity", 1));
  EXPECT_TRUE(node_.is_filling);
}

// It may still live: with the next census it is read.
TEST_F(ProcessesTest, WhoWaitsAndIsMissingInACensusThatWasCutShortStillWaits) {
  node_.filling_us = 0;
  snapshot({{.pid = 1}});
  node_.is_filling = false;
  ++node_.snapshot;
  FakeInquiry inquiry;
  processes_.begin(node_, inquiry);
  processes_.over(kCensusQuestion, Missing::kDeadline, node_);
  EXPECT_TRUE(node_.is_filling);
  EXPECT_EQ(cell(1, "memory"), missing(Missing::kPending));
}

// It may never answer: the others must not wait for it, nor it be said to be read later.
TEST_F(ProcessesTest, WhoDoesNotAnswerItsFirstCensusIsNotWaitedFor) {
  node_.filling_us = 0;
  ++node_.snapshot;
  FakeInquiry inquiry;
  processes_.begin(node_, inquiry);
  TermBuilder keys;
  keys.list(1).pid(kNode, 1, 0, 1).nil();
  processes_.answer(wrap(kCensusQuestion, std::move(keys), Answer::Outcome::kDeadline), node_);
  end(kCensusQuestion);
  processes_.follow_up(node_, inquiry);
  EXPECT_FALSE(node_.is_filling);
  for (const char* column : {"reductions", "memory", "initial_call"}) {
    EXPECT_EQ(cell(1, column), missing(Missing::kDeadline)) << column;
  }
}

}  // namespace
}  // namespace beamtape
