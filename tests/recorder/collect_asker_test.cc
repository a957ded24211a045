#include <gtest/gtest.h>

#include "recorder/collect/asker.h"
#include "recorder/term/text.h"
#include "tests/recorder/fake_link.h"

namespace beamtape {
namespace {

const Question kPlain{.name = "plain", .keys = "[1]", .answer = "Part"};
const Question kPacked{.name = "packed", .keys = "[1]", .answer = "Part", .packed = true};
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

  // A chunk of the last question, of any payload, and its end; the outcome of the latter.
  void reply_chunk(std::int64_t number, const char* outcome, const Bytes& payload) {
    TermBuilder chunk;
    chunk.version().tuple(5).tuple(2).integer(1).integer(last_request()).integer(number);
    link_.reply(chunk.integer(1).integer(2).tuple(2).atom(outcome).raw(payload).take());
  }
  Answer::Outcome end(std::int64_t told) {
    TermBuilder end;
    end.version().tuple(2).tuple(2).integer(1).integer(last_request()).integer(told);
    link_.reply(end.take());
    for (;;) {
      const auto answer = asker_.next(std::chrono::milliseconds(0));
      if (!answer) return Answer::Outcome::kMalformed;
      if (answer->is_over()) return answer->outcome;
    }
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

TEST_F(AskerTest, MissesAChunkThatDidNotArrive) {
  ASSERT_TRUE(asker_.prepare(kPlain));
  const Bytes nothing = TermBuilder().nil().take();
  const auto outcome = [&](const std::vector<int>& numbers, std::int64_t told) {
    EXPECT_TRUE(asker_.ask(kPlain));
    for (const int number : numbers) {
      reply_chunk(number, number == 1 ? "deadline" : "ok", nothing);
    }
    return end(told);
  };
  EXPECT_EQ(outcome({}, 0), Answer::Outcome::kEnd);
  EXPECT_EQ(outcome({0, 1, 1, 1, 2}, 3), Answer::Outcome::kEnd) << "halves have one number";
  EXPECT_EQ(outcome({0, 1, 2, 1}, 3), Answer::Outcome::kEnd) << "from one that was killed late";
  EXPECT_EQ(outcome({}, 1), Answer::Outcome::kIncomplete);
  EXPECT_EQ(outcome({0, 2}, 3), Answer::Outcome::kIncomplete);
  EXPECT_EQ(outcome({0, 1}, 3), Answer::Outcome::kIncomplete);
  EXPECT_EQ(outcome({1, 2}, 3), Answer::Outcome::kIncomplete);
}

TEST_F(AskerTest, MissesAChunkThatCannotBeRead) {
  ASSERT_TRUE(asker_.prepare(kPacked));
  const auto packed = [](const Bytes& bytes) { return TermBuilder().binary(bytes).take(); };
  const Bytes good = packed(TermBuilder().version().nil().take());
  const Bytes damaged = packed({131, 80, 0, 0, 0, 5, 1, 2, 3});
  for (const bool is_damaged : {false, true}) {
    ASSERT_TRUE(asker_.ask(kPacked));
    reply_chunk(0, "ok", good);
    reply_chunk(1, "ok", is_damaged ? damaged : good);
    reply_chunk(1, "ok", good);
    EXPECT_EQ(end(2), is_damaged ? Answer::Outcome::kIncomplete : Answer::Outcome::kEnd);
  }
  ASSERT_TRUE(asker_.ask(kPacked));
  TermBuilder no_chunk;
  no_chunk.version().tuple(3).tuple(2).integer(1).integer(last_request()).integer(0).nil();
  link_.reply(no_chunk.take());
  EXPECT_EQ(end(1), Answer::Outcome::kIncomplete);
}

TEST_F(AskerTest, CountsTheBytesOfEachAnswerAsTheyCame) {
  ASSERT_TRUE(asker_.prepare(kPacked));
  ASSERT_TRUE(asker_.ask(kPacked));
  const auto before = asker_.received_bytes();
  EXPECT_EQ(before, link_.received_bytes());
  link_.reply_error(Error::Code::kMalformed);
  const Bytes large = TermBuilder().version().binary(Bytes(1000, 1)).take();
  reply_chunk(0, "ok", TermBuilder().binary(large).take());
  const auto answer = asker_.next(std::chrono::milliseconds(10'000));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->sent_bytes, asker_.received_bytes() - before - FakeLink::kMalformedBytes);
  EXPECT_GT(answer->sent_bytes, static_cast<std::int64_t>(answer->message.size()));
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
