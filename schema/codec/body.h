#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "schema/error.h"

namespace beamtape {

// The outermost grammar of every part, and its compression:
//   part := version:1 kind:1 body        kind + 0x80: the body is one zstd frame
//                                        of known content size; else the body as it is
// 1: until format 1. 2: differences may tell a column from another.
inline constexpr std::uint8_t kCodecVersion = 2;
enum class PartKind : std::uint8_t { kKeyframe = 0, kDifference = 1, kLists = 2 };

// A table's columns, and so a part's, are at most this many.
inline constexpr std::size_t kMaxColumns = 256;

struct Body {
  std::uint8_t version = kCodecVersion;
  PartKind kind = PartKind::kKeyframe;
  std::span<const std::uint8_t> bytes;  // of the part, or of a buffer of this thread
};

// `boundaries`: where in the body numbers of another nature begin, ascending; each stretch that is
// long enough gets a zstd block, and so a code of frequent bytes, of its own.
std::vector<std::uint8_t> seal(PartKind kind, std::span<const std::uint8_t> body,
                               std::span<const std::size_t> boundaries, int zstd_level);
// kMalformed if the version or kind is unknown, or the body is damaged or larger than
// `max_body`. The body's bytes live until the next call on the same thread.
Expected<Body> unseal(std::span<const std::uint8_t> part, std::size_t max_body);

}  // namespace beamtape
