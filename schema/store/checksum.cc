#include "schema/store/checksum.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <array>

namespace beamtape {

std::uint32_t part_checksum(std::span<const std::uint8_t> bytes, std::int64_t snapshot,
                            std::uint8_t table, std::uint32_t group) {
  const auto seed = static_cast<std::uint64_t>(snapshot) << 32 | std::uint64_t{table} << 24 |
                    (group & kDirectoryGroup);
  return static_cast<std::uint32_t>(XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed));
}

void RowChecksum::feed(const void* data, std::size_t size) {
  state_ = XXH3_64bits_withSeed(data, size, state_);
}

RowChecksum& RowChecksum::add(std::int64_t value) {
  std::array<std::uint8_t, 9> bytes{'i'};
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[i + 1] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> (8 * i));
  }
  feed(bytes.data(), bytes.size());
  return *this;
}

RowChecksum& RowChecksum::add(std::string_view text) {
  std::array<std::uint8_t, 9> bytes{'t'};
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[i + 1] = static_cast<std::uint8_t>(std::uint64_t{text.size()} >> (8 * i));
  }
  feed(bytes.data(), bytes.size());
  feed(text.data(), text.size());
  return *this;
}

RowChecksum& RowChecksum::add_null() {
  feed("n", 1);
  return *this;
}

std::uint32_t RowChecksum::value() const { return static_cast<std::uint32_t>(state_); }

}  // namespace beamtape
