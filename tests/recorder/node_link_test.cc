// The packets and messages of a connection, over a socket pair: no node is needed.

#include "recorder/node/node_link.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>

#include "recorder/node/packet_stream.h"
#include "recorder/term/builder.h"
#include "recorder/term/cursor.h"
#include "tests/recorder/fake_link.h"
#include "tests/recorder/hex.h"

namespace beamtape {
namespace {

using Bytes = std::vector<std::uint8_t>;
using std::chrono::milliseconds;

constexpr milliseconds kNow{0};
constexpr milliseconds kSoon{1000};

// The node's end of a connection, and a link at the other.
class Peer {
 public:
  Peer() {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) abort();
    descriptor_ = ends[0];
    other_ = ends[1];
  }
  ~Peer() { hang_up(); }

  std::unique_ptr<Link> link(milliseconds longest_silence = kLongestSilence,
                             bool has_atom_cache = false) {
    return make_node_link(Socket(other_), "beamtape_0@host", 7, "shop@host", has_atom_cache,
                          longest_silence);
  }
  Socket socket() { return Socket(other_); }

  void say(const Bytes& bytes) {
    ASSERT_EQ(write(descriptor_, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  // What the link has written by now.
  Bytes heard() {
    Bytes bytes(4096);
    const ssize_t size = recv(descriptor_, bytes.data(), bytes.size(), MSG_DONTWAIT);
    bytes.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return bytes;
  }
  void hang_up() {
    if (descriptor_ >= 0) close(descriptor_);
    descriptor_ = -1;
  }

 private:
  int descriptor_;
  int other_;
};

Bytes packet(const Bytes& body) {
  Bytes bytes(4 + body.size());
  bytes[2] = static_cast<std::uint8_t>(body.size() >> 8);
  bytes[3] = static_cast<std::uint8_t>(body.size());
  std::copy(body.begin(), body.end(), bytes.begin() + 4);
  return bytes;
}

TermBuilder pass_through() {
  const std::uint8_t byte = 112;
  TermBuilder builder;
  builder.raw({&byte, 1}).version();
  return builder;
}

// SEND of an integer to the link's pid, or to another one.
Bytes message(int content, std::uint32_t creation = 7) {
  auto builder = pass_through();
  builder.tuple(3).integer(2).atom("").pid("beamtape_0@host", 1, 0, creation);
  return packet(builder.version().integer(content).take());
}

std::int64_t content_of(const Expected<Bytes>& received) {
  if (!received) return -1;
  Cursor cursor(*received);
  cursor.version();
  return cursor.integer().value_or(-2);
}

TEST(NodeLink, GivesMessagesInTheirOrder) {
  Peer peer;
  const auto link = peer.link();
  peer.say(message(1));
  peer.say(message(2));
  EXPECT_EQ(content_of(link->receive(kSoon)), 1);
  EXPECT_EQ(content_of(link->receive(kSoon)), 2);
  EXPECT_EQ(link->receive(kNow).error().code, Error::Code::kTimeout);
}

TEST(NodeLink, KeepsWhatHasComeOfAMessageOverATimeout) {
  Peer peer;
  const auto link = peer.link();
  const Bytes bytes = message(5);
  for (std::size_t i = 0; i + 1 < bytes.size(); ++i) {
    peer.say({bytes[i]});
    EXPECT_EQ(link->receive(kNow).error().code, Error::Code::kTimeout);
  }
  peer.say({bytes.back()});
  EXPECT_EQ(content_of(link->receive(kNow)), 5);
}

TEST(NodeLink, AnswersTicksAtOnce) {
  Peer peer;
  const auto link = peer.link();
  peer.say({0, 0, 0, 0});
  peer.say({0, 0, 0, 0});
  EXPECT_EQ(link->receive(kNow).error().code, Error::Code::kTimeout);
  EXPECT_EQ(peer.heard(), Bytes(8, 0));
}

TEST(NodeLink, TakesALongSilenceForTheEnd) {
  constexpr milliseconds kPatience{1000};
  Peer peer;
  const auto link = peer.link(kPatience);
  // A tick, and parts of a message, are signs of life.
  for (const Bytes& sign : {Bytes(4, 0), Bytes{0, 0, 0, 9}, Bytes{1}}) {
    EXPECT_EQ(link->receive(kPatience / 2).error().code, Error::Code::kTimeout);
    peer.say(sign);
    EXPECT_EQ(link->receive(kNow).error().code, Error::Code::kTimeout);
  }
  const auto silence = link->receive(kPatience + milliseconds(100));
  EXPECT_EQ(silence.error().code, Error::Code::kClosed);
  EXPECT_EQ(silence.error().message,
            "the connection to shop@host is lost: nothing came from it for 1 s");
  EXPECT_EQ(link->receive(kNow).error().code, Error::Code::kClosed);
}

TEST(NodeLink, WaitsAsLongAsTheNodesTicktimeDemands) {
  Peer peer;
  const auto link = peer.link(milliseconds(50));
  link->set_ticktime(milliseconds(800));
  EXPECT_EQ(link->receive(milliseconds(300)).error().code, Error::Code::kTimeout);
  EXPECT_EQ(link->receive(milliseconds(2000)).error().message,
            "the connection to shop@host is lost: nothing came from it for 1 s");
}

TEST(NodeLink, IsNoLessPatientForAShortTicktime) {
  Peer peer;
  const auto link = peer.link();
  link->set_ticktime(milliseconds(40));
  EXPECT_EQ(link->receive(milliseconds(200)).error().code, Error::Code::kTimeout);
}

// The node's own ticks wait behind a message.
TEST(NodeLink, TicksOfItselfWhileAMessageIsOnItsWay) {
  Peer peer;
  const auto link = peer.link();
  link->set_ticktime(milliseconds(200));
  const Bytes bytes = message(5);
  peer.say(Bytes(bytes.begin(), bytes.begin() + 6));
  EXPECT_EQ(link->receive(milliseconds(300)).error().code, Error::Code::kTimeout);
  const Bytes ticks = peer.heard();
  EXPECT_GE(ticks.size(), 4 * 2u);
  EXPECT_EQ(ticks, Bytes(ticks.size() / 4 * 4, 0));
  peer.say(Bytes(bytes.begin() + 6, bytes.end()));
  EXPECT_EQ(content_of(link->receive(kSoon)), 5);
}

TEST(NodeLink, IsClosedByALengthThatIsNone) {
  Peer peer;
  const auto link = peer.link();
  peer.say({0xFF, 0xFF, 0xFF, 0xF0, 'x'});
  const auto absurd = link->receive(kSoon);
  EXPECT_EQ(absurd.error().code, Error::Code::kClosed);
  EXPECT_EQ(absurd.error().message,
            "the connection to shop@host is lost: a message of 4294967280 bytes was announced, "
            "which is none");
  EXPECT_EQ(link->receive(kNow).error().code, Error::Code::kClosed);
}

// The length has flipped bits: what follows, ticks and all, is only taken for its rest.
TEST(NodeLink, IsClosedByAMessageThatDoesNotBecomeComplete) {
  constexpr milliseconds kPatience{1000};
  Peer peer;
  const auto link = peer.link(kPatience);
  peer.say({3, 0, 0, 0});
  auto received = link->receive(kNow);
  for (int tick = 0; tick < 12 && received.error().code == Error::Code::kTimeout; ++tick) {
    peer.say({0, 0, 0, 0});
    received = link->receive(kPatience / 5);
  }
  EXPECT_EQ(received.error().code, Error::Code::kClosed);
  EXPECT_EQ(received.error().message,
            "the connection to shop@host is lost: a message of it did not become complete within "
            "1 s");
}

TEST(NodeLink, DropsWhatIsForOthers) {
  Peer peer;
  const auto link = peer.link();
  peer.say(message(1, 6));  // for an earlier connection of this name
  auto registered = pass_through();
  registered.tuple(4).integer(6).pid("shop@host", 9, 0, 1).atom("").atom("net_kernel");
  peer.say(packet(registered.version().atom("is_auth").take()));
  auto monitor = pass_through();
  peer.say(packet(monitor.tuple(4).integer(19).nil().nil().nil().take()));
  peer.say(message(2));
  EXPECT_EQ(content_of(link->receive(kSoon)), 2);
}

TEST(NodeLink, AcceptsEveryOperationThatSendsToAPid) {
  Peer peer;
  const auto link = peer.link();
  for (const int operation : {2, 12, 22, 23}) {
    const bool is_traced = operation == 12 || operation == 23;
    auto builder = pass_through();
    builder.tuple(is_traced ? 4 : 3).integer(operation).atom("").raw(link->self());
    if (is_traced) builder.atom("token");
    peer.say(packet(builder.version().integer(operation).take()));
    EXPECT_EQ(content_of(link->receive(kSoon)), operation);
  }
}

TEST(NodeLink, SurvivesWhatIsNoMessage) {
  Peer peer;
  const auto link = peer.link();
  const Bytes whole = message(1);
  const Bytes body(whole.begin() + 4, whole.end());
  const std::size_t message_bytes = 3;
  for (std::size_t size = 1; size <= body.size() - message_bytes; ++size) {
    peer.say(packet(Bytes(body.begin(), body.begin() + static_cast<long>(size))));
    EXPECT_EQ(link->receive(kSoon).error().code, Error::Code::kMalformed) << size;
  }
  peer.say(packet(from_hex("44 00")));
  EXPECT_EQ(link->receive(kSoon).error().code, Error::Code::kMalformed);
  peer.say(message(3));
  EXPECT_EQ(content_of(link->receive(kSoon)), 3);
}

TEST(NodeLink, GivesWhatCameBeforeTheEndAndThenStaysClosed) {
  Peer peer;
  const auto link = peer.link();
  peer.say(message(1));
  peer.hang_up();
  EXPECT_EQ(content_of(link->receive(kSoon)), 1);
  EXPECT_EQ(link->receive(kSoon).error().code, Error::Code::kClosed);
  EXPECT_EQ(link->receive(kSoon).error().code, Error::Code::kClosed);
  EXPECT_EQ(link->send("rex", from_hex("836A")).error().code, Error::Code::kClosed);
}

TEST(NodeLink, SendsToARegisteredName) {
  Peer peer;
  const auto link = peer.link();
  ASSERT_TRUE(link->send("rex", TermBuilder().version().atom("hello").bytes()));
  auto expected = pass_through();
  expected.tuple(4).integer(6).raw(link->self()).atom("").atom("rex");
  EXPECT_EQ(peer.heard(), packet(expected.version().atom("hello").take()));
}

// The header of a connection with an atom cache, and SEND of an atom to the link's pid.
Bytes cached_message(const Bytes& header) {
  TermBuilder builder;
  builder.raw(header).tuple(3).integer(2).atom("").pid("beamtape_0@host", 1, 0, 7);
  return packet(builder.raw(from_hex("52 00")).take());
}

std::string atom_of(const Expected<Bytes>& received) {
  if (!received) return received.error().message;
  Cursor cursor(*received);
  cursor.version();
  const auto atom = cursor.atom();
  return atom && cursor.at_end() ? atom->utf8() : "no atom";
}

TEST(NodeLink, KeepsTheNamesThatItsPeerHasSent) {
  Peer peer;
  const auto link = peer.link(kLongestSilence, true);
  peer.say(cached_message(from_hex("83 44 01 08 05 02 68 69")));
  peer.say(cached_message(from_hex("83 44 01 00 05")));
  EXPECT_EQ(atom_of(link->receive(kSoon)), "hi");
  EXPECT_EQ(atom_of(link->receive(kSoon)), "hi");
  EXPECT_EQ(link->received_bytes(), 2 * (4 + 5 + 2 + 2 + 2 + 1 + 17 + 12 + 2) + 3);
  ASSERT_TRUE(link->send("rex", TermBuilder().version().atom("hello").bytes()));
  TermBuilder expected;
  expected.raw(from_hex("83 44 00")).tuple(4).integer(6).raw(link->self()).atom("").atom("rex");
  EXPECT_EQ(peer.heard(), packet(expected.atom("hello").take()));
}

TEST(NodeLink, IsClosedWhenItCannotFollowTheNames) {
  Peer peer;
  const auto link = peer.link(kLongestSilence, true);
  peer.say(packet(from_hex("83 44 00 05")));
  EXPECT_EQ(link->receive(kSoon).error().code, Error::Code::kMalformed);
  peer.say(cached_message(from_hex("83 44 01 00 05")));
  const auto lost = link->receive(kSoon);
  EXPECT_EQ(lost.error().code, Error::Code::kClosed);
  EXPECT_EQ(lost.error().message,
            "the connection to shop@host is lost: the names in what it sends cannot be "
            "followed");
}

TEST(PacketStream, DropsAPacketBeyondItsLimitAndGoesOn) {
  Peer peer;
  PacketStream stream(peer.socket(), 10);
  peer.say(packet(Bytes(11, 'x')));
  peer.say(packet(Bytes(10, 'y')));
  EXPECT_EQ(stream.receive(deadline_in(kSoon)).error().code, Error::Code::kMalformed);
  EXPECT_EQ(Bytes(stream.dropped().begin(), stream.dropped().end()), Bytes(11, 'x'));
  EXPECT_EQ(stream.receive(deadline_in(kSoon)).value(), Bytes(10, 'y'));
}

TEST(PacketStream, DropsALargePacketOverSeveralTimeouts) {
  Peer peer;
  PacketStream stream(peer.socket(), 10);
  const Bytes bytes = packet(Bytes(2000, 'x'));
  peer.say(Bytes(bytes.begin(), bytes.begin() + 1000));
  EXPECT_EQ(stream.receive(deadline_in(kNow)).error().code, Error::Code::kTimeout);
  peer.say(Bytes(bytes.begin() + 1000, bytes.end()));
  EXPECT_EQ(stream.receive(deadline_in(kSoon)).error().code, Error::Code::kMalformed);
}

TEST(PacketStream, TakesNoMemoryForWhatIsOnlyAnnounced) {
  Peer peer;
  PacketStream stream(peer.socket(), std::size_t{1} << 32);
  peer.say({0xFF, 0xFF, 0xFF, 0xFF, 'x'});
  EXPECT_EQ(stream.receive(deadline_in(kNow)).error().code, Error::Code::kTimeout);
}

TEST(FakeLink, AnswersByItsScript) {
  FakeLink link;
  link.on_send = [](FakeLink& self, const FakeLink::Sent& sent) { self.reply(sent.term); };
  ASSERT_TRUE(link.send("rex", from_hex("836A")));
  EXPECT_EQ(link.receive(kSoon).value(), from_hex("836A"));
  EXPECT_EQ(link.receive(kSoon).error().code, Error::Code::kTimeout);
  EXPECT_EQ(link.waited(), kSoon);
  link.close();
  EXPECT_EQ(link.receive(kSoon).error().code, Error::Code::kClosed);
}

}  // namespace
}  // namespace beamtape
