// The detail: items that are sent to the process as a signal. Read of processes that are new or
// ran since, and of everybody in slow rotation, which proves that the rule leaves nobody out.
//
// Three things make a process dear to read and are kept apart: a long mailbox (memory and
// total_heap_size walk it, on the victim), and long lists (reading 200 000 links costs the victim
// 30 ms, its memory 22). Lists beyond kMaxListElements are cut on the node.

#include "recorder/collect/processes.h"

namespace beamtape {
namespace {

// A row of a gen_server takes 220 words and comes as a message of its own, which has to fit into
// the worker's heap beside the others or it is copied there at once.
constexpr int kRowWords = 640 + 18 * kItemWords;
constexpr int kRows = 250;

// Its own memory tells a worker natively, for next to nothing, whether any answer is long: the heap
// of kRows * kRowWords takes half of this. Only then does the interpreter go through them.
constexpr std::string_view kAnswer =
    "begin All = lists:zipwith(fun erlang:process_info/2, Part,"
    " lists:duplicate(length(Part), Items)),"
    " case process_info(self(), memory) of"
    "  {memory, Memory} when Memory > 3000000 ->"
    "   [case Info of undefined -> undefined; _ ->"
    "    [case Item of"
    "       {Key, [_ | _] = List} when length(List) > 1000 ->"
    "         {Key, {cut, length(List), lists:sublist(List, 1000)}};"
    "       _ -> Item end || Item <- Info] end || Info <- All];"
    "  _ -> All end end";

// Of a row without long lists and with a short mailbox.
constexpr std::chrono::microseconds kMostCost{50};
constexpr std::int64_t kShortMailbox = 500;  // messages; to walk one takes 0.03 us

constexpr Question reading(std::string_view name, int chunk,
                           std::chrono::microseconds most_per_row = {}) {
  return {.name = name,
          .keys = "Given",
          .answer = kAnswer,
          .of_processes = true,
          .chunk = chunk,
          .heap_words = chunk * kRowWords,
          .most_per_row = most_per_row};
}

// Snapshots between two readings of what is dear about a process with long lists.
constexpr std::int64_t kWideRotation = 16;
constexpr std::int64_t kLongMailboxMessages = 10'000;

}  // namespace

const std::array<Question, 6> kDetailQuestions{reading("detail", kRows, kMostCost),
                                               reading("detail_long_mailbox", kRows, kMostCost),
                                               reading("detail_wide", 100, kMostCost),
                                               reading("detail_wide_lists", 1),
                                               reading("suspects", 1),
                                               reading("identity_plain", kRows, kMostCost)};

void Processes::want_detail(std::size_t slot, RecordedNode& node) {
  const ProcessTrack& track = node.tracks[slot];
  const Cell queue = node.rows(process_table()).get(slot, at_.message_queue_len);
  const bool long_mailbox = !is_missing(queue) && queue > kLongMailboxMessages;
  const auto want = [&](Reading reading) {
    work_[reading].slots.push_back(static_cast<std::uint32_t>(slot));
  };
  if (track.quarantined_until > node.snapshot) {
    mark(kDetail, slot, Missing::kQuarantined, node);
  } else if (track.wide) {
    want(kWide);
    if (long_mailbox) {
      mark_long_mailbox(slot, node);
    } else if (static_cast<std::int64_t>(slot % kWideRotation) == node.turn % kWideRotation) {
      want(kWideLists);
    }
  } else if (long_mailbox) {
    want(kLongMailbox);
  } else {
    want(kDetail);
  }
}

std::size_t Processes::read_detail(Reading reading, const Answer& answer, RecordedNode& node) {
  return read_rows(reading, answer, node, [&](std::size_t slot, bool lives) {
    lives ? take_detail(reading, slot, node) : mark(reading, slot, Missing::kGone, node);
  });
}

void Processes::take_detail(Reading reading, std::size_t slot, RecordedNode& node) {
  Rows& rows = node.rows(process_table());
  ProcessTrack& track = node.tracks[slot];
  const Cell reductions = row_[at_.reductions];
  const Cell queue = row_[at_.message_queue_len];
  if (is_stale(reading, slot, node)) ++node.stale_found;
  if (!is_missing(queue) && queue > kShortMailbox) node.dear_answer = true;
  if (reading == kWideLists) track.wide = false;  // unless a list is still long
  for (const std::size_t column : readers_[reading].columns()) {
    if (column == at_.reductions || column == at_.message_queue_len) continue;
    rows.set(slot, column, row_[column]);
    const Cell cell = row_[column];
    if (process_table().columns[column].type == Type::kList && !is_missing(cell) &&
        node.interner->list_of(cell).true_count > kMaxListElements) {
      track.wide = true;
      node.dear_answer = true;
    }
  }
  if (reading == kLongMailbox) mark_long_mailbox(slot, node);
  if (reading != kWide) rows.set(slot, at_.detail_at, node.snapshot);
  if (reading == kWideLists) {
    touched(track, reductions);
    return;
  }
  track.base_reductions = is_missing(reductions) ? -1 : reductions;
  track.base_queue = queue;
  track.quarantine = 0;
  ++node.detailed;
}

void Processes::mark_long_mailbox(std::size_t slot, RecordedNode& node) {
  Rows& rows = node.rows(process_table());
  rows.set(slot, at_.memory, missing(Missing::kLongMailbox));
  rows.set(slot, at_.total_heap_size, missing(Missing::kLongMailbox));
}

// A process that has not run since its last detail must answer the same again. registered names
// and group leaders can be changed by others without its running: they are not counted.
bool Processes::is_stale(Reading reading, std::size_t slot, const RecordedNode& node) const {
  const ProcessTrack& track = node.tracks[slot];
  const Rows& rows = node.rows(process_table());
  if (reading != kDetail || track.base_reductions < 0 ||
      row_[at_.reductions] != track.base_reductions + 1 ||
      row_[at_.message_queue_len] != track.base_queue) {
    return false;
  }
  for (const std::size_t column : readers_[reading].columns()) {
    if (column == at_.reductions || column == at_.message_queue_len || column == at_.group_leader) {
      continue;
    }
    if (rows.get(slot, column) != row_[column] && !is_missing(rows.get(slot, column))) return true;
  }
  return false;
}

}  // namespace beamtape
