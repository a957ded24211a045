#include "schema/store/directory.h"

#include <algorithm>

#include "schema/codec/bytes.h"
#include "schema/store/checksum.h"

namespace beamtape {
namespace {

std::uint32_t number_at(std::span<const std::uint8_t, kBlobHeader> header, std::size_t offset) {
  return static_cast<std::uint32_t>(ByteReader(header.subspan(offset)).fixed(4));
}

}  // namespace

void BlobBuilder::add(std::uint32_t group, std::vector<std::uint8_t>&& part) {
  parts_.emplace_back(group, std::move(part));
}

std::vector<std::uint8_t> BlobBuilder::build(std::int64_t snapshot, std::uint8_t table) {
  std::sort(parts_.begin(), parts_.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::uint8_t> directory;
  ByteWriter out(directory);
  std::size_t total = 0;
  std::uint32_t next = 0;
  out.varint(parts_.size());
  for (const auto& [group, part] : parts_) {
    out.varint(group - next);
    out.varint(part.size());
    out.fixed(part_checksum(part, snapshot, table, group), 4);
    next = group + 1;
    total += part.size();
  }
  std::vector<std::uint8_t> blob;
  blob.reserve(kBlobHeader + directory.size() + total);
  ByteWriter whole(blob);
  whole.fixed(directory.size(), 4);
  whole.fixed(part_checksum(directory, snapshot, table, kDirectoryGroup), 4);
  whole.bytes(directory);
  for (const auto& [group, part] : parts_) whole.bytes(part);
  return blob;
}

std::optional<std::size_t> directory_bytes(std::span<const std::uint8_t, kBlobHeader> header,
                                           std::size_t blob_bytes) {
  const std::size_t bytes = number_at(header, 0);
  if (blob_bytes < kBlobHeader || bytes > blob_bytes - kBlobHeader) return std::nullopt;
  return bytes;
}

std::optional<std::vector<PartEntry>> read_directory(
    std::span<const std::uint8_t, kBlobHeader> header, std::span<const std::uint8_t> directory,
    std::size_t blob_bytes, std::int64_t snapshot, std::uint8_t table) {
  if (part_checksum(directory, snapshot, table, kDirectoryGroup) != number_at(header, 4)) {
    return std::nullopt;
  }
  ByteReader in(directory);
  std::vector<PartEntry> entries(
      in.varint_up_to(std::min<std::size_t>(kMaxRowGroups, directory.size() / 6)));
  std::size_t offset = kBlobHeader + directory.size();
  std::uint64_t next = 0;
  for (auto& entry : entries) {
    const auto group = next + in.varint_up_to(kMaxRowGroups);
    if (group >= kMaxRowGroups) return std::nullopt;
    entry.group = static_cast<std::uint32_t>(group);
    entry.offset = offset;
    entry.bytes = in.varint_up_to(blob_bytes - offset);
    entry.checksum = static_cast<std::uint32_t>(in.fixed(4));
    offset += entry.bytes;
    next = group + 1;
  }
  if (!in.at_end() || offset != blob_bytes) return std::nullopt;
  return entries;
}

}  // namespace beamtape
