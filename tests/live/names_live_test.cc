// The atom cache of a connection to a real node: what comes is what the node meant, byte for byte.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <string>

#include "recorder/collect/asker.h"
#include "recorder/node/ei_link.h"
#include "recorder/term/builder.h"
#include "recorder/term/cursor.h"
#include "tests/live/live_test.h"

namespace beamtape::live {
namespace {

constexpr std::chrono::milliseconds kLong{30'000};

class NamesLive : public LiveTest {
 protected:
  void SetUp() override {
    LiveTest::SetUp();
    if (!world_) return;
    setenv("ERL_EPMD_PORT", std::to_string(world_->epmd_port()).c_str(), 1);
    node_ = world_->erl({"-sname", "shop"});
    auto link = connect(*parse_node("shop"), *find_cookie(world_->cookie_file()), kLong);
    ASSERT_TRUE(link) << link.error().message;
    link_ = std::move(*link);
    asker_ = std::make_unique<Asker>(*link_, 1);
  }
  void TearDown() override { unsetenv("ERL_EPMD_PORT"); }

  Expected<Bytes> evaluate(const std::string& expression) {
    TermBuilder text, tokens, parsed;
    text.list(1).string(expression + ".");
    const auto scanned = asker_->call("erl_scan", "string", text.nil().bytes(), kLong);
    Cursor cursor(scanned.value());
    cursor.tuple(), cursor.skip();
    tokens.list(1).raw(cursor.raw()).nil();
    const auto expressions = asker_->call("erl_parse", "parse_exprs", tokens.bytes(), kLong);
    cursor = Cursor(expressions.value());
    cursor.tuple(), cursor.skip();
    ListReader(cursor).next();
    parsed.list(5).raw(cursor.raw()).nil().atom("none").atom("none").atom("value").nil();
    return asker_->call("erl_eval", "expr", parsed.bytes(), kLong);
  }

  // What makes the expression come otherwise than term_to_binary says; empty if nothing does.
  std::string difference(const std::string& expression) {
    const auto answer = evaluate(fmt::format(
        "(fun(X) -> {{X, term_to_binary(X, [{{minor_version, 2}}])}} end)({})", expression));
    if (!answer) return answer.error().message;
    Cursor cursor(*answer);
    if (!cursor.tuple(2)) return "no pair";
    const auto came = cursor.raw();
    const auto meant = cursor.binary();
    if (!meant || meant->empty()) return "no binary";
    const bool is_same = std::equal(came.begin(), came.end(), meant->begin() + 1, meant->end());
    return is_same ? "" : fmt::format("{} bytes came, {} meant", came.size(), meant->size() - 1);
  }

  std::unique_ptr<Program> node_;
  std::unique_ptr<Link> link_;
  std::unique_ptr<Asker> asker_;
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
  const auto bytes_of_answer = [&] {
    const auto before = link_->received_bytes();
    EXPECT_TRUE(evaluate(std::string("(fun(Names) -> Names end)(") + names + ")"));
    return link_->received_bytes() - before;
  };
  const auto first = bytes_of_answer();
  const auto again = bytes_of_answer();
  EXPECT_LT(again + 200 * 3, first);
}

TEST_F(NamesLive, ANameThatOnlyADroppedMessageSpellsOutIsKnown) {
  // Longer than the limit as it is, and when its names are spelled out.
  const std::pair<const char*, const char*> larges[] = {
      {"binary:copy(<<0>>, 70000000)", "cannot take a message of 70000"},
      {"lists:duplicate(1000000, Name)", "cannot read a message of shop@"},
  };
  for (const auto& [large, why] : larges) {
    const auto name =
        fmt::format("list_to_atom(\"a {} with a name, {}\")", std::string(90, 'x'), large);
    const auto dropped = evaluate(fmt::format("(fun(Name) -> {{Name, {}}} end)({})", large, name));
    ASSERT_FALSE(dropped);
    EXPECT_EQ(dropped.error().code, Error::Code::kMalformed);
    EXPECT_NE(dropped.error().message.find(why), std::string::npos) << dropped.error().message;
    EXPECT_EQ(difference(name), "");
  }
}

}  // namespace
}  // namespace beamtape::live
