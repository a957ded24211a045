// The census: every process, every snapshot, only items that are read without touching it.
// Every answer carries its own pids; the order of processes() means nothing.
//
// A node at its process limit has none to spare for the question. Then the server behind rpc is
// asked for the pids, and for the census part by part: each is a millisecond's work (ten where all
// processes are cold), between which it serves others, and an answer too small for the connection
// to make it wait.

#include <algorithm>

#include "recorder/collect/processes.h"
#include "recorder/term/builder.h"
#include "recorder/term/inflate.h"
#include "schema/model/ref.h"

namespace beamtape {
namespace {

constexpr std::string_view kCensusAnswer =
    "lists:zipwith(fun erlang:process_info/2, Part, lists:duplicate(length(Part), Items))";
// Of cold processes one takes 10 us: more would keep a scheduler for over 10 ms without a break.
constexpr int kCensusChunk = 1000;
// Of the list of pids, at about 30 bytes each.
constexpr std::size_t kMaxListBytes = 256u << 20;

}  // namespace

const Question kCensusListQuestion{
    .name = "census_list",
    .keys = "[processes() -- Given]",
    .answer = "term_to_binary(hd(Part), [{compressed, 1}])",
    .in_server = true,
};

const Question kCensusPartQuestion{
    .name = "census_part",
    .keys = "Given",
    .answer = kCensusAnswer,
    .of_processes = true,
    .chunk = kCensusChunk,
    .in_server = true,
};

const Question kCensusQuestion{
    .name = "census",
    .keys = "processes()",
    // 4.4 words a pid on OTP 25 [measured]: 2 in the list, 2 in its part, the rest for handing out.
    .keys_words = "erlang:system_info(process_count) * 5 + 20000",
    .but = "Asking ++ Given",
    .answer = kCensusAnswer,
    .of_processes = true,
    .chunk = kCensusChunk,
    .heap_words = kCensusChunk * (40 + 5 * kItemWords),  // a row is 31 on a 64-bit node
    .packed = true,
    .most_per_row = std::chrono::microseconds(50),
    .at_limit = &kCensusListQuestion,
};

const std::vector<Cell>& unread_process() {
  static const auto cells = [] {
    std::vector<Cell> unread;
    for (const Column& column : process_table().columns) {
      unread.push_back(missing(column.ask == Ask::kComputed  ? Missing::kNone
                               : column.ask == Ask::kSuspect ? Missing::kNotRecorded
                                                             : Missing::kPending));
    }
    return unread;
  }();
  return cells;
}

// Makes the parts of a census of the pids in the answer.
void Processes::read_list(const Answer& answer) {
  Cursor cursor = answer.payload();
  const auto binary = cursor.binary();
  if (!binary) return;
  Bytes term(binary->begin(), binary->end());
  if (is_compressed_term(term)) {
    auto inflated = inflate_term(term, kMaxListBytes);
    if (!inflated) return;
    term = std::move(*inflated);
  }
  Cursor all(term);
  all.version();
  ListReader pids(all);
  std::vector<std::span<const std::uint8_t>> part;
  const auto close = [&] {
    TermBuilder given;
    given.list(static_cast<std::uint32_t>(part.size()));
    for (const auto pid : part) given.raw(pid);
    if (!part.empty()) parts_.push_back(given.nil().take());
    part.clear();
  };
  while (pids.next()) {
    part.push_back(all.raw());
    if (part.size() == kCensusChunk) close();
  }
  close();
}

std::size_t Processes::read_census(const Answer& answer, RecordedNode& node) {
  Cells cells = node.cells();
  AnsweredRows rows(answer, census_, cells);
  std::size_t count = 0;
  while (rows.next()) {
    if (is_missing(rows.pid()) || unpack(rows.pid()).tag != Ref::Tag::kPid) {
      rows.skip();
    } else if (rows.read(row_)) {  // else it has ended since it was listed
      take_census_row(rows.pid(), node);
      ++count;
    }
  }
  return count;
}

void Processes::take_census_row(Cell pid, RecordedNode& node) {
  Rows& rows = node.rows(process_table());
  const auto [slot, is_new] = rows.list(pid, missing(Missing::kPending));
  if (slot >= node.tracks.size()) node.tracks.resize(slot + 1);
  ProcessTrack& track = node.tracks[slot];
  const Cell reductions = row_[at_.reductions];
  const Cell before = rows.get(slot, at_.reductions);
  if (is_new || (!is_missing(before) && !is_missing(reductions) && reductions < before)) {
    // Fewer reductions than before: the pid has come back as another process.
    start_row(slot, node);
    if (!is_new) ++node.gone;
    if (!is_missing(reductions)) node.reductions_done += reductions;
  } else if (!is_missing(before) && !is_missing(reductions)) {
    node.reductions_done += reductions - before;
  }
  for (const std::size_t column : census_.columns()) rows.set(slot, column, row_[column]);
  const bool has_run = track.base_reductions < 0 || is_missing(reductions) ||
                       reductions > track.base_reductions + 1 ||
                       row_[at_.message_queue_len] != track.base_queue || may_run(slot, node);
  // Neighbours at once: what is read again then is told in few bytes.
  const bool in_rotation =
      static_cast<std::int64_t>(slot / kRotation % kRotation) == node.turn % kRotation;
  if (has_run || in_rotation) want_detail(slot, node);
  if (needs_identity(slot, node))
    work_[kIdentity].slots.push_back(static_cast<std::uint32_t>(slot));
}

void Processes::start_row(std::size_t slot, RecordedNode& node) {
  Rows& rows = node.rows(process_table());
  rows.renew(slot, unread_process());
  rows.set(slot, at_.first_seen, node.snapshot);
  node.tracks[slot] = ProcessTrack{};
  ++node.appeared;
}

// In a dirty NIF a process changes without reductions, so one that runs, waits to run or ends is
// always read again.
bool Processes::may_run(std::size_t slot, RecordedNode& node) {
  if (busy_statuses_of_ != node.interner.get()) {
    busy_statuses_of_ = node.interner.get();
    const std::string_view names[] = {"running", "runnable", "exiting", "garbage_collecting"};
    for (std::size_t at = 0; at < std::size(names); ++at) {
      busy_statuses_[at] = node.interner->text(names[at]);
    }
  }
  const Cell status = node.rows(process_table()).get(slot, at_.status);
  return std::find(std::begin(busy_statuses_), std::end(busy_statuses_), status) !=
         std::end(busy_statuses_);
}

// Keys whose census did not come: they are listed, so they live; what was asked is marked.
void Processes::census_missed(const Answer& answer, RecordedNode& node) {
  const bool deadline = answer.outcome == Answer::Outcome::kDeadline;
  const Missing why = deadline ? Missing::kDeadline : Missing::kBadAnswer;
  Cursor cursor = answer.payload();
  Cells cells = node.cells();
  Rows& rows = node.rows(process_table());
  ListReader pids(cursor);
  const bool alone = pids.size() == 1;
  while (pids.next()) {
    const Cell pid = cells.ref(cursor);
    if (is_missing(pid) || unpack(pid).tag != Ref::Tag::kPid) continue;
    const auto [slot, is_new] = rows.list(pid, missing(Missing::kPending));
    if (slot >= node.tracks.size()) node.tracks.resize(slot + 1);
    if (is_new) {
      start_row(slot, node);
      mark(kDetail, slot, why, node);
      mark(kIdentity, slot, why, node);
    }
    for (const std::size_t column : census_.columns()) rows.set(slot, column, missing(why));
    if (alone && deadline) quarantine(slot, node);
  }
}

// After the census: who was not listed is gone. Where the census itself was cut short nobody is;
// the values of who was not reached are marked instead.
void Processes::sweep(Missing reason, RecordedNode& node) {
  Rows& rows = node.rows(process_table());
  for (const Cell pid : quarantined_) rows.list(pid, missing(Missing::kPending));
  if (reason == Missing::kNone) {
    rows.sweep([&](std::size_t) { ++node.gone; });
  } else {
    for (std::size_t slot = 0; slot < rows.slots(); ++slot) {
      if (!rows.occupied(slot) || rows.listed(slot)) continue;
      for (const std::size_t column : census_.columns()) rows.set(slot, column, missing(reason));
      if (rows.get(slot, at_.memory) == missing(Missing::kPending)) node.is_filling = true;
    }
  }
  node.listed = static_cast<std::int64_t>(rows.living());
  node.is_counted = reason == Missing::kNone;
}

}  // namespace beamtape
