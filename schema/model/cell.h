#pragma once

#include <cstdint>
#include <limits>

namespace beamtape {

// One value of one column of one row. A number, a flag, or an id (of a text, of a list), or a
// packed Ref (ref.h); the column's declared type says which. Absence is never zero: the lowest
// values of the range say why there is no value. Their numbers are part of the file format.
using Cell = std::int64_t;

enum class Missing : std::uint8_t {
  kNone = 0,          // the node says there is none (a process without a registered name)
  kNotRecorded = 1,   // nobody asked: this node does not know the item, or the column is newer
  kPending = 2,       // will be asked; not yet (a snapshot that is still filling)
  kDeadline = 3,      // asked, no answer within the deadline
  kGone = 4,          // ended between being listed and being asked
  kLongMailbox = 5,   // left out: reading it would cost the process tens of milliseconds
  kLongList = 6,      // left out this time: a long list, read seldom
  kProcessLimit = 7,  // the node could not start a process to answer
  kQuarantined = 8,   // did not answer before; asked again with growing pauses
  kBadAnswer = 9,     // the node answered with something that cannot be read
  kLargeHeap = 10,    // left out: before OTP 26.2 it would copy the whole process dictionary
};
inline constexpr int kMissingKinds = 11;

constexpr Cell missing(Missing why) {
  return std::numeric_limits<Cell>::min() + static_cast<Cell>(why);
}
// Every value below this is reserved for reasons, known or of a later version.
inline constexpr Cell kLowestValue = std::numeric_limits<Cell>::min() + 64;
constexpr bool is_missing(Cell cell) { return cell < kLowestValue; }

// Why `cell` has no value; kBadAnswer for a reason that this version does not know.
// `cell` must be missing.
constexpr Missing why_missing(Cell cell) {
  const auto reason = cell - std::numeric_limits<Cell>::min();
  return reason < kMissingKinds ? static_cast<Missing>(reason) : Missing::kBadAnswer;
}
// True where the value exists on the node but was not read (everything but kNone).
constexpr bool is_not_read(Cell cell) {
  return is_missing(cell) && cell != missing(Missing::kNone);
}

// The reason in words, as printed under `not_read`: "mailbox over 10 000 messages".
const char* reason_text(Missing why);

}  // namespace beamtape
