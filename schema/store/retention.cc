// The bound holds for the file and its -wal together. The -wal grows to one transaction's pages
// before it is folded in, so that much is left free: what the parts of the largest snapshot so far
// took, and the rows beside them.

#include "schema/store/retention.h"

#include <fmt/format.h>

#include <algorithm>

#include "schema/store/layout.h"

namespace beamtape {
namespace {

constexpr std::int64_t kMostIdleWalBytes = 1 << 20;
// Of the bound, a keyframe group may take one part in so many, and an idle -wal.
constexpr std::int64_t kEpochShare = 8;
constexpr std::int64_t kWalShare = 32;
// What one snapshot writes beside its parts: samples, texts, indexes, changed inner pages.
constexpr std::int64_t kBesideParts = 192 << 10;

std::int64_t with_pages(std::int64_t bytes) { return bytes + bytes / 16 + kBesideParts; }

}  // namespace

std::int64_t Retention::idle_wal_bytes() const {
  return max_bytes_ == 0 ? kMostIdleWalBytes : std::min(kMostIdleWalBytes, max_bytes_ / kWalShare);
}

std::int64_t Retention::limit(std::int64_t bytes) const {
  return max_bytes_ - std::max(idle_wal_bytes(), with_pages(std::max(bytes, largest_bytes_)));
}

Expected<void> Retention::make_room(Database& database, const SnapshotRecord& coming,
                                    std::int64_t bytes) {
  dropping_ = 0;
  const auto may_go = [&] {
    return dropping_ < epochs_.size() && epochs_[dropping_].first != coming.epoch;
  };
  if (keep_us_ != 0) {
    const auto oldest = coming.began_wall_us - keep_us_;
    while (may_go() && epochs_[dropping_].ended_wall_us < oldest) {
      if (auto done = drop(database, epochs_[dropping_++]); !done) return done;
    }
  }
  if (max_bytes_ == 0) return {};
  for (;;) {
    const auto pages = database.number("PRAGMA page_count");
    const auto free = database.number("PRAGMA freelist_count");
    if (!pages) return tl::unexpected(pages.error());
    if (!free) return tl::unexpected(free.error());
    const auto used = (pages->value_or(0) - free->value_or(0)) * kPageBytes;
    if (used + with_pages(bytes) <= limit(bytes)) return {};
    if (!may_go()) {
      return fail(Error::Code::kDiskFull,
                  "the bound on its size has no room for one keyframe group of this node");
    }
    if (auto done = drop(database, epochs_[dropping_++]); !done) return done;
  }
}

Expected<void> Retention::drop(Database& database, const Epoch& epoch) {
  std::string sql = fmt::format(
      "DELETE FROM part WHERE key >= {} AND key < {}; DELETE FROM text WHERE epoch = {};"
      "DELETE FROM snapshot WHERE id BETWEEN {} AND {};"
      "DELETE FROM gap WHERE to_wall_us < {};"
      "INSERT OR REPLACE INTO meta VALUES('dropped_to', '{}');",
      part_key(epoch.first, 0), part_key(epoch.last + 1, 0), epoch.first, epoch.first, epoch.last,
      epoch.ended_wall_us, epoch.last);
  const auto samples = [&](const char* table) {
    sql += fmt::format("DELETE FROM {} WHERE snapshot BETWEEN {} AND {};", table, epoch.first,
                       epoch.last);
  };
  samples("node_sample");
  for_each_sample_table([&](const auto& table) { samples(table.name); });
  return database.exec(sql);
}

void Retention::committed(const SnapshotRecord& stored, std::int64_t bytes) {
  if (max_bytes_ == 0 && keep_us_ == 0) return;
  epochs_.erase(epochs_.begin(), epochs_.begin() + static_cast<std::ptrdiff_t>(dropping_));
  dropping_ = 0;
  if (stored.epoch == stored.id) epochs_.push_back({stored.id, stored.id, 0, 0});
  Epoch& epoch = epochs_.back();
  epoch.last = stored.id;
  epoch.ended_wall_us = stored.ended_wall_us;
  epoch.bytes += bytes;
  largest_bytes_ = std::max(largest_bytes_, bytes);
}

bool Retention::wants_keyframe() const {
  return max_bytes_ != 0 && !epochs_.empty() && epochs_.back().bytes > max_bytes_ / kEpochShare;
}

}  // namespace beamtape
