#include "recorder/term/cursor.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "recorder/term/big_endian.h"
#include "recorder/term/tag.h"
#include "recorder/term/utf8.h"

namespace beamtape {
namespace {

TermKind kind_of(std::uint8_t tag_byte) {
  switch (tag_byte) {
    case tag::kSmallInteger:
    case tag::kInteger:
    case tag::kSmallBig:
    case tag::kLargeBig:
      return TermKind::kInteger;
    case tag::kFloat:
    case tag::kNewFloat:
      return TermKind::kFloat;
    case tag::kAtom:
    case tag::kSmallAtom:
    case tag::kAtomUtf8:
    case tag::kSmallAtomUtf8:
      return TermKind::kAtom;
    case tag::kSmallTuple:
    case tag::kLargeTuple:
      return TermKind::kTuple;
    case tag::kNil:
    case tag::kString:
    case tag::kList:
      return TermKind::kList;
    case tag::kMap:
      return TermKind::kMap;
    case tag::kBinary:
    case tag::kBitBinary:
      return TermKind::kBinary;
    case tag::kPid:
    case tag::kNewPid:
      return TermKind::kPid;
    case tag::kPort:
    case tag::kNewPort:
    case tag::kV4Port:
      return TermKind::kPort;
    case tag::kReference:
    case tag::kNewReference:
    case tag::kNewerReference:
      return TermKind::kReference;
    case tag::kExport:
    case tag::kNewFun:
      return TermKind::kFun;
    default:
      return TermKind::kNone;
  }
}

bool is_ascii(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char c) { return (c & 0x80) == 0; });
}

}  // namespace

std::string AtomView::utf8() const {
  return is_latin1 ? utf8_from_latin1(bytes) : valid_utf8(bytes);
}

bool AtomView::equals_latin1(std::string_view utf8) const {
  // Only what is ASCII has as many bytes in both; nearly everything is.
  if (bytes.size() == utf8.size()) return bytes == utf8 && is_ascii(bytes);
  for (const char byte : bytes) {
    if (take_utf8(utf8) != static_cast<std::uint8_t>(byte)) return false;
  }
  return utf8.empty();
}

bool Cursor::fail() {
  failed_ = true;
  at_ = end_;
  string_left_ = 0;
  return false;
}

bool Cursor::version() {
  if (string_left_ != 0 || !has(1) || *at_ != tag::kVersion) return fail();
  ++at_;
  return true;
}

TermKind Cursor::kind() const {
  if (string_left_ != 0) return TermKind::kInteger;
  return has(1) ? kind_of(*at_) : TermKind::kNone;
}

// Whether the next term is of this kind; where there is none, the cursor fails.
bool Cursor::is_next(TermKind kind) {
  if (string_left_ != 0) return kind == TermKind::kInteger;
  return has(1) ? kind_of(*at_) == kind : fail();
}

std::optional<std::uint32_t> Cursor::tuple() {
  if (!is_next(TermKind::kTuple)) return std::nullopt;
  std::uint32_t arity = 0;
  if (*at_ == tag::kSmallTuple) {
    if (!has(2)) return fail(), std::nullopt;
    arity = at_[1];
    at_ += 2;
  } else {
    if (!has(5)) return fail(), std::nullopt;
    arity = read_u32(at_ + 1);
    at_ += 5;
  }
  if (arity > bytes_left()) return fail(), std::nullopt;
  return arity;
}

bool Cursor::other_tuple(std::uint32_t arity) {
  const Cursor before = *this;
  const auto found = tuple();
  if (!found) return false;
  if (*found == arity) return true;
  *this = before;
  return false;
}

std::optional<std::uint32_t> Cursor::map() {
  if (!is_next(TermKind::kMap)) return std::nullopt;
  if (!has(5)) return fail(), std::nullopt;
  const std::uint32_t pairs = read_u32(at_ + 1);
  at_ += 5;
  if (pairs > bytes_left() / 2) return fail(), std::nullopt;
  return pairs;
}

std::optional<std::int64_t> Cursor::other_integer() {
  if (string_left_ != 0) {
    --string_left_;
    return *at_++;
  }
  if (!is_next(TermKind::kInteger)) return std::nullopt;
  if (*at_ == tag::kSmallBig && has(3)) return big(3, at_[1]);
  if (*at_ == tag::kLargeBig && has(6)) return big(6, read_u32(at_ + 1));
  return fail(), std::nullopt;  // cut off: the whole small ones never come here
}

// A sign byte ends the header; then `size` bytes of magnitude, lowest first.
std::optional<std::int64_t> Cursor::big(std::size_t header, std::uint64_t size) {
  if (!has(header + size)) return fail(), std::nullopt;
  const bool negative = at_[header - 1] != 0;
  const std::uint8_t* digits = at_ + header;
  at_ += header + size;
  while (size > 0 && digits[size - 1] == 0) --size;
  std::uint64_t magnitude = 0;
  for (std::uint64_t i = 0; i < size && i < 8; ++i) {
    magnitude |= static_cast<std::uint64_t>(digits[i]) << (8 * i);
  }
  constexpr auto kHighest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (size > 8 || magnitude > kHighest) {
    return negative ? std::numeric_limits<std::int64_t>::min()
                    : std::numeric_limits<std::int64_t>::max();
  }
  const auto value = static_cast<std::int64_t>(magnitude);
  return negative ? -value : value;
}

std::optional<double> Cursor::floating() {
  if (!is_next(TermKind::kFloat)) return std::nullopt;
  if (*at_ == tag::kNewFloat) {
    if (!has(9)) return fail(), std::nullopt;
    at_ += 9;
    return std::bit_cast<double>(read_u64(at_ - 8));
  }
  // FLOAT_EXT: "%.20e" in 31 bytes, filled with zeros.
  constexpr std::size_t kTextBytes = 31;
  if (!has(1 + kTextBytes)) return fail(), std::nullopt;
  char text[kTextBytes + 1] = {};
  std::memcpy(text, at_ + 1, kTextBytes);
  char* end = text;
  const double value = std::strtod(text, &end);
  if (end == text || *end != '\0') return fail(), std::nullopt;
  at_ += 1 + kTextBytes;
  return value;
}

// Reads an atom where only an atom may stand; anything else is malformed.
bool Cursor::read_name(AtomView& atom) {
  if (!has(2)) return fail();
  std::size_t header = 3;
  std::size_t size = 0;
  if (*at_ == tag::kSmallAtomUtf8 || *at_ == tag::kSmallAtom) {
    header = 2;
    size = at_[1];
  } else if (*at_ == tag::kAtomUtf8 || *at_ == tag::kAtom) {
    if (!has(3)) return fail();
    size = read_u16(at_ + 1);
  } else {
    return fail();
  }
  if (size > kMaxAtomBytes || !has(header + size)) return fail();
  atom.is_latin1 = *at_ == tag::kSmallAtom || *at_ == tag::kAtom;
  atom.bytes = {reinterpret_cast<const char*>(at_ + header), size};
  at_ += header + size;
  return true;
}

std::optional<AtomView> Cursor::atom() {
  if (!is_next(TermKind::kAtom)) return std::nullopt;
  AtomView name;
  if (!read_name(name)) return std::nullopt;
  return name;
}

bool Cursor::at_atom(std::string_view name) const {
  Cursor ahead = *this;
  return ahead.take_atom(name);
}

bool Cursor::take_other_atom(std::string_view name) {
  if (!is_next(TermKind::kAtom)) return false;
  const Cursor before = *this;
  AtomView found;
  if (!read_name(found)) return false;
  if (found == name) return true;
  *this = before;
  return false;
}

std::optional<bool> Cursor::boolean() {
  if (take_atom("true")) return true;
  if (take_atom("false")) return false;
  return std::nullopt;
}

std::optional<std::span<const std::uint8_t>> Cursor::binary() {
  if (!is_next(TermKind::kBinary)) return std::nullopt;
  const bool is_bits = *at_ == tag::kBitBinary;
  const std::size_t header = is_bits ? 6 : 5;
  if (!has(header)) return fail(), std::nullopt;
  const std::uint64_t size = read_u32(at_ + 1);
  if (!has(header + size)) return fail(), std::nullopt;
  if (is_bits && (at_[5] < 1 || at_[5] > 8)) return fail(), std::nullopt;
  const std::span<const std::uint8_t> bytes(at_ + header, size);
  at_ += header + size;
  return bytes;
}

int Cursor::unused_bits() const {
  const bool is_bits = kind() == TermKind::kBinary && *at_ == tag::kBitBinary && has(6);
  return is_bits && at_[5] >= 1 && at_[5] <= 8 ? 8 - at_[5] : 0;
}

std::optional<PidView> Cursor::pid() {
  if (!is_next(TermKind::kPid)) return std::nullopt;
  const std::size_t creation_bytes = *at_ == tag::kNewPid ? 4 : 1;
  ++at_;
  PidView pid;
  if (!read_name(pid.node)) return std::nullopt;
  if (!has(8 + creation_bytes)) return fail(), std::nullopt;
  pid.id = read_u32(at_);
  pid.serial = read_u32(at_ + 4);
  pid.creation = creation_bytes == 4 ? read_u32(at_ + 8) : at_[8];
  at_ += 8 + creation_bytes;
  return pid;
}

std::optional<PortView> Cursor::port() {
  if (!is_next(TermKind::kPort)) return std::nullopt;
  const std::size_t id_bytes = *at_ == tag::kV4Port ? 8 : 4;
  const std::size_t creation_bytes = *at_ == tag::kPort ? 1 : 4;
  ++at_;
  PortView port;
  if (!read_name(port.node)) return std::nullopt;
  if (!has(id_bytes + creation_bytes)) return fail(), std::nullopt;
  port.id = id_bytes == 8 ? read_u64(at_) : read_u32(at_);
  at_ += id_bytes;
  port.creation = creation_bytes == 4 ? read_u32(at_) : *at_;
  at_ += creation_bytes;
  return port;
}

std::optional<ReferenceView> Cursor::reference() {
  if (!is_next(TermKind::kReference)) return std::nullopt;
  const std::uint8_t shape = *at_++;
  ReferenceView reference;
  reference.size = 1;
  if (shape != tag::kReference) {
    if (!has(2)) return fail(), std::nullopt;
    reference.size = read_u16(at_);
    at_ += 2;
  }
  if (reference.size == 0 || reference.size > kMaxReferenceWords) return fail(), std::nullopt;
  if (!read_name(reference.node)) return std::nullopt;
  const std::size_t creation_bytes = shape == tag::kNewerReference ? 4 : 1;
  const std::size_t word_bytes = std::size_t{4} * reference.size;
  if (!has(creation_bytes + word_bytes)) return fail(), std::nullopt;
  // REFERENCE_EXT alone has its creation behind the word.
  const std::uint8_t* words = shape == tag::kReference ? at_ : at_ + creation_bytes;
  const std::uint8_t* creation = shape == tag::kReference ? at_ + word_bytes : at_;
  for (std::uint32_t i = 0; i < reference.size; ++i) reference.words[i] = read_u32(words + 4 * i);
  reference.creation = creation_bytes == 4 ? read_u32(creation) : *creation;
  at_ += creation_bytes + word_bytes;
  return reference;
}

}  // namespace beamtape
