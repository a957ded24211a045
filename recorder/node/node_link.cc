// Messages on a distribution connection (erts "Distribution Protocol"). Without atom cache and
// fragments each packet is
//
//   'p', 131, control tuple, 131, message
//
// where the control tuple begins with the number of an operation. With the atom cache it is, with
// `atoms` and the names of those that are new,
//
//   131, 'D', atoms, control tuple, message
//
// Fragments are not offered in the handshake.

#include "recorder/node/node_link.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "recorder/node/packet_stream.h"
#include "recorder/term/atom_cache.h"
#include "recorder/term/builder.h"
#include "recorder/term/cursor.h"
#include "recorder/term/tag.h"

namespace beamtape {
namespace {

constexpr std::array<std::uint8_t, 3> kNoAtoms{tag::kVersion, kDistributionHeader, 0};
static_assert(PacketStream::kMostKept >= AtomCache::kMostHeaderBytes);
constexpr std::uint32_t kOwnPidId = 1;
// In a net_ticktime, as a node does it (net_tickintensity may make it more).
constexpr int kTicks = 4;

// Operations that carry a message to a pid: the pid is their third element in all of them.
constexpr std::int64_t kSend = 2;
constexpr std::int64_t kSendTraced = 12;
constexpr std::int64_t kSendSender = 22;
constexpr std::int64_t kSendSenderTraced = 23;
constexpr std::int64_t kRegisteredSend = 6;

class NodeLink : public Link {
 public:
  NodeLink(Socket socket, std::string self, std::uint32_t creation, std::string node,
           bool has_atom_cache, std::chrono::milliseconds longest_silence)
      : packets_(std::move(socket), kMaxMessageBytes),
        own_node_(std::move(self)),
        creation_(creation),
        node_(std::move(node)),
        longest_silence_(longest_silence) {
    if (has_atom_cache) cache_.emplace();
    TermBuilder pid;
    pid_ = pid.pid(own_node_, kOwnPidId, 0, creation_).take();
  }

  Expected<void> send(std::string_view name, std::span<const std::uint8_t> term) override;
  Expected<std::vector<std::uint8_t>> receive(std::chrono::milliseconds timeout) override;
  std::int64_t received_bytes() const override { return packets_.received_bytes(); }
  void set_ticktime(std::chrono::milliseconds ticktime) override {
    longest_silence_ = std::max(longest_silence_, ticktime + ticktime / kTicks);
    own_silence_ = ticktime / kTicks;
  }
  std::span<const std::uint8_t> self() const override { return pid_; }
  const std::string& node() const override { return node_; }

 private:
  enum class Envelope : std::uint8_t { kOurs, kOthers, kMalformed };
  Envelope open(Cursor& cursor) const;
  Expected<std::vector<std::uint8_t>> next_packet(Deadline deadline);
  Expected<void> tick_if_due();
  std::optional<Error> why_lost() const;
  tl::unexpected<Error> closed(const Error& error) {
    is_open_ = false;
    return fail(Error::Code::kClosed, "the connection to " + node_ + " is lost: " + error.message);
  }

  tl::unexpected<Error> malformed(std::string_view why) const {
    return fail(Error::Code::kMalformed,
                fmt::format("cannot read a message of {}: {}", node_, why));
  }

  PacketStream packets_;
  std::optional<AtomCache> cache_;  // where the connection has one
  std::string own_node_;
  std::uint32_t creation_;
  std::string node_;
  std::chrono::milliseconds longest_silence_;
  std::chrono::milliseconds own_silence_ = kUsualTicktime / kTicks;
  std::vector<std::uint8_t> pid_;
  bool is_open_ = true;
};

Expected<void> NodeLink::send(std::string_view name, std::span<const std::uint8_t> term) {
  if (!is_open_) return closed({Error::Code::kClosed, "it was closed before"});
  TermBuilder packet;
  cache_ ? packet.raw(kNoAtoms) : packet.raw({&kPassThrough, 1}).version();
  packet.tuple(4).integer(kRegisteredSend).raw(pid_).atom("").atom(name);
  packet.raw(cache_ ? term.subspan(1) : term);
  if (auto sent = packets_.send(packet.bytes(), deadline_in(kSendTimeout)); !sent) {
    return closed(sent.error());
  }
  return {};
}

Expected<std::vector<std::uint8_t>> NodeLink::receive(std::chrono::milliseconds timeout) {
  if (!is_open_) return closed({Error::Code::kClosed, "it was closed before"});
  const Deadline deadline = deadline_in(timeout);
  for (;;) {
    if (auto ticked = tick_if_due(); !ticked) return closed(ticked.error());
    auto packet = next_packet(deadline.at_most(packets_.said() + own_silence_));
    if (!packet) {
      const auto code = packet.error().code;
      if (code == Error::Code::kMalformed) return packet;
      if (code != Error::Code::kTimeout) return closed(packet.error());
      if (const auto lost = why_lost()) return closed(*lost);
      if (deadline.has_passed()) return packet;
      continue;
    }
    const bool is_message = packet->front() == kPassThrough;
    Cursor cursor({packet->data() + 1, packet->size() - 1});
    switch (is_message ? open(cursor) : Envelope::kMalformed) {
      case Envelope::kOthers:
        continue;
      case Envelope::kMalformed:
        return malformed("it does not follow the distribution protocol");
      case Envelope::kOurs:
        packet->erase(packet->begin(), packet->end() - static_cast<long>(cursor.bytes_left()));
        return packet;
    }
  }
}

// As it would have come without atom cache.
Expected<std::vector<std::uint8_t>> NodeLink::next_packet(Deadline deadline) {
  auto packet = packets_.receive(deadline);
  if (!cache_) return packet;
  if (packet) {
    auto plain = cache_->spell_out(*packet, kMaxMessageBytes);
    const bool is_malformed = !plain && plain.error().code == Error::Code::kMalformed;
    return is_malformed ? malformed(plain.error().message) : std::move(plain);
  }
  if (packet.error().code == Error::Code::kMalformed) {
    if (auto learnt = cache_->learn(packets_.dropped()); !learnt) {
      return tl::unexpected(learnt.error());
    }
  }
  return packet;
}

// While the node has bytes of a message to write it sends no ticks that could be answered, and
// still wants to hear something.
Expected<void> NodeLink::tick_if_due() {
  if (Deadline::Clock::now() - packets_.said() < own_silence_) return {};
  return packets_.send({}, deadline_in(kSendTimeout));
}

std::optional<Error> NodeLink::why_lost() const {
  const auto seconds = longest_silence_.count() / 1000;
  if (packets_.silence() > longest_silence_) {
    return Error{Error::Code::kTimeout, fmt::format("nothing came from it for {} s", seconds)};
  }
  if (packets_.unfinished() > longest_silence_) {
    return Error{Error::Code::kTimeout,
                 fmt::format("a message of it did not become complete within {} s", seconds)};
  }
  return std::nullopt;
}

// Reads up to the message and says whether it is for this end. Others exist without a fault: some
// process there may ping us, or monitor what it believes to be a process here.
NodeLink::Envelope NodeLink::open(Cursor& cursor) const {
  if (!cursor.version() || !cursor.tuple()) return Envelope::kMalformed;
  const auto operation = cursor.integer();
  if (!operation) return Envelope::kMalformed;
  if (*operation != kSend && *operation != kSendTraced && *operation != kSendSender &&
      *operation != kSendSenderTraced) {
    return Envelope::kOthers;
  }
  cursor.skip();
  const auto to = cursor.pid();
  if (!to) return Envelope::kMalformed;
  if (*operation == kSendTraced || *operation == kSendSenderTraced) cursor.skip();
  if (!cursor.ok() || cursor.at_end()) return Envelope::kMalformed;
  const bool is_ours =
      to->id == kOwnPidId && to->serial == 0 && to->creation == creation_ && to->node == own_node_;
  return is_ours ? Envelope::kOurs : Envelope::kOthers;
}

}  // namespace

std::unique_ptr<Link> make_node_link(Socket socket, const std::string& self, std::uint32_t creation,
                                     std::string node, bool has_atom_cache,
                                     std::chrono::milliseconds longest_silence) {
  return std::make_unique<NodeLink>(std::move(socket), self, creation, std::move(node),
                                    has_atom_cache, longest_silence);
}

}  // namespace beamtape
