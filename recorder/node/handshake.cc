// erl_interface makes the handshake (version 6) over socket functions of ours, which keep to one
// deadline for all of it, work over IPv6 too, look at what comes by, and add a flag:
//
//   -> 'N' flags, creation, name           <- 's' status            "ok", "alive", "not_allowed",
//   ..
//                                          <- 'N' flags, challenge, creation, name
//   -> 'r' challenge, digest               <- 'a' digest
//
// each behind its size in two bytes (erts "Distribution Protocol"). A node that does not like the
// digest closes the connection instead of 'a'.

#include "recorder/node/handshake.h"

#include <ei.h>
#include <string.h>  // explicit_bzero
#include <sys/types.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string_view>
#include <vector>

#include "recorder/term/big_endian.h"

namespace beamtape {
namespace {

constexpr int kHandshakeHeaderBytes = 2;
constexpr std::size_t kMaxKeptBytes = 4096;

// DFLAG_DIST_HDR_ATOM_CACHE: half of the bytes of an answer are names that the one before it had.
// erl_interface does not know it; NodeLink does. It is in force if both ends have it. Flags are 64
// bits behind 'N', highest first.
constexpr std::uint32_t kAtomCache = 0x2000;
constexpr std::size_t kFlagsAt = 1 + 4;  // of the lower half

// What erl_interface's functions are given as their context.
struct Conversation {
  Socket& socket;
  Deadline deadline;
  std::vector<std::uint8_t> heard;  // the first kMaxKeptBytes
  int packets_said = 0;
  bool offers_atom_cache = false;
  bool timed_out = false;
  bool closed = false;
};

Conversation& conversation(void* context) { return *static_cast<Conversation*>(context); }

int note_failure(Conversation& talk, const Error& error) {
  talk.timed_out = error.code == Error::Code::kTimeout;
  talk.closed = !talk.timed_out;
  return talk.timed_out ? ETIMEDOUT : EIO;
}

int socket_of(void** context, void* setup) {
  *context = setup;
  return 0;
}

int close_nothing(void*) { return 0; }

int connected_already(void*, void*, int, unsigned) { return 0; }

int write_some(void* context, const char* bytes, ssize_t* size, unsigned) {
  Conversation& talk = conversation(context);
  const auto* begin = reinterpret_cast<const std::uint8_t*>(bytes);
  std::vector<std::uint8_t> packet(begin, begin + *size);
  constexpr std::size_t kAt = kHandshakeHeaderBytes + kFlagsAt;
  if (packet.size() >= kAt + 4 && packet[kHandshakeHeaderBytes] == 'N') {
    write_u32(packet.data() + kAt, read_u32(packet.data() + kAt) | kAtomCache);
    talk.offers_atom_cache = true;
  }
  const auto sent = talk.socket.write_all(packet, talk.deadline);
  if (!sent) return note_failure(talk, sent.error());
  ++talk.packets_said;
  return 0;
}

int read_some(void* context, char* bytes, ssize_t* size, unsigned) {
  Conversation& talk = conversation(context);
  const std::span view(reinterpret_cast<std::uint8_t*>(bytes), static_cast<std::size_t>(*size));
  const auto got = talk.socket.read_some(view, talk.deadline);
  if (!got) return note_failure(talk, got.error());
  *size = static_cast<ssize_t>(*got);
  const std::size_t kept = std::min(*got, kMaxKeptBytes - talk.heard.size());
  talk.heard.insert(talk.heard.end(), view.begin(), view.begin() + static_cast<long>(kept));
  return 0;
}

int header_size(void*, int* size) {
  *size = kHandshakeHeaderBytes;
  return 0;
}

int descriptor_of(void* context, int* descriptor) {
  *descriptor = conversation(context).socket.descriptor();
  return 0;
}

ei_socket_callbacks& callbacks() {
  static ei_socket_callbacks functions = [] {
    ei_socket_callbacks made{};
    made.flags = EI_SCLBK_FLG_FULL_IMPL;
    made.socket = socket_of;
    made.close = close_nothing;
    made.connect = connected_already;
    made.write = write_some;
    made.read = read_some;
    made.handshake_packet_header_size = header_size;
    made.get_fd = descriptor_of;
    return made;
  }();
  return functions;
}

// The packet of this number among those heard, if it is complete.
std::optional<std::string_view> heard_packet(const Conversation& talk, int number) {
  std::span<const std::uint8_t> rest(talk.heard);
  for (;; --number) {
    if (rest.size() < kHandshakeHeaderBytes) return std::nullopt;
    const std::size_t size = read_u16(rest.data());
    rest = rest.subspan(kHandshakeHeaderBytes);
    if (size > rest.size()) return std::nullopt;
    if (number == 0) return std::string_view(reinterpret_cast<const char*>(rest.data()), size);
    rest = rest.subspan(size);
  }
}

// 'N', u64 flags, u32 challenge, u32 creation, u16 size, name.
std::string peer_name(const Conversation& talk) {
  constexpr std::size_t kNameAt = 1 + 8 + 4 + 4 + 2;
  const auto challenge = heard_packet(talk, 1);
  if (!challenge || challenge->size() < kNameAt || (*challenge)[0] != 'N') return {};
  const auto* size = reinterpret_cast<const std::uint8_t*>(challenge->data()) + kNameAt - 2;
  return std::string(challenge->substr(kNameAt, read_u16(size)));
}

bool has_atom_cache(const Conversation& talk) {
  const auto challenge = heard_packet(talk, 1);
  if (!talk.offers_atom_cache || !challenge || challenge->size() < kFlagsAt + 4 ||
      (*challenge)[0] != 'N') {
    return false;
  }
  const auto* flags = reinterpret_cast<const std::uint8_t*>(challenge->data()) + kFlagsAt;
  return (read_u32(flags) & kAtomCache) != 0;
}

Welcome why_refused(const Conversation& talk) {
  if (talk.timed_out) return Welcome::kTimeout;
  if (talk.heard.empty()) return Welcome::kClosedAtOnce;
  const auto status = heard_packet(talk, 0);
  if (!status || status->empty() || status->front() != 's') return Welcome::kNotErlang;
  if (*status == "salive" || *status == "snok") return Welcome::kNameTaken;
  if (*status == "snot_allowed") return Welcome::kNotAllowed;
  if (status->substr(0, 3) != "sok") return Welcome::kNotErlang;
  if (talk.packets_said > 1) return Welcome::kWrongCookie;
  return talk.closed ? Welcome::kClosedLater : Welcome::kIncompatible;
}

}  // namespace

HandshakeResult shake_hands(Socket& socket, const OwnName& self, const Cookie& cookie,
                            Deadline deadline) {
  static const bool is_ready = ei_init() == 0;
  if (!is_ready) return {};
  Conversation talk{socket, deadline, {}};
  ei_cnode node{};
  in_addr nowhere{};  // neither end's address is looked at: the connection exists already
  const int result = ei_connect_xinit_ussi(&node, self.host.c_str(), self.alive.c_str(),
                                           self.node().c_str(), &nowhere, cookie.reveal(),
                                           self.creation, &callbacks(), sizeof(callbacks()), &talk);
  ei_set_tracelevel(0);  // it reads EI_TRACELEVEL, and would then print
  if (result != 0) return {};
  const auto milliseconds = std::max<std::int64_t>(1, deadline.left().count());  // 0: for ever
  const int descriptor =
      ei_xconnect_host_port_tmo(&node, &nowhere, 0, static_cast<unsigned>(milliseconds));
  explicit_bzero(&node, sizeof node);
  if (descriptor < 0) return {why_refused(talk), peer_name(talk), false};
  ei_close_connection(descriptor);  // forgets it; closing it is close_nothing
  return {Welcome::kConnected, peer_name(talk), has_atom_cache(talk)};
}

}  // namespace beamtape
