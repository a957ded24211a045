#pragma once

#include <cstdint>

namespace beamtape {

// What rows beside the parts take of a file, about. Not a public header.

// Of `text`; of one that is long, pages of its own.
std::int64_t text_row_bytes(std::int64_t text_bytes);
// Of a table of samples.
inline constexpr std::int64_t kSampleRowBytes = 64;
// All that each snapshot has.
inline constexpr std::int64_t kSnapshotRowBytes = 512;

}  // namespace beamtape
