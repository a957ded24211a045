#pragma once

// The paths that a census of 100 000 rows takes, inline. Part of cursor.h: include that.

#include <cstring>

#include "recorder/term/big_endian.h"
#include "recorder/term/cursor.h"
#include "recorder/term/tag.h"

namespace beamtape {

inline bool Cursor::tuple(std::uint32_t arity) {
  // Large tuples, strings and ends of the bytes are rare.
  if (string_left_ != 0 || !has(2) || *at_ != tag::kSmallTuple) return other_tuple(arity);
  if (at_[1] != arity) return false;
  at_ += 2;
  return bytes_left() >= arity || fail();
}

inline std::optional<std::int64_t> Cursor::integer() {
  if (string_left_ == 0 && has(2) && *at_ == tag::kSmallInteger) {
    at_ += 2;
    return at_[-1];
  }
  if (string_left_ == 0 && has(5) && *at_ == tag::kInteger) {
    at_ += 5;
    return static_cast<std::int32_t>(read_u32(at_ - 4));
  }
  return other_integer();
}

inline bool Cursor::take_bytes(std::span<const std::uint8_t> bytes) {
  if (string_left_ != 0 || !has(bytes.size())) return false;
  if (!bytes.empty() && std::memcmp(at_, bytes.data(), bytes.size()) != 0) return false;
  at_ += bytes.size();
  return true;
}

// All releases write SMALL_ATOM_UTF8 to a peer, those up to 25 ATOM_EXT (latin-1) into
// term_to_binary. Latin-1 and UTF-8 agree up to the first letter beyond ASCII, which is left to
// the slow path.
inline bool Cursor::take_atom(std::string_view name) {
  if (string_left_ != 0 || !has(3 + name.size())) return take_other_atom(name);
  if (*at_ == tag::kSmallAtomUtf8) {
    if (at_[1] != name.size() || std::memcmp(at_ + 2, name.data(), name.size()) != 0) return false;
    at_ += 2 + name.size();
    return true;
  }
  if (*at_ != tag::kAtom) return take_other_atom(name);
  const std::size_t size = read_u16(at_ + 1);
  if (size > name.size()) return false;
  std::size_t same = 0;
  while (same < size && name[same] == static_cast<char>(at_[3 + same]) && at_[3 + same] < 0x80)
    ++same;
  if (same < name.size())
    return static_cast<std::uint8_t>(name[same]) >= 0x80 && take_other_atom(name);
  at_ += 3 + size;
  return true;
}

}  // namespace beamtape
