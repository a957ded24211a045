#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace beamtape {

// Checksums of a recording: the low 32 bits of XXH3-64. Those of parts are seeded with where the
// part belongs, so that one in another's place is noticed:
//   seed = snapshot * 2^32 + table * 2^24 + group       group 2^24 - 1: the directory
inline constexpr std::uint32_t kDirectoryGroup = (1U << 24) - 1;

std::uint32_t part_checksum(std::span<const std::uint8_t> bytes, std::int64_t snapshot,
                            std::uint8_t table, std::uint32_t group);

// Of one row of a plain table: its values in order, each as a letter and bytes (i: integer, eight
// bytes, low first; t: text, its length as eight bytes, then UTF-8; n: NULL), the name
// of the table first, as a text.
class RowChecksum {
 public:
  explicit RowChecksum(std::string_view table) { add(table); }
  RowChecksum& add(std::int64_t value);
  RowChecksum& add(std::string_view text);
  RowChecksum& add_null();
  std::uint32_t value() const;

 private:
  void feed(const void* data, std::size_t size);
  std::uint64_t state_ = 0;
};

}  // namespace beamtape
