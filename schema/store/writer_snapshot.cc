// Snapshots as they are written: everything in one transaction that begins with begin().

#include <fmt/format.h>

#include <algorithm>

#include "schema/codec/part.h"
#include "schema/store/file_writer.h"
#include "schema/store/layout.h"

namespace beamtape {
namespace {

// Of a row of `text` beside the text itself: ids, lengths, and its share of a page's head.
constexpr std::int64_t kTextRowBytes = 16;
// Of a row of a table of samples.
constexpr std::int64_t kSampleRowBytes = 64;
// Free room, in reserves, with which a full file system counts as one that is not.
constexpr int kReservesForGrowth = 4;
// SQLite's own bound.
constexpr std::int64_t kMostPages = 0xFFFF'FFFE;

tl::unexpected<Error> misuse(const std::string& path, const std::string& why) {
  return fail(Error::Code::kUsage, "cannot write " + path + ": " + why);
}

}  // namespace

Expected<void> FileWriter::within_snapshot() const {
  if (snapshot_ != 0) return {};
  return misuse(path_, "no snapshot was begun");
}

tl::unexpected<Error> FileWriter::give_up(Error error) {
  abandon();
  return tl::unexpected(named(std::move(error)));
}

void FileWriter::abandon() {
  // An error of ROLLBACK says only that SQLite has rolled back already.
  if (database_.in_transaction()) static_cast<void>(database_.exec("ROLLBACK"));
  retention_.rolled_back();
  if (snapshot_ != 0) {
    state().needs_keyframe = true;
    for (auto& [number, groups] : state().held) {
      for (auto& group : groups) group.put_in = 0;
    }
  }
  snapshot_ = 0;
  blobs_.clear();
  lists_ = {};
}

Expected<void> FileWriter::begin(std::int64_t id, std::int64_t epoch, std::int64_t node) {
  if (auto allowed = outside_snapshot(); !allowed) return allowed;
  const auto found = nodes_.find(node);
  if (found == nodes_.end()) return misuse(path_, fmt::format("there is no node {}", node));
  const auto& state = found->second;
  const auto latest = std::max(last_snapshot_, options_.dropped_to) + 1;
  if (id <= last_snapshot_ || id > latest || id > kMaxSnapshotId) {
    return misuse(path_, fmt::format("snapshot {} cannot follow {}", id, last_snapshot_));
  }
  if (epoch != id && (state.needs_keyframe || epoch != state.epoch)) {
    return misuse(path_, fmt::format("snapshot {} must start a keyframe group", id));
  }
  // SQLite would go on writing into a file without a name for as long as the recording lasts.
  if (auto why = lock_.why_not_at(path_)) {
    return give_up({Error::Code::kNotFound, std::move(*why)});
  }
  if (auto room = look_for_readers(); !room) return give_up(std::move(room.error()));
  if (auto begun = database_.exec("BEGIN IMMEDIATE"); !begun) {
    return give_up(std::move(begun.error()));
  }
  snapshot_ = id;
  epoch_ = epoch;
  node_ = node;
  row_checksum_ = 0;
  beside_bytes_ = 0;
  text_checksum_ = keyframe() ? 0 : state.text_checksum;
  return {};
}

// A -wal that somebody reads grows with each snapshot, whatever is dropped.
Expected<void> FileWriter::look_for_readers() {
  if (pinned_frames_ == 0) return {};
  checkpoint();
  const auto fits = retention_.has_room_beside(database_, pinned_frames_ * kFrameBytes);
  if (!fits) return tl::unexpected(fits.error());
  if (*fits) return {};
  return fail(Error::Code::kRefused, "somebody reads the file, and its -wal would break the bound");
}

Expected<void> FileWriter::put_text(Cell id, std::string_view text) {
  if (auto allowed = within_snapshot(); !allowed) return allowed;
  const auto sum = beamtape::text_checksum(epoch_, id, text);
  auto done = insert_text_.bind(1, epoch_).bind(2, id).bind(3, text).bind(4, sum).run();
  if (!done) return give_up(std::move(done.error()));
  text_checksum_ += sum;
  beside_bytes_ += static_cast<std::int64_t>(text.size()) + kTextRowBytes;
  return {};
}

Expected<void> FileWriter::put_list(Cell id, const ListView& list) {
  if (auto allowed = within_snapshot(); !allowed) return allowed;
  if (id < 0 || list.items.size() > kListCellsPerPart) {
    return give_up({Error::Code::kUsage, "a list's id or length is out of range"});
  }
  lists_.add(id, list);
  return {};
}

Expected<void> FileWriter::put_rows(const Table& table, std::size_t group, RowGroup&& rows) {
  if (auto allowed = within_snapshot(); !allowed) return allowed;
  const Table* own = table.id <= kMaxTableId ? declared(table.id) : nullptr;
  const bool fits = own != nullptr && own->columns.size() == rows.columns.size() &&
                    group < kMaxRowGroups && rows.rows <= kRowsPerGroup;
  if (!fits) return give_up({Error::Code::kUsage, "rows of an undeclared table or shape"});
  const auto number = static_cast<std::uint8_t>(table.id);
  auto& groups = state().held[number];
  if (groups.size() <= group) groups.resize(group + 1);
  auto& held = groups[group];
  if (held.put_in == snapshot_) {
    return give_up({Error::Code::kUsage, "a row group was put twice"});
  }
  if (!keyframe() && rows.rows < held.rows.rows) {
    return give_up({Error::Code::kUsage, "a row group became shorter"});
  }
  // A group that is new is its own keyframe: there is nothing to differ from.
  auto part = keyframe() || held.rows.rows == 0
                  ? encode_keyframe(*own, rows, options_.zstd_level)
                  : encode_difference(*own, held.rows, rows, options_.zstd_level);
  held.rows = std::move(rows);
  held.put_in = snapshot_;
  if (!part.empty()) blobs_[number].add(static_cast<std::uint32_t>(group), std::move(part));
  return {};
}

Expected<void> FileWriter::put_aggregates(const Aggregates& aggregates) {
  if (auto allowed = within_snapshot(); !allowed) return allowed;
  const auto sum = samples_->write(snapshot_, aggregates);
  if (!sum) return give_up(sum.error());
  row_checksum_ += *sum;
  const auto rows = aggregates.groups.size() + aggregates.ets.size() + aggregates.ports.size() +
                    aggregates.allocators.size();
  beside_bytes_ += static_cast<std::int64_t>(rows) * kSampleRowBytes;
  return {};
}

// A keyframe group has every row group, also those that did not change.
void FileWriter::encode_untouched() {
  for (auto& [number, groups] : state().held) {
    const Table& table = *declared(number);
    for (std::size_t g = 0; g < groups.size(); ++g) {
      if (groups[g].put_in == snapshot_ || groups[g].rows.rows == 0) continue;
      blobs_[number].add(static_cast<std::uint32_t>(g),
                         encode_keyframe(table, groups[g].rows, options_.zstd_level));
    }
  }
}

void FileWriter::encode_pending_lists() {
  auto& entries = lists_.entries;
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return a.id < b.id; });
  std::uint32_t number = 0;
  for (std::size_t first = 0, end = 0; first < entries.size(); first = end) {
    std::size_t cells = 0;
    for (end = first; end < entries.size(); ++end) {
      cells += entries[end].kept + 1;
      if (cells > kListCellsPerPart && end > first) break;
    }
    const auto some = std::span<const Lists::Entry>(entries).subspan(first, end - first);
    blobs_[kListsTable].add(number++, encode_lists(lists_, some, options_.zstd_level));
  }
}

FileWriter::Blobs FileWriter::build_blobs(std::int64_t& bytes) {
  Blobs blobs;
  for (auto& [number, builder] : blobs_) {
    if (builder.empty()) continue;
    blobs.emplace_back(number, builder.build(snapshot_, number));
    bytes += static_cast<std::int64_t>(blobs.back().second.size());
  }
  return blobs;
}

Expected<void> FileWriter::insert_parts(const Blobs& blobs, std::string& stored_tables) {
  for (const auto& [number, blob] : blobs) {
    const auto done = insert_part_.bind(1, part_key(snapshot_, number)).bind_blob(2, blob).run();
    if (!done) return done;
    if (!stored_tables.empty()) stored_tables += ' ';
    stored_tables += std::to_string(number);
  }
  return {};
}

Expected<void> FileWriter::insert_snapshot(const SnapshotRecord& snapshot,
                                           const std::string& tables) {
  int position = 1;
  for (const auto& field : snapshot_fields()) {
    insert_snapshot_.bind(position++, snapshot.*field.member);
  }
  const auto own = row_checksum(snapshot, tables);
  row_checksum_ += own;
  insert_snapshot_.bind(position, snapshot.filling ? 1 : 0);
  insert_snapshot_.bind(position + 1, snapshot.not_answered).bind(position + 2, tables);
  return insert_snapshot_.bind(position + 3, row_checksum_)
      .bind(position + 4, text_checksum_)
      .bind(position + 5, own)
      .run();
}

Expected<std::int64_t> FileWriter::commit(const SnapshotRecord& snapshot) {
  if (auto allowed = within_snapshot(); !allowed) return tl::unexpected(allowed.error());
  if (keyframe()) encode_untouched();
  encode_pending_lists();
  SnapshotRecord stored = snapshot;
  stored.id = snapshot_;
  stored.epoch = epoch_;
  stored.node = node_;
  std::int64_t bytes = 0;
  const auto blobs = build_blobs(bytes);
  std::string tables;
  const std::int64_t all_bytes = bytes + beside_bytes_;
  auto done = retention_.make_room(database_, stored, all_bytes);
  if (done) done = insert_parts(blobs, tables);
  if (done) done = insert_snapshot(stored, tables);
  if (done) done = database_.exec("COMMIT");
  if (!done) return give_up(std::move(done.error()));
  const auto wal_bytes = checkpoint();
  retention_.committed(stored, all_bytes, beside_bytes_, wal_bytes);
  state().needs_keyframe = false;
  state().epoch = epoch_;
  state().text_checksum = text_checksum_;
  last_snapshot_ = snapshot_;
  snapshot_ = 0;
  blobs_.clear();
  lists_ = {};
  reserve_.hold(path_, retention_.reserve_bytes());
  if (retention_.is_held()) let_file_grow();
  return bytes;
}

bool FileWriter::wants_keyframe(std::int64_t node) const {
  const auto state = nodes_.find(node);
  return state != nodes_.end() && retention_.wants_keyframe(state->second.epoch);
}

// Dropping writes pages to the -wal, and they come back to the file only when it is folded in: for
// both the reserve makes room. It can seldom be had again, so from now on nothing may need more
// room than the file and its -wal have.
Expected<void> FileWriter::make_space() {
  if (auto allowed = outside_snapshot(); !allowed) return allowed;
  if (retention_.is_held()) {
    reserve_.hold(path_, retention_.reserve_bytes());
    let_file_grow();
    if (!retention_.is_held()) return {};
  }
  reserve_.release();
  const auto full = [] { return fail(Error::Code::kDiskFull, "no space left"); };
  if (!retention_.is_bounded() || !retention_.has_older()) return full();
  auto held = database_.exec("PRAGMA journal_size_limit=-1; PRAGMA wal_checkpoint(PASSIVE)");
  if (held) held = hold_file();
  const auto helps = held ? drop_for_space() : tl::unexpected(std::move(held.error()));
  if (helps) return *helps ? Expected<void>() : full();
  if (helps.error().code == Error::Code::kDiskFull) return {};
  return tl::unexpected(helps.error());
}

// The -wal keeps the room that it has, and takes what it will need before somebody else does. Pages
// beyond the end of the file would stay in it for want of room, and it would grow.
Expected<void> FileWriter::hold_file() {
  allocate(path_ + "-wal", retention_.wal_bytes_needed());
  const auto bytes = file_size(path_);
  retention_.hold_at(bytes);
  return database_.exec(fmt::format("PRAGMA max_page_count={}", bytes / kPageBytes));
}

// False: whatever may go would not be enough, and stays.
Expected<bool> FileWriter::drop_for_space() {
  if (auto begun = database_.exec("BEGIN IMMEDIATE"); !begun) return give_up(begun.error());
  const auto helps = retention_.shrink_to_file(database_);
  if (!helps) return give_up(helps.error());
  if (!*helps) {
    abandon();
    return false;
  }
  if (auto done = database_.exec("COMMIT"); !done) return give_up(done.error());
  retention_.dropped(checkpoint());
  return true;
}

// When the file system has so much room again that it will not be full with the next snapshot.
void FileWriter::let_file_grow() {
  if (!reserve_.has_room_for(retention_.reserve_bytes(), kReservesForGrowth)) return;
  const auto done =
      database_.exec(fmt::format("PRAGMA max_page_count={}; PRAGMA journal_size_limit={}",
                                 kMostPages, retention_.idle_wal_bytes()));
  if (done) retention_.let_grow();
}

// Folds what is committed into the file itself, so that a copy without the -wal has it. Never
// waits for readers; what fails here is tried again after the next snapshot.
std::int64_t FileWriter::checkpoint() {
  const auto folded = database_.fold_in();
  const auto written = (folded.frames - pinned_frames_) * kFrameBytes;
  pinned_frames_ = folded.is_reused ? 0 : folded.frames;
  return std::max<std::int64_t>(written, 0);
}

}  // namespace beamtape
