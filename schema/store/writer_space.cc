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
// SQLite's own bound.
constexpr std::int64_t kMostPages = 0xFFFF'FFFE;

tl::unexpected<Error> being_read() {
  return fail(Error::Code::kRefused, "somebody reads the file, and its -wal would break the bound");
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

// A -wal that somebody reads grows with each snapshot, whatever is dropped.
Expected<void> FileWriter::look_for_readers() {
  if (pinned_frames_ == 0) return {};
  checkpoint();
  const auto fits = retention_.has_room_beside(database_, pinned_frames_ * kFrameBytes);
  if (!fits) return tl::unexpected(fits.error());
  return *fits ? Expected<void>() : being_read();
}

// What smaller snapshots have filled may leave too little of the bound for the -wal of this one.
// Then what has to go does so first, and the pages behind it move to the front, some at a time, as
// their -wal counts, too.
Expected<void> FileWriter::shorten_file(const SnapshotRecord& coming, std::int64_t bytes) {
  if (!retention_.is_too_long(file_size(path_))) return {};
  if (auto begun = database_.exec("BEGIN IMMEDIATE"); !begun) return begun;
  auto done = retention_.make_room(database_, coming, bytes);
  if (done) done = database_.exec("COMMIT");
  if (!done) return done;
  retention_.dropped(checkpoint());
  for (auto size = file_size(path_); size > retention_.limit();) {
    if (pinned_frames_ != 0) return being_read();
    const auto pages = retention_.pages_to_move(size);
    done = database_.exec(fmt::format("PRAGMA incremental_vacuum({})", pages));
    if (!done) return done;
    checkpoint();
    const auto before = std::exchange(size, file_size(path_));
    if (size >= before && pinned_frames_ == 0) {
      return fail(Error::Code::kOther, "the bound on its size has no room for so large a snapshot");
    }
  }
  return {};
}

// Folds what is committed into the file itself, so that a copy without the -wal has it. Never
// waits for readers; what fails here is tried again after the next snapshot.
std::int64_t FileWriter::checkpoint() {
  const auto folded = database_.fold_in();
  const auto frames = folded.frames.value_or(file_size(path_ + "-wal") / kFrameBytes);
  const auto written = (frames - pinned_frames_) * kFrameBytes;
  pinned_frames_ = folded.is_reused ? 0 : frames;
  return std::max<std::int64_t>(written, 0);
}

}  // namespace beamtape
