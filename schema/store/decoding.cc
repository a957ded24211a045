#include "schema/store/decoding.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "schema/codec/part.h"
#include "schema/store/checksum.h"

namespace beamtape {
namespace {

// Parts that wait to be decoded take about so much memory.
constexpr std::size_t kEnoughBytes = std::size_t{16} << 20;
// Parts worth a thread: it takes as long to begin as some of these to be decoded.
constexpr std::size_t kPartsPerThread = 32;
constexpr std::size_t kMostThreads = 8;

}  // namespace

std::string slots_of(const Table& table, std::uint32_t group) {
  const auto first = std::size_t{group} * kRowsPerGroup;
  return fmt::format("{} {}-{}", table.name, first, first + kRowsPerGroup - 1);
}

void mark_damaged(RowGroup& rows) {
  rows = {};
  rows.damaged = true;
}

// All of a blob in one go; where a page of it is damaged, each part for itself.
void Decoding::add(std::int64_t snapshot, const std::vector<PartEntry>& entries, BlobReader& blob) {
  if (entries.empty()) return;
  const std::size_t first = entries.front().offset;
  const std::size_t base = bytes_.size();
  bytes_.resize(base + entries.back().offset + entries.back().bytes - first);
  const bool whole = blob.read(first, std::span(bytes_).subspan(base));
  for (const auto& entry : entries) {
    const std::size_t at = base + entry.offset - first;
    parts_.push_back({snapshot, entry.group, entry.checksum, at, entry.bytes, {}});
    const auto into = std::span(bytes_).subspan(at, entry.bytes);
    if (!whole && !blob.read(entry.offset, into)) parts_.back().why = blob.why();
    if (data_.groups.size() <= entry.group) data_.groups.resize(entry.group + std::size_t{1});
  }
  if (bytes_.size() >= kEnoughBytes) run();
}

void Decoding::decode(Part& part, RowGroup& rows, ChangedRows& changed) const {
  if (rows.damaged) {
    part.why.clear();  // an earlier one has told
    return;
  }
  if (part.why.empty()) {
    const auto bytes = std::span<const std::uint8_t>(bytes_).subspan(part.at, part.bytes);
    const auto table = static_cast<std::uint8_t>(table_.id);
    if (part_checksum(bytes, part.snapshot, table, part.group) != part.checksum) {
      part.why = "checksum does not match";
    } else if (const auto decoded = decode_part(table_, bytes, rows, &changed); !decoded) {
      part.why = decoded.error().message;
    }
  }
  if (part.why.empty()) return;
  mark_damaged(rows);
  changed.all = true;
}

void Decoding::run() {
  std::stable_sort(parts_.begin(), parts_.end(),
                   [](const Part& a, const Part& b) { return a.group < b.group; });
  std::vector<std::size_t> starts;  // of each group's parts
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    if (i == 0 || parts_[i].group != parts_[i - 1].group) starts.push_back(i);
  }
  data_.changed.resize(data_.groups.size());
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < starts.size(); i = next++) {
      const std::size_t end = i + 1 < starts.size() ? starts[i + 1] : parts_.size();
      const std::size_t group = parts_[starts[i]].group;
      for (std::size_t p = starts[i]; p < end; ++p) {
        decode(parts_[p], data_.groups[group], data_.changed[group]);
      }
    }
  };
  const std::size_t wanted = std::min({kMostThreads, starts.size(), parts_.size() / kPartsPerThread,
                                       std::size_t{std::thread::hardware_concurrency()}});
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < wanted; ++i) threads.emplace_back(work);
  work();
  for (auto& thread : threads) thread.join();
  if (damage_ != nullptr) {
    std::stable_sort(parts_.begin(), parts_.end(),
                     [](const Part& a, const Part& b) { return a.snapshot < b.snapshot; });
    for (const Part& part : parts_) {
      if (part.why.empty()) continue;
      damage_->push_back({part.snapshot, slots_of(table_, part.group) + ": " + part.why});
    }
  }
  parts_.clear();
  bytes_.clear();
}

}  // namespace beamtape
