#pragma once

#include "analyzer/findings/observed.h"

namespace beamtape {

// Steps once through the processes of a segment, keeping a few numbers of each, so that those
// that stand out (by growth of memory, by mailbox, by work) are found wherever they are; then reads
// the whole history of these alone, row group by row group. Fills `processes`, `restarts`, `words`
// and `damage` of `observed`.
Expected<void> scan_processes(Observed& observed);

// Processes of each kind that are read whole.
inline constexpr std::size_t kMostGrowers = 48;
inline constexpr std::size_t kMostMailboxes = 48;
inline constexpr std::size_t kMostWorkers = 16;
// Only one whose memory was so much more than its lowest may be a grower: a tenth of what a rule
// calls much.
inline constexpr std::int64_t kLeastGrowth = std::int64_t{1} << 20;
// A worker does so many reductions per second: a tenth of a slow core.
inline constexpr double kLeastWorkRate = 200'000;
// A mailbox of so many messages is worth a look.
inline constexpr std::int64_t kLoudMailbox = 50;

}  // namespace beamtape
