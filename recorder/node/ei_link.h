#pragma once

#include <atomic>
#include <chrono>
#include <memory>

#include "recorder/node/address.h"
#include "recorder/node/cookie.h"
#include "recorder/node/link.h"
#include "schema/error.h"

namespace beamtape {

// The names a recorder goes by: beamtape_0 to beamtape_7 at this host. A small fixed pool, because
// every name that connects stays on the target as an atom.
inline constexpr int kNamePoolSize = 8;

// Connects to a node as a hidden node, within `timeout` for everything: looking up the host, asking
// epmd (on ERL_EPMD_PORT, else 4369; not asked if the address has an endpoint), and the handshake,
// with the next name of the pool where one is taken. Errors are one line, "cannot connect to
// shop@host: <reason>; <what to do>":
//  kNotFound: unknown host, nobody listens, epmd is unreachable or does not know the node, or
//    another node is at the address.
//  kRefused: the node ended the handshake; the message names every cause that remains possible.
//  kTimeout: no answer in time, or none until `stop` (which may be null) became true.
// Call from one thread at a time.
Expected<std::unique_ptr<Link>> connect(const Address& address, const Cookie& cookie,
                                        std::chrono::milliseconds timeout,
                                        const std::atomic<bool>* stop = nullptr);

}  // namespace beamtape
