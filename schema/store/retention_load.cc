// What a recording that is gone on with has, and what dropping it will write.

#include <fmt/format.h>

#include <algorithm>

#include "schema/store/layout.h"
#include "schema/store/retention.h"
#include "schema/store/row_bytes.h"

namespace beamtape {
namespace {

// Of a row of a WITHOUT ROWID table so much stays within a page, with what such pages leave free;
// the rest of it has pages of its own.
constexpr std::int64_t kTextOfRow = 980;
constexpr std::int64_t kTextRowBytes = 24;
constexpr std::int64_t kTextShare = 8;
constexpr std::int64_t kTextOfPage = kPageBytes - 4;
// Of the bound, one part in so many has to be free.
constexpr std::int64_t kFreeAtFirst = 16;

}  // namespace

std::int64_t text_row_bytes(std::int64_t text_bytes) {
  const auto within = std::min(text_bytes, kTextOfRow);
  const auto pages = (text_bytes - within + kTextOfPage - 1) / kTextOfPage;
  return within + within / kTextShare + kTextRowBytes + pages * kPageBytes;
}

// A file that has nearly all of its bound leaves nothing to make it smaller in. One that was last
// written under this bound, or a smaller one, leaves what dropping its largest group will write;
// of any other that is asked for, and that what stands in its -wal can be folded in.
Expected<void> Retention::check_size(Database& database, std::int64_t wal_bytes) const {
  if (max_bytes_ == 0) return {};
  const auto pages = database.number("PRAGMA page_count");
  const auto bound = database.number("SELECT CAST(value AS INTEGER) FROM meta WHERE key='bound'");
  if (!pages) return tl::unexpected(pages.error());
  if (!bound) return tl::unexpected(bound.error());
  const auto bytes = pages->value_or(0) * kPageBytes;
  const auto earlier = bound->value_or(0);
  auto needed = bytes;
  if (earlier <= 0 || earlier > max_bytes_) {
    needed += std::max(bytes / (kFreeAtFirst - 1), own_drop_bytes() + wal_bytes);
  }
  if (needed <= max_bytes_) return {};
  constexpr std::int64_t kMiB = 1 << 20;
  return fail(
      Error::Code::kUsage,
      fmt::format(
          "it has {:.1f} MiB already, and to drop its oldest takes room beside: give --max-size "
          "{}MiB or more, or record into a new file",
          static_cast<double>(bytes) / kMiB, needed / kMiB + 1));
}

Expected<void> Retention::load(Database& database, std::int64_t wal_bytes) {
  auto done = load_parts(database);
  if (done) done = load_beside(database);
  return done ? check_size(database, wal_bytes) : done;
}

Expected<void> Retention::load_parts(Database& database) {
  auto rows = database.prepare(fmt::format(
      "SELECT epoch, max(id), node, max(ended_wall_us), total(bytes), coalesce(max(bytes), 0), "
      "total(first) + {} * count(*) FROM snapshot LEFT JOIN (SELECT key / 256 AS snapshot, "
      "sum(length(data)) AS bytes, sum(min(length(data), {})) AS first FROM part GROUP BY 1) "
      "ON snapshot = id GROUP BY epoch ORDER BY epoch",
      kSnapshotRowBytes, kPageBytes));
  if (!rows) return tl::unexpected(std::move(rows.error()));
  for (;;) {
    const auto more = rows->step();
    if (!more) return tl::unexpected(more.error());
    if (!*more) return {};
    epochs_.push_back({.first = rows->integer(0),
                       .last = rows->integer(1),
                       .node = rows->integer(2),
                       .ended_wall_us = rows->integer(3),
                       .bytes = rows->integer(4),
                       .is_open = false,
                       .drop_bytes = rows->integer(6)});
    largest_bytes_ = std::max(largest_bytes_, rows->integer(5));
  }
}

// What the groups have beside their parts.
Expected<void> Retention::load_beside(Database& database) {
  std::string sql = fmt::format(
      "SELECT epoch, sum(min(bytes, {0}) + min(bytes, {0}) / {1} + {2} + "
      "(max(bytes - {0}, 0) + {3} - 1) / {3} * {4}) FROM "
      "(SELECT epoch, length(CAST(text AS BLOB)) AS bytes FROM text) GROUP BY 1",
      kTextOfRow, kTextShare, kTextRowBytes, kTextOfPage, kPageBytes);
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
    epoch->drop_bytes += rows->integer(1);
  }
}

}  // namespace beamtape
