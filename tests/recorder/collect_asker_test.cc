#include <gtest/gtest.h>

#include "recorder/collect/asker.h"
#include "recorder/term/text.h"
#include "tests/recorder/fake_link.h"

namespace beamtape {
namespace {

const Question kPlain{.name = "plain", .keys = "[1]", .answer = "Part"};
const Question kKept{.name = "kept", .keys = "[1]", .keys_words = "1000", .answer = "Part"};

// A node that parses whatever it is given to so many expressions: 1, 2, ...
class AskerTest : public ::testing::Test {
 protected:
  AskerTest() {
    link_.on_send = [this](FakeLink& link, const FakeLink::Sent& sent) {
      Cursor cursor(sent.term);
      cursor.version(), cursor.tuple(3), cursor.skip(), cursor.tuple(2), cursor.skip();
      TermBuilder reply;
      reply.version().tuple(2).raw(cursor.raw());
      cursor.tuple(5), cursor.skip(), cursor.skip();
      if (cursor.take_atom("string")) {
        reply.tuple(3).atom("ok").nil().integer(1);
      } else if (cursor.take_atom("parse_exprs")) {
        reply.tuple(2).atom("ok").list(static_cast<std::uint32_t>(expressions_));
        for (int each = 1; each <= expressions_; ++each) reply.integer(each);
        reply.nil();
      } else {
        return;  // asked: nobody waits for the answer
      }
      link.reply(reply.take());
    };
  }

  // The expression that is evaluated and the names that are bound for it, in order.
  std::pair<std::int64_t, std::vector<std::string>> asked() {
    Cursor cursor(link_.sent().back().term);
    cursor.version(), cursor.tuple(3), cursor.skip(), cursor.skip(), cursor.tuple(5);
    for (int before = 0; before < 3; ++before) cursor.skip();
    ListReader arguments(cursor);
    arguments.next();
    const std::int64_t evaluated = cursor.integer().value_or(0);
    arguments.next();
    std::vector<std::string> names;
    ListReader bindings(cursor);
    while (bindings.next()) {
      cursor.tuple(2);
      names.emplace_back(cursor.atom()->utf8());
      cursor.skip();
    }
    return {evaluated, names};
  }

  // What Until is bound to.
  std::string until() {
    Cursor cursor(link_.sent().back().term);
    cursor.version(), cursor.tuple(3), cursor.skip(), cursor.skip(), cursor.tuple(5);
    for (int before = 0; before < 3; ++before) cursor.skip();
    ListReader arguments(cursor);
    arguments.next(), cursor.skip(), arguments.next();
    ListReader bindings(cursor);
    while (bindings.next()) {
      const bool is_it = cursor.tuple(2) && cursor.take_atom("Until");
      if (is_it) return term_text(cursor, "shop@host", 100);
      if (cursor.atom()) cursor.skip();
    }
    return {};
  }
  std::int64_t last_request() {
    Cursor cursor(link_.sent().back().term);
    cursor.version(), cursor.tuple(3), cursor.skip(), cursor.tuple(2), cursor.skip();
    cursor.tuple(2), cursor.skip();
    return cursor.integer().value_or(0);
  }
  // A chunk of the last question that ended then by the node's clock has arrived.
  void answer(std::int64_t ended) {
    TermBuilder chunk;
    chunk.version().tuple(5).tuple(2).integer(1).integer(last_request()).integer(0);
    link_.reply(chunk.integer(ended).integer(ended).tuple(2).atom("ok").nil().take());
    EXPECT_TRUE(asker_.next(std::chrono::milliseconds(0)));
  }

  FakeLink link_;
  Asker asker_{link_, 1};
  int expressions_ = 2;
};

TEST_F(AskerTest, EvaluatesTheLastExpressionWithTheOthersBound) {
  ASSERT_TRUE(asker_.prepare(kPlain));
  ASSERT_TRUE(asker_.ask(kPlain));
  EXPECT_EQ(asked(), std::pair(std::int64_t{2}, std::vector<std::string>{"Dst", "Given", "Items",
                                                                         "Tag", "Until", "Work"}));
  expressions_ = 3;
  ASSERT_TRUE(asker_.prepare(kKept));
  ASSERT_TRUE(asker_.ask(kKept));
  EXPECT_EQ(asked(),
            std::pair(std::int64_t{3}, std::vector<std::string>{"Dst", "Given", "Items", "Keep",
                                                                "Tag", "Until", "Work"}));
}

// By the node's clock, here one of milliseconds, which its answers tell.
TEST_F(AskerTest, TellsUntilWhenAQuestionIsWaitedFor) {
  ASSERT_TRUE(asker_.prepare(kPlain));
  ASSERT_TRUE(asker_.ask(kPlain));
  EXPECT_EQ(until(), "infinity");
  asker_.set_clock_rate(1000);
  constexpr std::int64_t kLate = -5000;
  for (const std::int64_t ended : {kLate - 3600'000, kLate, kLate - 60'000}) answer(ended);
  ASSERT_TRUE(asker_.ask(kPlain));
  const auto told = std::stoll(until());
  EXPECT_GE(told, kLate + kSilence.count());
  EXPECT_LT(told, kLate + kSilence.count() + 60'000);  // a slow machine may be stuck for a while
}

// As after one of the two machines has slept.
TEST_F(AskerTest, ForgetsTheNodesClockWhenAQuestionExpiresThatIsWaitedFor) {
  ASSERT_TRUE(asker_.prepare(kPlain));
  asker_.set_clock_rate(1000);
  ASSERT_TRUE(asker_.ask(kPlain));
  answer(1);
  TermBuilder expired;
  expired.version().tuple(2).tuple(2).integer(1).integer(last_request());
  expired.tuple(2).atom("badrpc").tuple(2).atom("EXIT").atom("timeout");
  link_.reply(expired.take());
  const auto answer = asker_.next(std::chrono::milliseconds(0));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->outcome, Answer::Outcome::kExpired);
  EXPECT_TRUE(answer->is_over());
  ASSERT_TRUE(asker_.ask(kPlain));
  EXPECT_EQ(until(), "infinity");
}

TEST_F(AskerTest, RefusesFewerExpressionsThanItWrote) {
  for (expressions_ = 0; expressions_ < 3; ++expressions_) {
    const auto prepared = asker_.prepare(kKept);
    ASSERT_FALSE(prepared) << expressions_;
    EXPECT_EQ(prepared.error().code, Error::Code::kMalformed);
    EXPECT_EQ(asker_.prepare(kPlain).has_value(), expressions_ == 2);
  }
}

}  // namespace
}  // namespace beamtape
