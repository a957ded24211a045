#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "schema/error.h"

namespace beamtape {

// The largest message taken from a node. Questions are asked so that answers stay under a
// megabyte; this only keeps a mad peer from taking the recorder's memory.
inline constexpr std::size_t kMaxMessageBytes = 64u << 20;

// A hidden-node link to one Erlang node. Not thread safe: one thread sends and receives. That
// thread must be in receive() at least every net_ticktime/2 (30 s by default), or the node takes
// this end for dead. Destroying it closes the connection.
class Link {
 public:
  virtual ~Link() = default;

  // Sends `term` (external format, with version byte) to the process registered as `name`; a name
  // that nobody has is no error, as in Erlang. kClosed: the node is gone, or did not take the
  // bytes for kSendTimeout; the link is of no more use. Copies what it needs.
  virtual Expected<void> send(std::string_view name, std::span<const std::uint8_t> term) = 0;

  // The next message addressed to self(), as external term bytes with version byte. Answers the
  // node's ticks, sends own ones where nothing else was sent for a quarter of its ticktime, and
  // drops what is addressed to others. `timeout` may be 0 to poll.
  //  kTimeout: none was complete by then; what has come of one is kept for the next call.
  //  kMalformed: one came that is over kMaxMessageBytes, its atoms spelled out, or not a
  //    distribution message; it is dropped and the link stays usable.
  //  kClosed: the node has closed the connection or died, nothing came for kLongestSilence (or
  //    longer, see set_ticktime), a message did not become complete within that time, announced to
  //    be larger than any is, or did not say in its header which atoms it is about.
  virtual Expected<std::vector<std::uint8_t>> receive(std::chrono::milliseconds timeout) = 0;

  // Bytes that have come over the connection so far, ticks and all.
  virtual std::int64_t received_bytes() const = 0;

  // Tells the node's net_ticktime, which is kUsualTicktime until then. It may be silent for as long
  // and a quarter more, and closes a connection on which it hears nothing for that long. Nothing to
  // a link that does not tick.
  virtual void set_ticktime(std::chrono::milliseconds /*ticktime*/) {}

  // The pid of this end, encoded (NEW_PID_EXT, no version byte), to be put into questions with
  // TermBuilder::raw. Lives as long as the link.
  virtual std::span<const std::uint8_t> self() const = 0;

  // Full name of the node on the other side, "shop@host".
  virtual const std::string& node() const = 0;
};

// How long send() waits for a node that does not read.
inline constexpr std::chrono::seconds kSendTimeout{10};

// After this long without a byte a connection counts as broken: something between may have
// forgotten it and drop every packet without a word. A node that lives ticks every net_ticktime/4.
inline constexpr std::chrono::seconds kLongestSilence{75};
inline constexpr std::chrono::seconds kUsualTicktime{60};

}  // namespace beamtape
