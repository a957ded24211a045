#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace beamtape {

// The blob of one snapshot and table: its row groups' parts behind a directory, so that one
// can be read without the others, and none of them wastes the rest of an SQLite page.
//   blob      := directory_bytes:4 checksum:4 directory part*
//   directory := count:varint (index:varint bytes:varint checksum:4)*
// index: row group, ascending: index - previous - 1. Checksums: checksum.h.
struct PartEntry {
  std::uint32_t group = 0;
  std::uint32_t checksum = 0;
  std::size_t offset = 0;  // in the blob
  std::size_t bytes = 0;
};

inline constexpr std::size_t kBlobHeader = 8;
// Row groups of one table: all processes that a node can have (2^27).
inline constexpr std::uint32_t kMaxRowGroups = 1U << 15;

// Parts of ascending groups, made into one blob.
class BlobBuilder {
 public:
  void add(std::uint32_t group, std::vector<std::uint8_t>&& part);
  bool empty() const { return parts_.empty(); }
  std::vector<std::uint8_t> build(std::int64_t snapshot, std::uint8_t table);

 private:
  std::vector<std::pair<std::uint32_t, std::vector<std::uint8_t>>> parts_;
};

// Size of the directory that follows a blob's header; nothing if the header cannot be one.
std::optional<std::size_t> directory_bytes(std::span<const std::uint8_t, kBlobHeader> header,
                                           std::size_t blob_bytes);
// Nothing if the checksum or the grammar does not hold or parts reach beyond the blob.
std::optional<std::vector<PartEntry>> read_directory(
    std::span<const std::uint8_t, kBlobHeader> header, std::span<const std::uint8_t> directory,
    std::size_t blob_bytes, std::int64_t snapshot, std::uint8_t table);

}  // namespace beamtape
