// Suspects: the few processes that hold most. Their binaries and heap blocks are too dear to ask
// of everybody (567 000 references cost the victim 30 ms), so a handful is read each snapshot; and
// one bystander, another one each time: what many small ones keep shows in a sample of them.

#include <algorithm>

#include "recorder/collect/processes.h"

namespace beamtape {
namespace {

constexpr std::size_t kSuspectCount = 32;
constexpr std::int64_t kTurns = 8;  // all suspects have been read after so many snapshots
constexpr std::uint64_t kManyBinaries = 10'000;
constexpr std::int64_t kManyBinariesTurns = 64;
constexpr std::size_t kBystanders = 256;         // whose answer is kept
constexpr std::size_t kScatter = 2'654'435'761;  // Knuth's multiplicative hash

}  // namespace

void Processes::choose_suspects(RecordedNode& node) {
  const Rows& rows = node.rows(process_table());
  std::vector<std::pair<Cell, std::uint32_t>> holders;
  for (std::size_t slot = 0; slot < rows.slots(); ++slot) {
    if (!rows.occupied(slot)) continue;
    const Cell memory = rows.get(slot, at_.memory);  // missing: a long mailbox, or not yet read
    if (is_missing(memory) || node.tracks[slot].quarantined_until > node.snapshot) continue;
    holders.emplace_back(memory, static_cast<std::uint32_t>(slot));
  }
  const std::size_t count = std::min(kSuspectCount, holders.size());
  const auto end = holders.begin() + static_cast<std::ptrdiff_t>(count);
  std::partial_sort(holders.begin(), end, holders.end(), std::greater<>());
  const auto may_be_read = [&](std::uint32_t slot) {
    const Cell read_at = rows.get(slot, at_.suspect_at);
    const Cell binary = rows.get(slot, at_.binary);
    const bool dear =
        !is_missing(binary) && node.interner->list_of(binary).true_count > kManyBinaries;
    return is_missing(read_at) || node.snapshot - read_at >= (dear ? kManyBinariesTurns : kTurns);
  };
  auto& chosen = work_[kSuspects].slots;
  for (auto holder = holders.begin(); holder != end; ++holder) {
    if (may_be_read(holder->second)) chosen.push_back(holder->second);
    if (chosen.size() >= kSuspectCount / kTurns) break;
  }
  const auto bystanders = static_cast<std::size_t>(holders.end() - end);
  if (bystanders == 0) return;
  const std::size_t at = static_cast<std::size_t>(node.turn) * kScatter % bystanders;
  const std::uint32_t bystander = end[static_cast<std::ptrdiff_t>(at)].second;
  if (!may_be_read(bystander)) return;
  chosen.push_back(bystander);
  node.bystanders.emplace_back(rows.get(bystander, 0), node.snapshot);
  if (node.bystanders.size() > kBystanders) forget_bystander(node);
}

// A list that is kept is stored anew in each keyframe: of bystanders the last ones are enough.
void Processes::forget_bystander(RecordedNode& node) {
  Rows& rows = node.rows(process_table());
  const auto [pid, read_at] = node.bystanders.front();
  node.bystanders.pop_front();
  const auto slot = rows.find(pid);
  if (!slot || rows.get(*slot, at_.suspect_at) != read_at) return;  // gone, or read again
  rows.set(*slot, at_.suspect_at, missing(Missing::kNone));
  for (const std::size_t column : readers_[kSuspects].columns()) {
    if (column != at_.reductions) rows.set(*slot, column, missing(Missing::kNotRecorded));
  }
}

std::size_t Processes::read_suspects(const Answer& answer, RecordedNode& node) {
  Rows& rows = node.rows(process_table());
  return read_rows(kSuspects, answer, node, [&](std::size_t slot, bool lives) {
    if (!lives) return;
    touched(node.tracks[slot], row_[at_.reductions]);
    for (const std::size_t column : readers_[kSuspects].columns()) {
      if (column != at_.reductions) rows.set(slot, column, row_[column]);
    }
    rows.set(slot, at_.suspect_at, node.snapshot);
  });
}

}  // namespace beamtape
