#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "recorder/node/link.h"
#include "recorder/node/socket.h"

namespace beamtape {

// A Link over a connection whose handshake is done: `self` at `creation` is what the other side,
// `node`, knows this end as, and `has_atom_cache` what both agreed upon. Takes the socket over. (In
// production, connect() of ei_link.h is what calls it; tests give it one end of a socket pair, and
// less patience.)
std::unique_ptr<Link> make_node_link(Socket socket, const std::string& self, std::uint32_t creation,
                                     std::string node, bool has_atom_cache,
                                     std::chrono::milliseconds longest_silence = kLongestSilence);

}  // namespace beamtape
