// The bound holds for the file and its -wal together. The -wal grows to one transaction's pages
// before it is folded in, so that much is left free: for the largest snapshot so far, for dropping
// the largest group there is, as that writes pages, too, and for the largest transaction so far.

#include "schema/store/retention.h"

#include <fmt/format.h>

#include <algorithm>

#include "schema/store/layout.h"

namespace beamtape {
namespace {

constexpr std::int64_t kMostIdleWalBytes = 1 << 20;
// Of the room for them, the groups that nodes add to may take one part in so many together.
constexpr std::int64_t kOpenShare = 4;
// Of the bound, an idle -wal may take one part in so many.
constexpr std::int64_t kWalShare = 32;
// Of the bound, what is left free for the -wal at least, and most for what one transaction took.
constexpr std::int64_t kFreeShare = 8;
constexpr std::int64_t kLargestFreeShare = 3;
// And what a snapshot leaves for rows beside it where a reader keeps the -wal.
constexpr std::int64_t kRowsShare = 32;
// Lives that go at once: more would take much of the -wal.
constexpr int kLivesAtOnce = 16;
// A page that moves is written, and so are who refers to it and what says where pages belong.
constexpr std::int64_t kWritesPerMove = 6;
// A group ends when it has as many snapshots, and differences of so many times its keyframe's
// bytes.
constexpr std::int64_t kFewestSnapshots = 32;
constexpr std::int64_t kDifferencesPerKeyframe = 4;
// What one snapshot writes beside what is reckoned: indexes, changed inner pages.
constexpr std::int64_t kBesideParts = 192 << 10;

constexpr std::int64_t kSmallestReserve = 1 << 20;

std::int64_t with_pages(std::int64_t bytes) { return bytes + bytes / 16 + kBesideParts; }
// SQLite writes each page that it changes, also if it is free then.
std::int64_t with_neighbours(std::int64_t drop_bytes) { return drop_bytes + drop_bytes / 4; }

// Without those that are free within the file.
Expected<std::int64_t> used_bytes(Database& database) {
  const auto all = database.number("PRAGMA page_count");
  const auto free = database.number("PRAGMA freelist_count");
  if (!all) return tl::unexpected(all.error());
  if (!free) return tl::unexpected(free.error());
  return (all->value_or(0) - free->value_or(0)) * kPageBytes;
}

}  // namespace

std::int64_t Retention::idle_wal_bytes() const {
  return max_bytes_ == 0 ? kMostIdleWalBytes : std::min(kMostIdleWalBytes, max_bytes_ / kWalShare);
}

std::int64_t Retention::reserve_bytes() const {
  return std::max(kSmallestReserve, with_pages(largest_bytes_) + wal_bytes_needed());
}

// The largest snapshot, and one group that goes for it.
std::int64_t Retention::transaction_bytes() const {
  return with_pages(largest_bytes_) + with_neighbours(largest_drop_bytes());
}

// Of one group. It may have a transaction of its own.
std::int64_t Retention::largest_drop_bytes() const {
  std::int64_t largest = expected_drop_bytes_;
  for (const Epoch& epoch : epochs_) {
    if (!dropping_.contains(epoch.first)) largest = std::max(largest, epoch.drop_bytes);
  }
  return largest;
}

// What goes through the -wal in a transaction that drops one group, and stores some rows at most.
std::int64_t Retention::own_drop_bytes() const {
  return kBesideParts + with_neighbours(largest_drop_bytes());
}

void Retention::expect(std::int64_t epoch, std::int64_t bytes, std::int64_t drop_bytes) {
  largest_bytes_ = std::max(largest_bytes_, bytes);
  const Epoch* known = find(epoch);
  expected_drop_bytes_ = drop_bytes + (known == nullptr ? 0 : known->drop_bytes);
}

// What the bound has to leave for the -wal of one transaction.
std::int64_t Retention::free_bytes() const {
  return std::max(
      {with_pages(largest_bytes_), own_drop_bytes(), largest_wal_bytes_ + largest_wal_bytes_ / 8});
}

std::int64_t Retention::limit() const {
  return max_bytes_ - std::max(max_bytes_ / kFreeShare, free_bytes());
}

bool Retention::is_too_long(std::int64_t file_bytes) const {
  return max_bytes_ != 0 && file_bytes > max_bytes_ - free_bytes();
}

std::int64_t Retention::pages_to_move(std::int64_t file_bytes) const {
  return std::max<std::int64_t>(1, (max_bytes_ - file_bytes) / (kWritesPerMove * kFrameBytes));
}

std::int64_t Retention::wal_bytes_needed() const {
  return std::max(transaction_bytes(), largest_wal_bytes_);
}

std::optional<std::int64_t> Retention::room() const {
  if (max_bytes_ == 0) return is_held() ? std::optional(full_at_bytes_) : std::nullopt;
  return is_held() ? std::min(limit(), full_at_bytes_) : limit();
}

Expected<bool> Retention::has_room(Database& database, std::int64_t bytes) const {
  const auto all = room();
  if (!all) return true;
  const auto used = used_bytes(database);
  if (!used) return tl::unexpected(used.error());
  return *used + with_pages(bytes) <= *all;
}

const Retention::Epoch* Retention::oldest(std::int64_t kept) const {
  for (const Epoch& epoch : epochs_) {
    if (!epoch.is_open && epoch.first != kept && !dropping_.contains(epoch.first)) return &epoch;
  }
  return nullptr;
}

bool Retention::has(std::int64_t epoch) const {
  return std::any_of(epochs_.rbegin(), epochs_.rend(),
                     [&](const Epoch& each) { return each.first == epoch; });
}

Retention::Epoch* Retention::find(std::int64_t epoch) {
  for (auto each = epochs_.rbegin(); each != epochs_.rend(); ++each) {
    if (each->first == epoch) return &*each;
  }
  return nullptr;
}

// The wall clock may be put on or back; but of another run there may be no other.
bool Retention::is_older_than_kept(const Epoch& epoch, const SnapshotRecord& now) const {
  if (keep_us_ == 0 || epoch.is_open || epoch.first == now.epoch) return false;
  const bool is_of_this_run = epoch.snapshots != 0;
  return keep_us_ < (is_of_this_run ? now.began_mono_us - epoch.began_mono_us
                                    : now.began_wall_us - epoch.ended_wall_us);
}

Expected<bool> Retention::make_room(Database& database, const SnapshotRecord& coming,
                                    std::int64_t bytes, const Taken& taken) {
  dropping_.clear();
  // The group that its node added to so far is as good as ended.
  if (coming.epoch == coming.id) {
    for (Epoch& epoch : epochs_) epoch.is_open = epoch.is_open && epoch.node != coming.node;
  }
  const auto beside = left_beside(database, taken);
  if (!beside) return tl::unexpected(beside.error());
  for (auto left = *beside - with_pages(bytes);;) {
    const auto epoch = next_to_drop(database, coming, bytes);
    if (!epoch) return tl::unexpected(epoch.error());
    if (*epoch == nullptr) return true;
    left -= with_neighbours((*epoch)->drop_bytes);
    const bool is_too_much = max_bytes_ != 0 && left < 0;
    if (is_too_much && !can_make_room(coming.epoch, bytes)) return no_room();
    if (is_too_much && !dropping_.empty()) return false;
    if (auto done = drop(database, **epoch); !done) return tl::unexpected(done.error());
    if (is_too_much) return false;
  }
}

Expected<const Retention::Epoch*> Retention::next_to_drop(Database& database,
                                                          const SnapshotRecord& coming,
                                                          std::int64_t bytes) const {
  for (const Epoch& epoch : epochs_) {
    if (is_older_than_kept(epoch, coming) && !dropping_.contains(epoch.first)) return &epoch;
  }
  const auto fits = has_room(database, bytes);
  if (!fits) return tl::unexpected(fits.error());
  if (*fits) return nullptr;
  const Epoch* epoch = oldest(coming.epoch);
  if (epoch == nullptr) {
    const auto open = largest_open(database, coming, bytes);
    if (!open) return open;
    epoch = *open;
  }
  if (epoch != nullptr) return epoch;
  return no_room();
}

tl::unexpected<Error> Retention::no_room() const {
  if (is_held()) return fail(Error::Code::kDiskFull, "no space left");
  return fail(Error::Code::kOther,
              "the bound on its size has no room for one keyframe group of each node");
}

// Where not even a keyframe of each other node has room beside it, nothing is to go in vain.
bool Retention::can_make_room(std::int64_t epoch, std::int64_t bytes) const {
  std::int64_t kept = 0;
  for (const Epoch& each : epochs_) {
    if (dropping_.contains(each.first)) continue;
    if (each.first == epoch) kept += each.bytes;
    if (each.first != epoch && each.is_open) kept += each.keyframe_bytes;
  }
  const auto all = max_bytes_ - with_pages(largest_bytes_);
  return with_pages(kept) + with_pages(bytes) <=
         2 * kBesideParts + (is_held() ? std::min(all, full_at_bytes_) : all);
}

// Of those that other nodes add to, if there is room for a keyframe of each beside what is coming:
// else they would drop each other's for ever. Null if not.
Expected<const Retention::Epoch*> Retention::largest_open(Database& database,
                                                          const SnapshotRecord& coming,
                                                          std::int64_t bytes) const {
  const auto used = used_bytes(database);
  if (!used) return tl::unexpected(used.error());
  std::int64_t after = *used + with_pages(bytes);
  const Epoch* largest = nullptr;
  for (const Epoch& epoch : epochs_) {
    if (!epoch.is_open || epoch.first == coming.epoch) continue;
    after += epoch.keyframe_bytes + epoch.keyframe_bytes / 16;
    if (dropping_.contains(epoch.first)) continue;
    after -= epoch.bytes;
    if (largest == nullptr || epoch.bytes > largest->bytes) largest = &epoch;
  }
  return after <= room().value_or(after) ? largest : nullptr;
}

Expected<std::int64_t> Retention::left_beside(Database& database, const Taken& taken) const {
  const auto pages = database.number("PRAGMA page_count");
  if (!pages) return tl::unexpected(pages.error());
  // Pages that are in the -wal alone come to the file when it is folded in.
  return max_bytes_ - std::max(pages->value_or(0) * kPageBytes, taken.file_bytes) -
         taken.pinned_bytes;
}

Expected<bool> Retention::has_room_beside(Database& database, const Taken& taken) const {
  if (max_bytes_ == 0 || taken.pinned_bytes == 0) return true;
  const auto left = left_beside(database, taken);
  if (!left) return tl::unexpected(left.error());
  // The transaction goes behind what is pinned, and may make the file longer, too.
  const auto coming = with_pages(largest_bytes_);
  return coming + std::max(wal_bytes_needed(), coming) + max_bytes_ / kRowsShare <= *left;
}

Expected<bool> Retention::has_room_for_rows(Database& database, const Taken& taken,
                                            std::int64_t bytes, bool is_gap) const {
  if (max_bytes_ == 0 || taken.pinned_bytes == 0) return true;
  const auto left = left_beside(database, taken);
  if (!left) return tl::unexpected(left.error());
  return 2 * bytes + (is_gap ? 0 : max_bytes_ / (2 * kRowsShare)) <= *left;
}

Expected<void> Retention::make_room_for_rows(Database& database, std::int64_t node,
                                             const Taken& taken) {
  dropping_.clear();
  const auto left = left_beside(database, taken);
  if (!left) return tl::unexpected(left.error());
  for (auto written = kBesideParts / 2;;) {
    const auto fits = has_room(database, 0);
    if (!fits) return tl::unexpected(fits.error());
    if (*fits) return {};
    const Epoch* epoch = oldest(newest());
    if (epoch == nullptr) return database.exec(drop_lives_sql(node));
    written += with_neighbours(epoch->drop_bytes);
    const auto most = dropping_.empty() ? *left : std::min(*left, max_bytes_ / kRowsShare);
    if (written > most) return {};
    if (auto done = drop(database, *epoch); !done) return done;
  }
}

Expected<bool> Retention::shrink_to_file(Database& database, const Taken& taken) {
  dropping_.clear();
  const auto beside = left_beside(database, taken);
  if (!beside) return tl::unexpected(beside.error());
  for (auto left = *beside;;) {
    const auto fits = has_room(database, largest_bytes_);
    if (!fits || *fits) return fits;
    const Epoch* epoch = oldest(newest());
    if (epoch == nullptr) return false;
    left -= with_neighbours(epoch->drop_bytes);
    if (max_bytes_ != 0 && left < 0) {
      if (dropping_.empty()) return fail(Error::Code::kDiskFull, "no space left");
      return can_make_room(newest(), largest_bytes_);
    }
    if (auto done = drop(database, *epoch); !done) return tl::unexpected(std::move(done.error()));
  }
}

// Lives that have no snapshot left, none that was attached after `node`, nor the newest of its
// name, which may have none yet: a node that restarts for ever would fill any bound with them.
std::string Retention::drop_lives_sql(std::int64_t node) {
  const std::string lives = fmt::format(
      "SELECT id FROM node WHERE id <= {} AND id NOT IN (SELECT node FROM snapshot) "
      "AND id NOT IN (SELECT max(id) FROM node GROUP BY name) ORDER BY id LIMIT {}",
      node, kLivesAtOnce);
  std::string sql;
  for (const char* table : {"node_fact", "application", "gap"}) {
    sql += fmt::format(";DELETE FROM {} WHERE node IN ({})", table, lives);
  }
  return sql + ";DELETE FROM node WHERE id IN (" + lives + ")";
}

// Of several nodes, the snapshots of one group have others' between them.
Expected<void> Retention::drop(Database& database, const Epoch& epoch) {
  dropping_.insert(epoch.first);
  const std::string snapshots =
      fmt::format("FROM snapshot WHERE id BETWEEN {} AND {} AND epoch = {}", epoch.first,
                  epoch.last, epoch.first);
  std::string sql = fmt::format(
      "DELETE FROM part WHERE key IN (SELECT snapshot.id * 256 + number.id FROM snapshot, "
      "(SELECT id FROM tbl UNION SELECT {}) AS number "
      "WHERE snapshot.id BETWEEN {} AND {} AND epoch = {});"
      "DELETE FROM text WHERE epoch = {};"
      "DELETE FROM gap WHERE node = {} AND to_wall_us < {};"
      "INSERT INTO meta VALUES('dropped_to', '{}') ON CONFLICT(key) DO UPDATE "
      "SET value = max(CAST(value AS INTEGER), {});",
      kListsTable, epoch.first, epoch.last, epoch.first, epoch.first, epoch.node,
      epoch.ended_wall_us, epoch.last, epoch.last);
  const auto samples = [&](const char* table) {
    sql += fmt::format("DELETE FROM {} WHERE snapshot IN (SELECT id {});", table, snapshots);
  };
  samples("node_sample");
  for_each_sample_table([&](const auto& table) { samples(table.name); });
  return database.exec(sql + "DELETE " + snapshots + drop_lives_sql(epoch.node));
}

void Retention::dropped(std::int64_t wal_bytes) {
  if (max_bytes_ != 0) wal_bytes = std::min(wal_bytes, max_bytes_ / kLargestFreeShare);
  largest_wal_bytes_ = std::max(largest_wal_bytes_, wal_bytes);
  std::erase_if(epochs_, [&](const Epoch& epoch) {
    const bool is_gone = dropping_.contains(epoch.first);
    if (is_gone) dropped_snapshots_ += epoch.snapshots;
    return is_gone;
  });
  dropping_.clear();
}

void Retention::committed(const SnapshotRecord& stored, std::int64_t bytes, std::int64_t drop_bytes,
                          std::int64_t wal_bytes) {
  dropped(wal_bytes);
  if (stored.epoch == stored.id) epochs_.push_back({.first = stored.id, .node = stored.node});
  if (Epoch* epoch = find(stored.epoch)) {
    epoch->last = stored.id;
    epoch->ended_wall_us = stored.ended_wall_us;
    epoch->began_mono_us = stored.began_mono_us;
    epoch->bytes += bytes;
    epoch->drop_bytes += drop_bytes;
    if (epoch->snapshots++ == 0) epoch->keyframe_bytes = bytes;
  }
}

void Retention::ended(std::int64_t epoch) {
  if (Epoch* known = find(epoch)) known->is_open = false;
}

bool Retention::wants_keyframe(std::int64_t epoch) const {
  const auto known = std::find_if(epochs_.rbegin(), epochs_.rend(),
                                  [&](const Epoch& each) { return each.first == epoch; });
  if (known == epochs_.rend()) return false;
  if (const auto all = room()) {
    std::int64_t open = 0, largest_keyframe = 0;
    for (const Epoch& each : epochs_) {
      if (!each.is_open) continue;
      ++open;
      largest_keyframe = std::max(largest_keyframe, each.keyframe_bytes);
    }
    // Beside the next keyframe of the largest node the others' groups have to stay.
    const auto some = *all - kBesideParts;
    const auto share = std::min(some / kOpenShare, some - with_pages(largest_keyframe));
    if (known->bytes > share / open) return true;
  }
  return known->snapshots >= kFewestSnapshots &&
         known->bytes > (1 + kDifferencesPerKeyframe) * known->keyframe_bytes;
}

}  // namespace beamtape
