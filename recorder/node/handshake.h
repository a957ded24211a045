#pragma once

#include <cstdint>
#include <string>

#include "recorder/node/cookie.h"
#include "recorder/node/deadline.h"
#include "recorder/node/socket.h"

namespace beamtape {

// How a node answered to a handshake. Each is told apart by what went over the wire, because
// erl_interface reports nearly all of them as EIO.
enum class Welcome : std::uint8_t {
  kConnected,
  kNameTaken,     // status "alive" or "nok": somebody of our name is connected, or just connecting
  kNotAllowed,    // status "not_allowed": net_kernel:allow/1 names others
  kWrongCookie,   // the connection ended after the answer to the node's challenge, or the node's
                  // own answer was wrong
  kClosedAtOnce,  // the connection ended before any answer
  kClosedLater,   // it ended after an answer, before cookies were compared
  kIncompatible,  // a node that speaks another version of the protocol
  kNotErlang,     // what came is no answer to a handshake
  kTimeout,
  kFailed,  // in erl_interface itself
};

// The name and incarnation by which a node knows this end.
struct OwnName {
  std::string alive;
  std::string host;
  std::uint32_t creation = 0;  // above 3

  std::string node() const { return alive + "@" + host; }
};

struct HandshakeResult {
  Welcome welcome = Welcome::kFailed;
  std::string peer;  // full name of the node, once it has said so; else empty
  // Packets come with a distribution header and its atom cache, and are to be sent with one.
  bool has_atom_cache = false;
};

// Introduces this end on a fresh connection, as a hidden node. Unless kConnected, the socket is of
// no more use. The socket stays the caller's: erl_interface does the handshake through it and
// keeps nothing (but may leave the cookie in memory that it has freed). One thread at a time.
HandshakeResult shake_hands(Socket& socket, const OwnName& self, const Cookie& cookie,
                            Deadline deadline);

}  // namespace beamtape
