// The bound holds for the file and its -wal together. The -wal grows to one transaction's pages
// before it is folded in, so that much is left free: what the largest snapshot so far took, and
// what the largest transaction so far was, as dropping a group changes pages too. The file never
// becomes smaller: what is left free has to be enough for transactions that come much later.

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

// What the bound has to leave for the -wal of one transaction.
std::int64_t Retention::free_bytes() const {
  return std::max(with_pages(largest_bytes_) + 2 * largest_beside_bytes_,
                  largest_wal_bytes_ + largest_wal_bytes_ / 8);
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
  return std::max(with_pages(largest_bytes_) + 2 * largest_beside_bytes_, largest_wal_bytes_);
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

// A file that has nearly all of its bound leaves nothing to make it smaller in.
Expected<void> Retention::check_size(Database& database) const {
  if (max_bytes_ == 0) return {};
  const auto pages = database.number("PRAGMA page_count");
  if (!pages) return tl::unexpected(pages.error());
  const auto bytes = pages->value_or(0) * kPageBytes;
  if (bytes <= max_bytes_ - max_bytes_ / (2 * kFreeShare)) return {};
  constexpr std::int64_t kMiB = 1 << 20;
  const auto needed = bytes + bytes / (2 * kFreeShare - 1);
  return fail(
      Error::Code::kUsage,
      fmt::format("it has {:.1f} MiB already, and what is in it is not dropped: give --max-size "
                  "{}MiB or more, or record into a new file",
                  static_cast<double>(bytes) / kMiB, needed / kMiB + 1));
}

Expected<void> Retention::load(Database& database) {
  if (auto small = check_size(database); !small) return small;
  auto rows = database.prepare(
      "SELECT epoch, max(id), node, max(ended_wall_us), total(bytes), coalesce(max(bytes), 0) "
      "FROM snapshot LEFT JOIN (SELECT key / 256 AS snapshot, sum(length(data)) AS bytes "
      "FROM part GROUP BY 1) ON snapshot = id GROUP BY epoch ORDER BY epoch");
  if (!rows) return tl::unexpected(std::move(rows.error()));
  for (;;) {
    const auto more = rows->step();
    if (!more) return tl::unexpected(more.error());
    if (!*more) return load_beside(database);
    epochs_.push_back({.first = rows->integer(0),
                       .last = rows->integer(1),
                       .node = rows->integer(2),
                       .ended_wall_us = rows->integer(3),
                       .bytes = rows->integer(4),
                       .is_open = false});
    largest_bytes_ = std::max(largest_bytes_, rows->integer(5));
  }
}

// What the groups have beside their parts.
Expected<void> Retention::load_beside(Database& database) {
  std::string sql = fmt::format(
      "SELECT epoch, sum(length(CAST(text AS BLOB)) + {}) AS bytes FROM text GROUP BY 1",
      kTextRowBytes);
  for_each_sample_table([&](const auto& table) {
    sql += fmt::format(
        " UNION ALL SELECT epoch, count(*) * {} FROM {} AS sample JOIN snapshot ON id = snapshot "
        "GROUP BY 1",
        kSampleRowBytes, table.name);
  });
  auto rows = database.prepare(sql);
  if (!rows) return tl::unexpected(std::move(rows.error()));
  for (;;) {
    const auto more = rows->step();
    if (!more) return tl::unexpected(more.error());
    if (!*more) return {};
    Epoch* epoch = find(rows->integer(0));
    if (epoch == nullptr) continue;
    epoch->bytes += rows->integer(1);
    epoch->beside_bytes += rows->integer(1);
    largest_beside_bytes_ = std::max(largest_beside_bytes_, epoch->beside_bytes);
  }
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

Expected<void> Retention::make_room(Database& database, const SnapshotRecord& coming,
                                    std::int64_t bytes) {
  dropping_.clear();
  // The group that its node added to so far is as good as ended.
  if (coming.epoch == coming.id) {
    for (Epoch& epoch : epochs_) epoch.is_open = epoch.is_open && epoch.node != coming.node;
  }
  for (const Epoch& epoch : epochs_) {
    if (!is_older_than_kept(epoch, coming)) continue;
    if (auto done = drop(database, epoch); !done) return done;
  }
  for (;;) {
    const auto fits = has_room(database, bytes);
    if (!fits) return tl::unexpected(fits.error());
    if (*fits) return {};
    const Epoch* epoch = oldest(coming.epoch);
    if (epoch == nullptr) {
      const auto open = largest_open(database, coming, bytes);
      if (!open) return tl::unexpected(open.error());
      epoch = *open;
    }
    if (epoch == nullptr) {
      if (is_held()) return fail(Error::Code::kDiskFull, "no space left");
      return fail(Error::Code::kOther,
                  "the bound on its size has no room for one keyframe group of each node");
    }
    if (auto done = drop(database, *epoch); !done) return done;
  }
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

Expected<bool> Retention::has_room_beside(Database& database, std::int64_t pinned_bytes) const {
  if (max_bytes_ == 0 || pinned_bytes == 0) return true;
  const auto pages = database.number("PRAGMA page_count");
  if (!pages) return tl::unexpected(pages.error());
  // The transaction goes behind what is pinned, and may make the file longer, too.
  const auto coming = with_pages(largest_bytes_);
  return pages->value_or(0) * kPageBytes + coming + pinned_bytes +
             std::max(wal_bytes_needed(), coming) <=
         max_bytes_;
}

Expected<bool> Retention::shrink_to_file(Database& database) {
  dropping_.clear();
  for (;;) {
    const auto fits = has_room(database, largest_bytes_);
    if (!fits || *fits) return fits;
    const Epoch* epoch = oldest(newest());
    if (epoch == nullptr) return false;
    if (auto done = drop(database, *epoch); !done) return tl::unexpected(std::move(done.error()));
  }
}

// Lives that have no snapshot left, none that was attached after `node`, nor the newest of its
// name, which may have none yet: a node that restarts for ever would fill any bound with them.
std::string Retention::drop_lives_sql(std::int64_t node) {
  const std::string lives = fmt::format(
      "SELECT id FROM node WHERE id <= {} AND id NOT IN (SELECT node FROM snapshot) "
      "AND id NOT IN (SELECT max(id) FROM node GROUP BY name)",
      node);
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

void Retention::committed(const SnapshotRecord& stored, std::int64_t bytes,
                          std::int64_t beside_bytes, std::int64_t wal_bytes) {
  dropped(wal_bytes);
  if (stored.epoch == stored.id) epochs_.push_back({.first = stored.id, .node = stored.node});
  if (Epoch* epoch = find(stored.epoch)) {
    epoch->last = stored.id;
    epoch->ended_wall_us = stored.ended_wall_us;
    epoch->began_mono_us = stored.began_mono_us;
    epoch->bytes += bytes;
    epoch->beside_bytes += beside_bytes;
    largest_beside_bytes_ = std::max(largest_beside_bytes_, epoch->beside_bytes);
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
