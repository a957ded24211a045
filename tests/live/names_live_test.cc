// The atom cache of a connection to a real node: what comes is what the node meant, byte for byte.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <deque>
#include <string>

#include "tests/live/asking_test.h"

namespace beamtape::live {
namespace {

class NamesLive : public AskingTest {
 protected:
  // The chunk that tells what the node makes of an expression, or the end of the question if it did
  // not come.
  Answer evaluate(const std::string& expression) {
    texts_.push_back(expression);
    questions_.push_back({.name = "expression",
                          .keys = "[1]",
                          .answer = texts_.back(),
                          .deadline = std::chrono::seconds(30)});
    if (!asker_->prepare(questions_.back()) || !asker_->ask(questions_.back())) return {};
    std::optional<Answer> told;
    for (;;) {
      auto answer = asker_->next(std::chrono::seconds(30));
      if (!answer) return {};
      if (answer->is_over()) return told.value_or(*std::move(answer));
      told = *std::move(answer);
    }
  }

  // What makes the expression come otherwise than term_to_binary says; empty if nothing does.
  std::string difference(const std::string& expression) {
    const Answer answer = evaluate(fmt::format(
        "(fun(X) -> {{X, term_to_binary(X, [{{minor_version, 2}}])}} end)({})", expression));
    if (answer.outcome != Answer::Outcome::kOk) return std::string(outcome_text(answer.outcome));
    Cursor cursor = answer.payload();
    if (!cursor.tuple(2)) return "no pair";
    const auto came = cursor.raw();
    const auto meant = cursor.binary();
    if (!meant || meant->empty()) return "no binary";
    const bool is_same = std::equal(came.begin(), came.end(), meant->begin() + 1, meant->end());
    return is_same ? "" : fmt::format("{} bytes came, {} meant", came.size(), meant->size() - 1);
  }

  std::deque<std::string> texts_;
  std::deque<Question> questions_;
};

TEST_F(NamesLive, TermsComeAsTheyAreMeant) {
  const char* expressions[] = {
      "[self(), node(), make_ref(), hd(erlang:ports()), ok, true, '', 'with space']",
      "{1, -1, 1 bsl 40, -(1 bsl 3000), 1.5, <<>>, <<1, 2>>, <<1:3>>, [], \"abc\", \"日本\"}",
      "#{a => #{b => node()}, {c} => [d | e]}",
      "list_to_tuple(lists:duplicate(300, some_name))",
      "[fun lists:map/2, fun erlang:node/0, fun init:stop/1]",
      "(fun(Y) -> fun() -> {Y, self(), some_name} end end)(fun() -> node() end)",
      "[process_info(P) || P <- processes()]",
      "[{list_to_atom(lists:duplicate(255, 16#65e5)), list_to_atom(lists:duplicate(255, $x))}, ok]",
      "code:all_loaded()",
      "sys:get_state(kernel_sup)",
  };
  for (int time = 0; time < 2; ++time) {
    for (const char* expression : expressions) EXPECT_EQ(difference(expression), "") << expression;
  }
}

// More than a connection keeps, and than a header has room for.
TEST_F(NamesLive, ManyNamesComeAsTheyAreMeant) {
  for (const int many : {1, 254, 255, 256, 400, 3000}) {
    for (int first = 0; first < 9000; first += 3000) {
      const auto names =
          fmt::format("[list_to_atom([$n | integer_to_list(N)]) || N <- lists:seq({}, {})]",
                      first + 1, first + many);
      EXPECT_EQ(difference(names), "") << many << " from " << first;
    }
  }
}

TEST_F(NamesLive, ANameIsSpelledOutOnce) {
  const char* names = "[list_to_atom([$n | integer_to_list(N)]) || N <- lists:seq(1, 200)]";
  const auto first = evaluate(names).sent_bytes;
  const auto again = evaluate(names).sent_bytes;
  ASSERT_GT(again, 0);
  EXPECT_LT(again + 200 * 3, first);
}

// Too large as they come, and when their names are spelled out.
TEST_F(NamesLive, ANameThatOnlyALostAnswerSpellsOutIsKnown) {
  for (const char* large : {"binary:copy(<<0>>, 70000000)", "lists:duplicate(1000000, Name)"}) {
    const auto name =
        fmt::format("list_to_atom(\"a {} with a name, {}\")", std::string(90, 'x'), large);
    const Answer lost = evaluate(fmt::format("(fun(Name) -> {{Name, {}}} end)({})", large, name));
    EXPECT_EQ(lost.outcome, Answer::Outcome::kIncomplete) << large;
    EXPECT_EQ(difference(name), "");
  }
}

}  // namespace
}  // namespace beamtape::live
