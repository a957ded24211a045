#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "recorder/node/deadline.h"
#include "schema/error.h"

namespace beamtape {

// A connected TCP socket that never blocks beyond a deadline. Owns its descriptor. Errors carry the
// system's reason only ("Connection refused"): who was meant to be reached, the caller knows.
class Socket {
 public:
  // Takes over a connected descriptor and makes it non-blocking.
  explicit Socket(int descriptor);
  Socket(Socket&& other) noexcept;
  Socket& operator=(Socket&& other) noexcept;
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket();

  // Connects to the first of `addresses` (numeric, IPv4 or IPv6) that accepts, each being given its
  // share of the time. kNotFound: refused. kTimeout: no answer.
  static Expected<Socket> connect(const std::vector<std::string>& addresses, std::uint16_t port,
                                  Deadline deadline);

  int descriptor() const { return descriptor_; }

  // Reads what is there, at least one byte. kTimeout: nothing came. kClosed: the end, or reset.
  Expected<std::size_t> read_some(std::span<std::uint8_t> into, Deadline deadline);
  // Writes all of `bytes`. After an error the stream is broken: an unknown part is written.
  Expected<void> write_all(std::span<const std::uint8_t> bytes, Deadline deadline);

 private:
  int descriptor_;
};

}  // namespace beamtape
