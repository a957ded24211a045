// What keeps a recording within its bound, and going on where the file system is full.

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "schema/store/file_writer.h"
#include "schema/store/layout.h"

namespace beamtape {
namespace {

// Free room, in reserves, with which a full file system counts as one that is not.
constexpr int kReservesForGrowth = 4;
// That a row beside snapshots changes at most, with those above it.
constexpr std::int64_t kRowPages = 8;
// SQLite's own bound.
constexpr std::int64_t kMostPages = 0xFFFF'FFFE;

tl::unexpected<Error> full() { return fail(Error::Code::kDiskFull, "no space left"); }

// Why the -wal cannot be written over.
tl::unexpected<Error> pinned(bool is_full) {
  if (is_full) return full();
  return fail(Error::Code::kRefused, "somebody reads the file, and its -wal would break the bound");
}

Retention::Taken taken(const std::string& path, std::int64_t pinned_frames) {
  return {file_size(path), pinned_frames * kFrameBytes};
}

}  // namespace

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

// False: whatever may go would not be enough, and stays. What the bound leaves no room to drop in
// one transaction goes with the next snapshot.
Expected<bool> FileWriter::drop_for_space() {
  if (auto begun = database_.exec("BEGIN IMMEDIATE"); !begun) return give_up(begun.error());
  const auto helps = retention_.shrink_to_file(database_, taken(path_, pinned_frames_));
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

// A -wal that somebody reads grows with each snapshot, whatever is dropped.
Expected<void> FileWriter::look_for_readers() {
  if (pinned_frames_ == 0) return {};
  checkpoint();
  const auto fits = retention_.has_room_beside(database_, taken(path_, pinned_frames_));
  if (!fits) return tl::unexpected(fits.error());
  return *fits ? Expected<void>() : pinned(is_full_);
}

// And with each row beside them. Where such rows have filled the bound, something goes first.
Expected<void> FileWriter::begin_rows(std::int64_t bytes, bool is_gap) {
  if (auto allowed = outside_snapshot(); !allowed) return allowed;
  if (pinned_frames_ != 0) checkpoint();
  auto made = database_.exec("BEGIN IMMEDIATE");
  if (made) {
    made = retention_.make_room_for_rows(database_, last_node_, taken(path_, pinned_frames_));
  }
  if (made = commit_rows(std::move(made)); !made) return made;
  const auto fits = retention_.has_room_for_rows(database_, taken(path_, pinned_frames_),
                                                 kRowPages * kFrameBytes + bytes, is_gap);
  if (!fits) return give_up(fits.error());
  if (!*fits) {
    Error why = pinned(is_full_).value();
    // Where make_space() was of no use they wait, and the recording goes on.
    if (retention_.is_held()) why.code = Error::Code::kRefused;
    return give_up(std::move(why));
  }
  auto begun = database_.exec("BEGIN IMMEDIATE");
  return begun ? begun : give_up(std::move(begun.error()));
}

Expected<void> FileWriter::commit_rows(Expected<void> done) {
  if (done) done = database_.exec("COMMIT");
  if (!done) return give_up(std::move(done.error()));
  retention_.dropped(checkpoint());
  return {};
}

// Begins the transaction that stores a snapshot, which drops what has to go for it. That comes in
// transactions of its own before where the -wal would become too large.
Expected<void> FileWriter::begin_with_room(const SnapshotRecord& coming, std::int64_t bytes) {
  const bool is_too_long = retention_.is_too_long(file_size(path_));
  for (bool has_room = false; !has_room;) {
    if (auto begun = database_.exec("BEGIN IMMEDIATE"); !begun) return begun;
    const auto made = retention_.make_room(database_, coming, bytes, taken(path_, pinned_frames_));
    if (!made) return tl::unexpected(made.error());
    has_room = *made;
    if (has_room && !is_too_long) return {};
    if (auto done = database_.exec("COMMIT"); !done) return done;
    retention_.dropped(checkpoint());
    if (pinned_frames_ != 0) return pinned(is_full_);
  }
  const auto done = shorten_file();
  return done ? database_.exec("BEGIN IMMEDIATE") : done;
}

// What smaller snapshots have filled may leave too little of the bound for the -wal of a large one.
// Then the last pages move to the front, some at a time, as their -wal counts, too.
Expected<void> FileWriter::shorten_file() {
  for (auto size = file_size(path_); size > retention_.limit();) {
    const auto pages = retention_.pages_to_move(size);
    auto done = database_.exec(fmt::format("PRAGMA incremental_vacuum({})", pages));
    if (!done) return done;
    checkpoint();
    if (pinned_frames_ != 0) return pinned(is_full_);
    const auto before = std::exchange(size, file_size(path_));
    if (size >= before) {
      return fail(Error::Code::kOther,
                  "the bound on its size has no room for so large a snapshot, and a file that an "
                  "earlier version made cannot become shorter: give a larger --max-size, or record "
                  "into a new file");
    }
  }
  return {};
}

// Folds what is committed into the file itself, so that a copy without the -wal has it. Never
// waits for readers; what fails here is tried again after the next snapshot.
std::int64_t FileWriter::checkpoint() {
  const auto folded = database_.fold_in();
  const auto frames = folded.frames.value_or(file_size(path_ + "-wal") / kFrameBytes);
  // Where nothing was written it still has what was there before.
  const auto written = folded.is_longer ? (frames - pinned_frames_) * kFrameBytes : 0;
  pinned_frames_ = folded.is_reused ? 0 : frames;
  is_full_ = folded.is_full;
  return std::max<std::int64_t>(written, 0);
}

}  // namespace beamtape
