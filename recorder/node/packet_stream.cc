#include "recorder/node/packet_stream.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "recorder/node/link.h"
#include "recorder/term/big_endian.h"

namespace beamtape {
namespace {

// Memory is taken as bytes come, not as they are announced.
constexpr std::size_t kReadStep = 1 << 20;

}  // namespace

Expected<std::vector<std::uint8_t>> PacketStream::receive(Deadline deadline) {
  for (;;) {
    if (auto header = read_header(deadline); !header) return tl::unexpected(header.error());
    const std::size_t size = read_u32(header_.data());
    const bool is_too_large = size > max_bytes_;
    if (is_too_large && size > kMostDroppedBytes) {
      return fail(Error::Code::kClosed,
                  fmt::format("a message of {} bytes was announced, which is none", size));
    }
    auto body = is_too_large ? drop_body(deadline) : read_body(deadline);
    if (!body) return tl::unexpected(body.error());
    header_read_ = 0;
    if (is_too_large) {
      return fail(
          Error::Code::kMalformed,
          fmt::format("cannot take a message of {} bytes: the limit is {}", size, max_bytes_));
    }
    if (size > 0) return std::exchange(body_, {});
    if (auto ticked = send({}, deadline_in(kSendTimeout)); !ticked) {
      return fail(Error::Code::kClosed, ticked.error().message);
    }
  }
}

Expected<void> PacketStream::read_header(Deadline deadline) {
  if (header_read_ == header_.size()) return {};
  while (header_read_ < header_.size()) {
    const auto got = read_some(std::span(header_).subspan(header_read_), deadline);
    if (!got) return tl::unexpected(got.error());
    if (header_read_ == 0) packet_began_ = heard_;
    header_read_ += *got;
  }
  body_read_ = 0;
  return {};
}

Expected<void> PacketStream::read_body(Deadline deadline) {
  const std::size_t size = read_u32(header_.data());
  while (body_read_ < size) {
    if (body_read_ == body_.size()) body_.resize(std::min(size, body_read_ + kReadStep));
    const auto got = read_some(std::span(body_).subspan(body_read_), deadline);
    if (!got) return tl::unexpected(got.error());
    body_read_ += *got;
  }
  return {};
}

Expected<void> PacketStream::drop_body(Deadline deadline) {
  const std::size_t size = read_u32(header_.data());
  dropped_.resize(std::min(size, kMostKept));
  std::vector<std::uint8_t> sink(kReadStep);
  while (body_read_ < size) {
    const auto into = body_read_ < dropped_.size()
                          ? std::span(dropped_).subspan(body_read_)
                          : std::span(sink).first(std::min(size - body_read_, sink.size()));
    const auto got = read_some(into, deadline);
    if (!got) return tl::unexpected(got.error());
    body_read_ += *got;
  }
  return {};
}

Expected<std::size_t> PacketStream::read_some(std::span<std::uint8_t> into, Deadline deadline) {
  auto got = socket_.read_some(into, deadline);
  if (!got) return got;
  heard_ = std::chrono::steady_clock::now();
  received_bytes_ += static_cast<std::int64_t>(*got);
  return got;
}

Expected<void> PacketStream::send(std::span<const std::uint8_t> packet, Deadline deadline) {
  std::array<std::uint8_t, 4> size{};
  write_u32(size.data(), static_cast<std::uint32_t>(packet.size()));
  std::vector<std::uint8_t> bytes(size.begin(), size.end());
  bytes.insert(bytes.end(), packet.begin(), packet.end());
  auto sent = socket_.write_all(bytes, deadline);
  if (sent) said_ = std::chrono::steady_clock::now();
  return sent;
}

}  // namespace beamtape
