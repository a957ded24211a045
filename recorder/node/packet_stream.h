#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "recorder/node/deadline.h"
#include "recorder/node/socket.h"
#include "schema/error.h"

namespace beamtape {

// A length beyond this is none of a packet: bits flipped, or the peer has lost its place in the
// stream. Waiting for what it announces would be waiting for ever, as all that comes meanwhile,
// ticks too, is taken for a part of it. A node may be asked for more than kMaxMessageBytes by
// accident, not for a multiple of that.
inline constexpr std::size_t kMostDroppedBytes = 256u << 20;

// The packets of a connection after its handshake: u32 size, then as many bytes; of size 0 is a
// tick, which is answered at once, as net_kernel demands. In place of ei_xreceive_msg_tmo, which
// loses its place in the stream when its time runs out within a packet, allocates what the peer
// announces, and decodes the control message without looking at its length.
class PacketStream {
 public:
  // Packets above `max_bytes` are dropped, and up to kMostDroppedBytes waited for.
  PacketStream(Socket socket, std::size_t max_bytes)
      : socket_(std::move(socket)), max_bytes_(max_bytes) {}

  // The next packet that is no tick, without its size. kTimeout: none is complete; what came of it
  // is kept for the next call. kMalformed: one was too large and is dropped; the stream goes on.
  // kClosed: no more will come, or one was announced that cannot be one: the stream is of no more
  // use.
  Expected<std::vector<std::uint8_t>> receive(Deadline deadline);

  // Time since anything came, a tick or a part of a packet.
  std::chrono::steady_clock::duration silence() const {
    return std::chrono::steady_clock::now() - heard_;
  }

  // Bytes that have come, those of packets that are not complete yet too.
  std::int64_t received_bytes() const { return received_bytes_; }

  // When the last packet was sent, a tick too; else when the stream began.
  std::chrono::steady_clock::time_point said() const { return said_; }

  // Time since the packet began that is not complete yet; 0 between packets.
  std::chrono::steady_clock::duration unfinished() const {
    return header_read_ == 0 ? std::chrono::steady_clock::duration::zero()
                             : std::chrono::steady_clock::now() - packet_began_;
  }

  // The first kMostKept bytes of the packet that was last too large.
  std::span<const std::uint8_t> dropped() const { return dropped_; }
  static constexpr std::size_t kMostKept = 1u << 19;

  // Sends one packet. After any error the stream is of no more use (a part may be sent).
  Expected<void> send(std::span<const std::uint8_t> packet, Deadline deadline);

 private:
  Expected<void> read_header(Deadline deadline);
  Expected<void> read_body(Deadline deadline);
  Expected<void> drop_body(Deadline deadline);
  Expected<std::size_t> read_some(std::span<std::uint8_t> into, Deadline deadline);

  Socket socket_;
  std::chrono::steady_clock::time_point heard_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point said_ = heard_;
  std::int64_t received_bytes_ = 0;
  std::size_t max_bytes_;
  std::array<std::uint8_t, 4> header_{};
  std::size_t header_read_ = 0;  // 4: inside a packet
  std::chrono::steady_clock::time_point packet_began_;
  std::size_t body_read_ = 0;
  std::vector<std::uint8_t> body_;  // may be longer than what was read so far
  std::vector<std::uint8_t> dropped_;
};

}  // namespace beamtape
