// connect() and its link against real nodes: what each way to fail is reported as, and that
// messages get through whole.

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>
#include <vector>

#include "recorder/node/ei_link.h"
#include "recorder/node/epmd.h"
#include "recorder/term/builder.h"
#include "recorder/term/cursor.h"
#include "recorder/term/text.h"
#include "tests/live/live_test.h"

namespace beamtape::live {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr milliseconds kTimeout = seconds(10);

// connect() asks the epmd that this process's environment names.
class NodeLive : public LiveTest {
 protected:
  void SetUp() override {
    LiveTest::SetUp();
    if (world_) setenv("ERL_EPMD_PORT", std::to_string(world_->epmd_port()).c_str(), 1);
  }
  void TearDown() override { unsetenv("ERL_EPMD_PORT"); }

  Cookie cookie() const { return find_cookie(world_->cookie_file()).value(); }

  static Address short_address(const std::string& alive) { return parse_node(alive).value(); }

  Expected<std::unique_ptr<Link>> reach(const Address& address, milliseconds timeout = kTimeout) {
    return connect(address, cookie(), timeout);
  }

  std::uint16_t port_of(const std::string& alive) const {
    return ask_epmd_for_port({"127.0.0.1"}, world_->epmd_port(), alive, deadline_in(kTimeout))
        .value();
  }
};

// Asks rex to evaluate an expression; its value, as text.
std::string evaluate(Link& link, const std::string& expression) {
  const auto call = [&](std::string_view module, std::string_view function, auto arguments) {
    TermBuilder question;
    question.version().tuple(2).raw(link.self()).tuple(5).atom("call").atom(module).atom(function);
    arguments(question);
    EXPECT_TRUE(link.send("rex", question.atom("user").bytes()));
    return link.receive(kTimeout).value_or(std::vector<std::uint8_t>{});
  };
  // {rex, {ok, Element, _}} of a scan or a parse; the element's bytes.
  const auto second = [](const std::vector<std::uint8_t>& reply) {
    Cursor cursor(reply);
    cursor.version();
    cursor.tuple(2);
    cursor.take_atom("rex");
    cursor.tuple();
    cursor.skip();
    const auto raw = cursor.raw();
    return std::vector<std::uint8_t>(raw.begin(), raw.end());
  };
  const auto tokens = second(call("erl_scan", "string", [&](TermBuilder& arguments) {
    arguments.list(1).string(expression + ".").nil();
  }));
  const auto parsed = second(call("erl_parse", "parse_exprs", [&](TermBuilder& arguments) {
    arguments.list(1).raw(tokens).nil();
  }));
  const auto value = second(call("erl_eval", "exprs", [&](TermBuilder& arguments) {
    arguments.list(2).raw(parsed).nil().nil();
  }));
  Cursor cursor(value);
  return term_text(cursor, link.node(), 1000);
}

// Listens on 127.0.0.1; to whoever connects it says `words`, and hangs up or stays silent.
class Impostor {
 public:
  Impostor(std::string words, bool hang_up) : descriptor_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    bind(descriptor_, reinterpret_cast<sockaddr*>(&address), size);
    getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &size);
    listen(descriptor_, 1);
    port_ = ntohs(address.sin_port);
    service_ = std::async(std::launch::async, [this, words = std::move(words), hang_up] {
      const int peer = accept(descriptor_, nullptr, nullptr);
      char question[512];
      if (read(peer, question, sizeof question) > 0 && !words.empty()) {
        EXPECT_GT(write(peer, words.data(), words.size()), 0);
      }
      while (!hang_up && read(peer, question, sizeof question) > 0) {
      }
      close(peer);
    });
  }
  ~Impostor() {
    service_.wait();
    close(descriptor_);
  }
  Endpoint endpoint() const { return {"127.0.0.1", port_}; }

 private:
  int descriptor_;
  std::uint16_t port_ = 0;
  std::future<void> service_;
};

TEST_F(NodeLive, ConnectsByShortName) {
  const auto node = world_->erl({"-sname", "shop"});
  const auto link = reach(short_address("shop"));
  ASSERT_TRUE(link) << link.error().message;
  EXPECT_EQ((*link)->node(), "shop@" + short_host_name());
  EXPECT_EQ(evaluate(**link, "node()"), atom_text((*link)->node()));
}

TEST_F(NodeLive, ConnectsByLongName) {
  const auto node = world_->erl({"-name", "shop@127.0.0.1"});
  const auto link = reach(parse_node("shop@127.0.0.1").value());
  ASSERT_TRUE(link) << link.error().message;
  EXPECT_EQ(evaluate(**link, "node()"), "'shop@127.0.0.1'");
}

TEST_F(NodeLive, IsAHiddenNodeOfThePool) {
  const auto node = world_->erl({"-sname", "shop"});
  const auto link = reach(short_address("shop"));
  ASSERT_TRUE(link) << link.error().message;
  EXPECT_EQ(evaluate(**link, "nodes()"), "[]");
  EXPECT_EQ(evaluate(**link, "nodes(hidden)"),
            "[" + atom_text("beamtape_0@" + short_host_name()) + "]");
}

TEST_F(NodeLive, TakesTheNextNameWhereOneIsTakenAndSaysWhenAllAre) {
  const auto node = world_->erl({"-sname", "shop"});
  std::vector<std::unique_ptr<Link>> links;
  for (int i = 0; i < kNamePoolSize; ++i) {
    auto link = reach(short_address("shop"));
    ASSERT_TRUE(link) << link.error().message;
    links.push_back(std::move(*link));
  }
  EXPECT_EQ(evaluate(*links.back(), "length(nodes(hidden))"), std::to_string(kNamePoolSize));
  EXPECT_EQ(evaluate(*links.front(), "length(nodes(hidden))"), std::to_string(kNamePoolSize));
  const auto ninth = reach(short_address("shop"));
  ASSERT_FALSE(ninth);
  EXPECT_EQ(ninth.error().code, Error::Code::kRefused);
  EXPECT_THAT(ninth.error().message,
              AllOf(HasSubstr("all names beamtape_0 to beamtape_7"), Not(HasSubstr("cookie"))));
}

TEST_F(NodeLive, GivesItsNameBackWhenTheLinkEnds) {
  const auto node = world_->erl({"-sname", "shop"});
  for (int i = 0; i < 2 * kNamePoolSize; ++i) {
    const auto link = reach(short_address("shop"));
    ASSERT_TRUE(link) << link.error().message;
  }
}

TEST_F(NodeLive, SaysThatTheCookieIsRefused) {
  const auto node = world_->erl({"-sname", "shop"});
  const auto link = connect(short_address("shop"), Cookie(std::string("another")), kTimeout);
  ASSERT_FALSE(link);
  EXPECT_EQ(link.error().code, Error::Code::kRefused);
  EXPECT_THAT(link.error().message,
              AllOf(StartsWith("cannot connect to shop@"), HasSubstr("refuses the cookie"),
                    Not(HasSubstr("another")), Not(HasSubstr("\n"))));
}

TEST_F(NodeLive, SaysWhichNodesEpmdKnowsInstead) {
  const auto node = world_->erl({"-sname", "shop"});
  const auto link = reach(short_address("ship"));
  ASSERT_FALSE(link);
  EXPECT_EQ(link.error().code, Error::Code::kNotFound);
  EXPECT_THAT(link.error().message,
              AllOf(HasSubstr("no such node"), HasSubstr("knows only shop;"),
                    HasSubstr("port " + std::to_string(world_->epmd_port()))));
}

TEST_F(NodeLive, SaysThatEpmdKnowsNoNodeAtAll) {
  const auto link = reach(short_address("shop"));
  ASSERT_FALSE(link);
  EXPECT_EQ(link.error().code, Error::Code::kNotFound);
  EXPECT_THAT(link.error().message, HasSubstr("knows no node at all"));
}

TEST_F(NodeLive, SaysWhereEpmdWasLookedFor) {
  const std::string port = std::to_string(free_port());
  setenv("ERL_EPMD_PORT", port.c_str(), 1);
  const auto link = reach(short_address("shop"));
  ASSERT_FALSE(link);
  EXPECT_EQ(link.error().code, Error::Code::kNotFound);
  EXPECT_THAT(link.error().message,
              AllOf(HasSubstr("no epmd listens on port " + port), HasSubstr("ERL_EPMD_PORT")));
}

TEST_F(NodeLive, SaysThatTheHostIsUnknown) {
  const auto link = reach(parse_node("shop@no-such-host.invalid").value());
  ASSERT_FALSE(link);
  EXPECT_THAT(link.error().message, HasSubstr("no-such-host.invalid cannot be found"));
}

TEST_F(NodeLive, ConnectsToAnAddressWithoutEpmd) {
  const auto node = world_->erl({"-sname", "shop"});
  Address address = short_address("shop");
  address.endpoint = Endpoint{"localhost", port_of("shop")};
  setenv("ERL_EPMD_PORT", std::to_string(free_port()).c_str(), 1);
  const auto link = reach(address);
  ASSERT_TRUE(link) << link.error().message;
  EXPECT_EQ(evaluate(**link, "1 + 1"), "2");
}

TEST_F(NodeLive, ConnectsOverIpv6) {
  std::unique_ptr<Program> node;
  try {
    node = world_->erl({"-proto_dist", "inet6_tcp", "-name", "shop@::1"});
  } catch (const std::exception&) {
    GTEST_SKIP() << "no IPv6 here";
  }
  Address address = parse_node("shop@::1").value();
  address.endpoint = Endpoint{"::1", port_of("shop")};
  const auto link = reach(address);
  ASSERT_TRUE(link) << link.error().message;
  EXPECT_EQ(evaluate(**link, "node()"), "'shop@::1'");
}

TEST_F(NodeLive, SaysWhoseAddressItReallyIs) {
  const auto node = world_->erl({"-sname", "shop"});
  Address address = short_address("cart");
  address.endpoint = Endpoint{"localhost", port_of("shop")};
  const auto link = reach(address);
  ASSERT_FALSE(link);
  EXPECT_EQ(link.error().code, Error::Code::kNotFound);
  EXPECT_THAT(link.error().message, HasSubstr("is shop@"));
}

TEST_F(NodeLive, SaysThatNobodyListensAtTheAddress) {
  Address address = short_address("shop");
  address.endpoint = Endpoint{"127.0.0.1", free_port()};
  const auto link = reach(address);
  ASSERT_FALSE(link);
  EXPECT_EQ(link.error().code, Error::Code::kNotFound);
  EXPECT_THAT(link.error().message, AllOf(HasSubstr("nothing listens"), HasSubstr("tunnel")));
}

TEST_F(NodeLive, GivesUpOnAStoppedNodeInTime) {
  const auto node = world_->erl({"-sname", "shop"});
  node->signal(SIGSTOP);
  const auto begin = std::chrono::steady_clock::now();
  const auto link = reach(short_address("shop"), milliseconds(300));
  const auto time = std::chrono::steady_clock::now() - begin;
  node->signal(SIGCONT);
  ASSERT_FALSE(link);
  EXPECT_EQ(link.error().code, Error::Code::kTimeout);
  EXPECT_THAT(link.error().message, HasSubstr("did not answer in time"));
  EXPECT_LT(time, kTimeout);
  EXPECT_GE(time, milliseconds(300));
}

TEST_F(NodeLive, SaysThatOnlyOthersAreAllowed) {
  const auto node = world_->erl({"-sname", "shop"}, "net_kernel:allow([cart@nowhere])");
  const auto link = reach(short_address("shop"));
  ASSERT_FALSE(link);
  EXPECT_EQ(link.error().code, Error::Code::kRefused);
  EXPECT_THAT(link.error().message, AllOf(HasSubstr("allow"), Not(HasSubstr("cookie"))));
}

TEST_F(NodeLive, DoesNotBlameTheCookieOfANodeAtItsProcessLimit) {
  const auto node =
      world_->erl({"-sname", "shop", "+P", "1024", "-kernel", "logger_level", "none"},
                  "F = fun F() -> case catch spawn(fun() -> receive stop -> ok end end) of"
                  " P when is_pid(P) -> F(); _ -> ok end end, F()");
  const auto link = reach(short_address("shop"));
  ASSERT_FALSE(link);
  EXPECT_EQ(link.error().code, Error::Code::kRefused);
  EXPECT_THAT(link.error().message,
              AllOf(HasSubstr("process limit"), Not(HasSubstr("refuses the cookie"))));
}

TEST_F(NodeLive, SaysThatAnotherServiceListensThere) {
  const Impostor service("HTTP/1.1 400 Bad Request\r\n\r\n", true);
  Address address = short_address("shop");
  address.endpoint = service.endpoint();
  const auto link = reach(address);
  ASSERT_FALSE(link);
  EXPECT_EQ(link.error().code, Error::Code::kRefused);
  EXPECT_THAT(link.error().message, HasSubstr("no Erlang node"));
}

TEST_F(NodeLive, SaysThatTheConnectionWasClosedBeforeCookies) {
  const Impostor service("", true);
  Address address = short_address("shop");
  address.endpoint = service.endpoint();
  const auto link = reach(address);
  ASSERT_FALSE(link);
  EXPECT_EQ(link.error().code, Error::Code::kRefused);
  EXPECT_THAT(link.error().message, HasSubstr("before cookies were compared"));
}

TEST_F(NodeLive, GivesUpOnASilentService) {
  const Impostor service("", false);
  Address address = short_address("shop");
  address.endpoint = service.endpoint();
  const auto link = reach(address, milliseconds(200));
  ASSERT_FALSE(link);
  EXPECT_EQ(link.error().code, Error::Code::kTimeout);
}

TEST_F(NodeLive, NoticesThatTheNodeHasEnded) {
  const auto node = world_->erl({"-sname", "shop"});
  const auto link = reach(short_address("shop"));
  ASSERT_TRUE(link) << link.error().message;
  node->signal(SIGKILL);
  EXPECT_EQ((*link)->receive(kTimeout).error().code, Error::Code::kClosed);
  EXPECT_EQ((*link)->receive(kTimeout).error().code, Error::Code::kClosed);
  EXPECT_EQ((*link)->send("rex", TermBuilder().version().nil().bytes()).error().code,
            Error::Code::kClosed);
}

TEST_F(NodeLive, AnswersTicksWhileItWaits) {
  // Every second a tick; without an answer within four the node would hang up.
  const auto node = world_->erl({"-sname", "shop", "-kernel", "net_ticktime", "4"});
  const auto link = reach(short_address("shop"));
  ASSERT_TRUE(link) << link.error().message;
  EXPECT_EQ((*link)->receive(seconds(7)).error().code, Error::Code::kTimeout);
  EXPECT_EQ(evaluate(**link, "1 + 1"), "2");
}

TEST_F(NodeLive, ReceivesALargeMessageInManySmallWaits) {
  const auto node = world_->erl({"-sname", "shop"});
  const auto link = reach(short_address("shop"));
  ASSERT_TRUE(link) << link.error().message;
  constexpr std::size_t kBytes = 20'000'000;
  TermBuilder question;
  question.version().tuple(2).raw((*link)->self()).tuple(5);
  question.atom("call").atom("binary").atom("copy");
  question.list(2).binary("x").integer(kBytes).nil().atom("user");
  ASSERT_TRUE((*link)->send("rex", question.bytes()));
  auto reply = (*link)->receive(milliseconds(0));
  while (!reply && reply.error().code == Error::Code::kTimeout) {
    reply = (*link)->receive(milliseconds(1));
  }
  ASSERT_TRUE(reply) << reply.error().message;
  Cursor cursor(*reply);
  ASSERT_TRUE(cursor.version() && cursor.tuple(2) && cursor.take_atom("rex"));
  EXPECT_EQ(cursor.binary()->size(), kBytes);
}

TEST_F(NodeLive, DropsAMessageBeyondTheLimitAndGoesOn) {
  const auto node = world_->erl({"-sname", "shop"});
  const auto link = reach(short_address("shop"));
  ASSERT_TRUE(link) << link.error().message;
  TermBuilder question;
  question.version().tuple(2).raw((*link)->self()).tuple(5);
  question.atom("call").atom("binary").atom("copy");
  question.list(2).binary("x").integer(kMaxMessageBytes).nil().atom("user");
  ASSERT_TRUE((*link)->send("rex", question.bytes()));
  EXPECT_EQ((*link)->receive(seconds(30)).error().code, Error::Code::kMalformed);
  EXPECT_EQ(evaluate(**link, "1 + 1"), "2");
}

}  // namespace
}  // namespace beamtape::live
