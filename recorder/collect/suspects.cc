// Suspects: the few processes that hold most. Their binaries and heap blocks are too dear to ask
// of everybody (567 000 references cost the victim 30 ms), so a handful is read each snapshot.

#include <algorithm>

#include "recorder/collect/processes.h"

namespace beamtape {
namespace {

constexpr std::size_t kSuspectCount = 32;
constexpr std::int64_t kTurns = 8;  // all suspects have been read after so many snapshots
constexpr std::uint64_t kManyBinaries = 10'000;
constexpr std::int64_t kManyBinariesTurns = 64;

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
  for (auto holder = holders.begin(); holder != end; ++holder) {
    const std::uint32_t slot = holder->second;
    const Cell read_at = rows.get(slot, at_.suspect_at);
    const Cell binary = rows.get(slot, at_.binary);
    const bool dear =
        !is_missing(binary) && node.interner->list_of(binary).true_count > kManyBinaries;
    const std::int64_t pause = dear ? kManyBinariesTurns : kTurns;
    if (is_missing(read_at) || node.snapshot - read_at >= pause) {
      work_[kSuspects].slots.push_back(slot);
    }
    if (work_[kSuspects].slots.size() >= kSuspectCount / kTurns) break;
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
