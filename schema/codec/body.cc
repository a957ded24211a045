#include "schema/codec/body.h"

#include <zstd.h>

#include <memory>

namespace beamtape {
namespace {

constexpr std::uint8_t kCompressed = 0x80;
constexpr std::size_t kHeader = 2;
// zstd is not asked about bodies that cannot become smaller.
constexpr std::size_t kSmallestToCompress = 24;
// Stretches that are worth a block of their own, and what one costs at least.
constexpr std::size_t kShortestBlock = 1024;
constexpr std::size_t kBlockHeader = 32;

struct FreeContext {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

// A context costs a megabyte and its making more than a small part: one for each thread.
ZSTD_CCtx* compressor() {
  thread_local const std::unique_ptr<ZSTD_CCtx, FreeContext> context{ZSTD_createCCtx()};
  return context.get();
}
ZSTD_DCtx* decompressor() {
  thread_local const std::unique_ptr<ZSTD_DCtx, FreeContext> context{ZSTD_createDCtx()};
  return context.get();
}

// One frame, in a buffer of this thread; empty if zstd fails, which it does not.
std::span<const std::uint8_t> compress(std::span<const std::uint8_t> body,
                                       std::span<const std::size_t> boundaries, int zstd_level) {
  thread_local std::vector<std::uint8_t> buffer;
  const auto most = ZSTD_compressBound(body.size()) + boundaries.size() * kBlockHeader;
  if (buffer.size() < most) buffer.resize(most);
  ZSTD_CCtx* context = compressor();
  ZSTD_CCtx_reset(context, ZSTD_reset_session_only);
  ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, zstd_level);
  ZSTD_CCtx_setPledgedSrcSize(context, body.size());
  ZSTD_outBuffer out{buffer.data(), buffer.size(), 0};
  ZSTD_inBuffer in{body.data(), 0, 0};
  for (const auto boundary : boundaries) {
    if (boundary < in.pos + kShortestBlock || boundary + kShortestBlock > body.size()) continue;
    in.size = boundary;
    if (ZSTD_compressStream2(context, &out, &in, ZSTD_e_flush) != 0) return {};
  }
  in.size = body.size();
  if (ZSTD_compressStream2(context, &out, &in, ZSTD_e_end) != 0) return {};
  return std::span(buffer).first(out.pos);
}

Error malformed(const char* why) { return {Error::Code::kMalformed, why}; }

Expected<std::span<const std::uint8_t>> decompress(std::span<const std::uint8_t> frame,
                                                   std::size_t max_body) {
  const auto size = ZSTD_getFrameContentSize(frame.data(), frame.size());
  if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN) {
    return tl::unexpected(malformed("not a zstd frame of known size"));
  }
  if (size > max_body) return tl::unexpected(malformed("larger than such a part can be"));
  thread_local std::vector<std::uint8_t> buffer;
  if (buffer.size() < size) buffer.resize(size);
  const auto got =
      ZSTD_decompressDCtx(decompressor(), buffer.data(), size, frame.data(), frame.size());
  if (ZSTD_isError(got) != 0 || got != size) {
    return tl::unexpected(malformed("does not decompress"));
  }
  return std::span<const std::uint8_t>(buffer.data(), size);
}

}  // namespace

std::vector<std::uint8_t> seal(PartKind kind, std::span<const std::uint8_t> body,
                               std::span<const std::size_t> boundaries, int zstd_level) {
  std::vector<std::uint8_t> part{kCodecVersion, static_cast<std::uint8_t>(kind)};
  if (body.size() >= kSmallestToCompress) {
    const auto got = compress(body, boundaries, zstd_level);
    if (!got.empty() && got.size() < body.size()) {
      part[1] |= kCompressed;
      part.insert(part.end(), got.begin(), got.end());
      return part;
    }
  }
  part.insert(part.end(), body.begin(), body.end());
  return part;
}

Expected<Body> unseal(std::span<const std::uint8_t> part, std::size_t max_body) {
  if (part.size() < kHeader) return tl::unexpected(malformed("cut short"));
  if (part[0] < 1 || part[0] > kCodecVersion)
    return tl::unexpected(malformed("of an unknown version"));
  const std::uint8_t kind = part[1] & ~kCompressed;
  if (kind > static_cast<std::uint8_t>(PartKind::kLists)) {
    return tl::unexpected(malformed("of an unknown kind"));
  }
  Body body{part[0], static_cast<PartKind>(kind), part.subspan(kHeader)};
  if ((part[1] & kCompressed) != 0) {
    auto bytes = decompress(body.bytes, max_body);
    if (!bytes) return tl::unexpected(std::move(bytes.error()));
    body.bytes = *bytes;
  } else if (body.bytes.size() > max_body) {
    return tl::unexpected(malformed("larger than such a part can be"));
  }
  return body;
}

}  // namespace beamtape
