#pragma once

#include <limits>

#include "schema/codec/bytes.h"
#include "schema/model/cell.h"

namespace beamtape {

// One cell, given a number that it is probably near to (`base`, never missing):
//   value := varint(1 + zigzag(cell - base))      differences modulo 2^64
//          | 0 reason                             a missing cell: cell - INT64_MIN, below 64
//          | 0 0x40 cell:8                        the one difference that 1 + overflows
inline constexpr std::uint64_t kReasons = kLowestValue - std::numeric_limits<Cell>::min();
inline constexpr std::uint8_t kWholeCell = 0x40;
// The most bytes one value takes.
inline constexpr std::size_t kMaxValueBytes = 10;

inline void put_value(ByteWriter& out, Cell base, Cell cell) {
  const auto code = zigzag(static_cast<std::uint64_t>(cell) - static_cast<std::uint64_t>(base));
  if (is_missing(cell)) {
    out.u8(0);
    out.u8(static_cast<std::uint8_t>(cell - std::numeric_limits<Cell>::min()));
  } else if (code == std::numeric_limits<std::uint64_t>::max()) {
    out.u8(0);
    out.u8(kWholeCell);
    out.fixed(static_cast<std::uint64_t>(cell), 8);
  } else {
    out.varint(code + 1);
  }
}

// What `in` cannot give reads as a missing cell; `in` remembers the failure.
inline Cell get_value(ByteReader& in, Cell base) {
  const auto code = in.varint();
  if (code != 0) {
    return static_cast<Cell>(static_cast<std::uint64_t>(base) + unzigzag(code - 1));
  }
  const auto reason = in.u8();
  if (reason < kReasons) return std::numeric_limits<Cell>::min() + reason;
  if (reason == kWholeCell) return static_cast<Cell>(in.fixed(8));
  in.reject();
  return missing(Missing::kBadAnswer);
}

}  // namespace beamtape
