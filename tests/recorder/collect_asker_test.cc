#include <gtest/gtest.h>

#include "recorder/collect/asker.h"
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

  FakeLink link_;
  Asker asker_{link_, 1};
  int expressions_ = 2;
};

TEST_F(AskerTest, EvaluatesTheLastExpressionWithTheOthersBound) {
  ASSERT_TRUE(asker_.prepare(kPlain));
  ASSERT_TRUE(asker_.ask(kPlain));
  EXPECT_EQ(asked(), std::pair(std::int64_t{2},
                               std::vector<std::string>{"Dst", "Given", "Items", "Tag", "Work"}));
  expressions_ = 3;
  ASSERT_TRUE(asker_.prepare(kKept));
  ASSERT_TRUE(asker_.ask(kKept));
  EXPECT_EQ(asked(), std::pair(std::int64_t{3}, std::vector<std::string>{"Dst", "Given", "Items",
                                                                         "Keep", "Tag", "Work"}));
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
