// A node that stood still for longer than anybody waits does not make up for what it was asked
// meanwhile.

#include <gtest/gtest.h>
#include <signal.h>

#include <thread>

#include "recorder/collect/hello.h"
#include "tests/live/asking_test.h"

namespace beamtape::live {
namespace {

using Outcome = Answer::Outcome;

// Counts the chunks that were worked on, in the node; each takes a while.
const Question kCounting{
    .name = "counting",
    .keys = "[1, 2, 3, 4, 5]",
    .answer = "begin timer:sleep(300), counters:add(persistent_term:get(chunks), 1, 1) end",
};
const Question kInServer{
    .name = "in server",
    .keys = "[1, 2]",
    .answer = "counters:add(persistent_term:get(chunks), 1, 1)",
    .in_server = true,
};
const Question kCounted{
    .name = "counted", .keys = "[1]", .answer = "counters:get(persistent_term:get(chunks), 1)"};
const Question kBegin{
    .name = "begin", .keys = "[1]", .answer = "persistent_term:put(chunks, counters:new(1, []))"};

class Expiry : public AskingTest {
 protected:
  void SetUp() override {
    AskingTest::SetUp();
    if (!asker_) return;
    ASSERT_TRUE(hello(*asker_, node_->name()));
    for (const Question* each : {&kCounting, &kInServer, &kCounted, &kBegin}) {
      ASSERT_TRUE(asker_->prepare(*each));
    }
    ask(kBegin);
    ends(1);
  }
  void ask(const Question& question) { ASSERT_TRUE(asker_->ask(question)); }
  // How the next questions to end did.
  std::vector<Outcome> ends(int questions) {
    std::vector<Outcome> all;
    while (questions > 0) {
      const auto answer = asker_->next(std::chrono::seconds(30));
      if (!answer) break;
      if (answer->question == &kCounted && !answer->is_over()) {
        chunks_ = answer->payload().integer().value_or(-1);
      }
      if (!answer->is_over()) continue;
      all.push_back(answer->outcome);
      --questions;
    }
    return all;
  }
  std::int64_t chunks() {
    ask(kCounted);
    ends(1);
    return chunks_;
  }

  std::int64_t chunks_ = -1;
};

TEST_F(Expiry, WhatWasAskedOfANodeThatStoodStillIsNotDoneAfterwards) {
  ask(kCounting);
  EXPECT_EQ(ends(1), std::vector{Outcome::kEnd});
  ASSERT_EQ(chunks(), 5);

  ask(kCounting);
  ASSERT_TRUE(asker_->next(std::chrono::seconds(30)));  // its first chunk: it is under way
  node_->signal(SIGSTOP);
  ask(kCounting);
  ask(kInServer);
  std::this_thread::sleep_for(kSilence + std::chrono::milliseconds(500));
  node_->signal(SIGCONT);
  EXPECT_EQ(ends(3), std::vector(3, Outcome::kExpired));
  EXPECT_LE(chunks(), 5 + 3);  // of the one that was under way, which may have been in its third

  ask(kCounting);
  ask(kInServer);
  EXPECT_EQ(ends(2), std::vector(2, Outcome::kEnd));
}

}  // namespace
}  // namespace beamtape::live
