// Identity, at first sight. Before OTP 26.2 a dictionary can only be copied whole, so it is asked
// only of new processes, never of one with a large heap; three keys of it are kept, picked by
// native functions. A newborn may not have written its dictionary yet: an empty one is asked
// again, a few times.

#include <algorithm>

#include "recorder/collect/processes.h"

namespace beamtape {
namespace {

constexpr std::int64_t kLargestHeap = 8 << 20;  // bytes: larger ones keep their dictionary
// Snapshots after the first sight at which an empty dictionary is asked again.
constexpr std::int64_t kAskAgain[] = {1, 8, 64};

}  // namespace

// {Part, Infos, InitialCalls, Ancestors, Labels}; the last three as lists:keyfind gives them.
const Question kIdentityQuestion{
    .name = "identity",
    .keys = "Given",
    .answer =
        "begin Size = length(Part),"
        " Infos = lists:zipwith(fun erlang:process_info/2, Part, lists:duplicate(Size, Items)),"
        " Tagged = lists:zipwith(fun erlang:process_info/2, Part,"
        "  lists:duplicate(Size, dictionary)),"
        " Dictionaries ="
        "  try lists:zipwith(fun erlang:element/2, lists:duplicate(Size, 2), Tagged)"
        "  catch _:_ -> [case D of {_, List} -> List; _ -> [] end || D <- Tagged] end,"
        " Ones = lists:duplicate(Size, 1),"
        " [Calls, Ancestors, Labels] ="
        "  [lists:zipwith3(fun lists:keyfind/3, lists:duplicate(Size, Key), Ones, Dictionaries)"
        "   || Key <- ['$initial_call', '$ancestors', '$process_label']],"
        " {Part, Infos, Calls, Ancestors, Labels} end",
    .chunk = 500,
    .heap_words = 500 * 200,
    .packed = true,
};

bool Processes::needs_identity(std::size_t slot, RecordedNode& node) const {
  const ProcessTrack& track = node.tracks[slot];
  if (track.quarantined_until > node.snapshot) return false;
  if (track.identity_asked == 0) return true;
  const Rows& rows = node.rows(process_table());
  const std::size_t again = track.identity_asked - 1u;
  if (again >= std::size(kAskAgain)) return false;
  if (!is_missing(rows.get(slot, at_.dictionary_initial_call)) ||
      !is_missing(rows.get(slot, at_.label))) {
    return false;
  }
  return node.snapshot - rows.get(slot, at_.first_seen) >= kAskAgain[again];
}

// How old it is counts, not how often it was asked: what was old when it was met (in a first
// snapshot that took long, or in an earlier run) has written its dictionary by then.
void Processes::note_identity_asked(std::size_t slot, RecordedNode& node) const {
  const Cell age = node.snapshot - node.rows(process_table()).get(slot, at_.first_seen);
  const auto passed = std::upper_bound(std::begin(kAskAgain), std::end(kAskAgain), age);
  node.tracks[slot].identity_asked = static_cast<std::uint8_t>(1 + (passed - kAskAgain));
}

// Large heaps are known from the census or, better, from the detail: they are not asked.
bool Processes::has_large_heap(std::size_t slot, RecordedNode& node) const {
  const Rows& rows = node.rows(process_table());
  for (const std::size_t column : {at_.heap_size, at_.total_heap_size}) {
    const Cell size = rows.get(slot, column);
    if (!is_missing(size) && size > kLargestHeap) return true;
  }
  return false;
}

// What comes without the dictionary is asked all the same.
void Processes::leave_dictionary(std::size_t slot, RecordedNode& node) {
  Rows& rows = node.rows(process_table());
  for (const std::size_t column : {at_.dictionary_initial_call, at_.ancestors, at_.label}) {
    rows.set(slot, column, missing(Missing::kLargeHeap));
  }
  work_[kPlainIdentity].slots.push_back(static_cast<std::uint32_t>(slot));
}

std::size_t Processes::read_plain_identity(const Answer& answer, RecordedNode& node) {
  Rows& rows = node.rows(process_table());
  return read_rows(kPlainIdentity, answer, node, [&](std::size_t slot, bool lives) {
    if (!lives) {
      mark(kPlainIdentity, slot, Missing::kGone, node);
      return;
    }
    for (const std::size_t column : readers_[kPlainIdentity].columns()) {
      if (column != at_.reductions) rows.set(slot, column, row_[column]);
    }
  });
}

std::size_t Processes::read_identity(const Answer& answer, RecordedNode& node) {
  Cursor pids = answer.payload();
  if (!pids.tuple(5)) return 0;
  Cursor infos = pids;
  infos.skip();
  Cursor calls = infos;
  calls.skip();
  Cursor ancestors = calls;
  ancestors.skip();
  Cursor labels = ancestors;
  labels.skip();
  Cells cells = node.cells();
  ListReader pid_list(pids), info_list(infos), call_list(calls), ancestor_list(ancestors),
      label_list(labels);
  std::size_t count = 0;
  const auto found = [&](Cursor& cursor, std::size_t column) {
    Cell cell = missing(Missing::kNone);
    if (cursor.tuple(2)) {
      cursor.skip();
      cell = cells.read(cursor, process_table().columns[column]);
    } else {
      cursor.skip();
    }
    return cell;
  };
  while (pid_list.next() && info_list.next() && call_list.next() && ancestor_list.next() &&
         label_list.next()) {
    const auto slot = answered_slot(kIdentity, cells.ref(pids), node);
    const bool lives = !infos.take_atom("undefined");
    if (lives) readers_[kIdentity].read(infos, cells, row_);
    row_[at_.dictionary_initial_call] = found(calls, at_.dictionary_initial_call);
    row_[at_.ancestors] = found(ancestors, at_.ancestors);
    row_[at_.label] = found(labels, at_.label);
    ++count;
    if (!slot) continue;
    if (lives) {
      take_identity(*slot, node);
    } else {
      mark(kIdentity, *slot, Missing::kGone, node);
    }
  }
  return count;
}

void Processes::take_identity(std::size_t slot, RecordedNode& node) {
  Rows& rows = node.rows(process_table());
  touched(node.tracks[slot], row_[at_.reductions]);
  for (const std::size_t column : identity_columns_) rows.set(slot, column, row_[column]);
}

}  // namespace beamtape
