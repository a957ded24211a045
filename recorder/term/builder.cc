#include "recorder/term/builder.h"

#include <cassert>
#include <limits>
#include <utility>

#include "recorder/term/tag.h"
#include "recorder/term/utf8.h"

namespace beamtape {
namespace {

constexpr std::size_t kMaxStringExt = 65535;

}  // namespace

TermBuilder& TermBuilder::u8(std::uint8_t value) {
  bytes_.push_back(value);
  return *this;
}

TermBuilder& TermBuilder::u16(std::uint16_t value) {
  return u8(static_cast<std::uint8_t>(value >> 8)).u8(static_cast<std::uint8_t>(value));
}

TermBuilder& TermBuilder::u32(std::uint32_t value) {
  return u16(static_cast<std::uint16_t>(value >> 16)).u16(static_cast<std::uint16_t>(value));
}

TermBuilder& TermBuilder::append(std::string_view bytes) {
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  return *this;
}

TermBuilder& TermBuilder::version() { return u8(tag::kVersion); }

TermBuilder& TermBuilder::atom(std::string_view utf8) {
  if (utf8.size() <= 255) {
    u8(tag::kSmallAtomUtf8).u8(static_cast<std::uint8_t>(utf8.size()));
  } else {
    assert(utf8.size() <= std::numeric_limits<std::uint16_t>::max());
    u8(tag::kAtomUtf8).u16(static_cast<std::uint16_t>(utf8.size()));
  }
  return append(utf8);
}

TermBuilder& TermBuilder::integer(std::int64_t value) {
  if (value >= 0 && value <= 255)
    return u8(tag::kSmallInteger).u8(static_cast<std::uint8_t>(value));
  if (value >= std::numeric_limits<std::int32_t>::min() &&
      value <= std::numeric_limits<std::int32_t>::max()) {
    return u8(tag::kInteger).u32(static_cast<std::uint32_t>(value));
  }
  auto magnitude = static_cast<std::uint64_t>(value);
  if (value < 0) magnitude = 0 - magnitude;
  std::uint8_t size = 0;
  while (size < 8 && magnitude >> (8 * size) != 0) ++size;
  u8(tag::kSmallBig).u8(size).u8(value < 0 ? 1 : 0);
  for (int i = 0; i < size; ++i) u8(static_cast<std::uint8_t>(magnitude >> (8 * i)));
  return *this;
}

TermBuilder& TermBuilder::binary(std::span<const std::uint8_t> bytes) {
  u8(tag::kBinary).u32(static_cast<std::uint32_t>(bytes.size()));
  return raw(bytes);
}

TermBuilder& TermBuilder::binary(std::string_view bytes) {
  return u8(tag::kBinary).u32(static_cast<std::uint32_t>(bytes.size())).append(bytes);
}

TermBuilder& TermBuilder::string(std::string_view utf8) {
  std::vector<std::uint32_t> code_points;
  bool are_bytes = true;
  for (std::string_view rest = utf8; !rest.empty();) {
    const auto code_point = take_utf8(rest);
    assert(code_point);
    if (!code_point) break;
    code_points.push_back(*code_point);
    are_bytes = are_bytes && *code_point <= 255;
  }
  if (code_points.empty()) return nil();
  if (are_bytes && code_points.size() <= kMaxStringExt) {
    u8(tag::kString).u16(static_cast<std::uint16_t>(code_points.size()));
    for (const std::uint32_t c : code_points) u8(static_cast<std::uint8_t>(c));
    return *this;
  }
  list(static_cast<std::uint32_t>(code_points.size()));
  for (const std::uint32_t c : code_points) integer(c);
  return nil();
}

TermBuilder& TermBuilder::tuple(std::uint32_t arity) {
  if (arity <= 255) return u8(tag::kSmallTuple).u8(static_cast<std::uint8_t>(arity));
  return u8(tag::kLargeTuple).u32(arity);
}

TermBuilder& TermBuilder::list(std::uint32_t size) {
  return size == 0 ? *this : u8(tag::kList).u32(size);
}

TermBuilder& TermBuilder::nil() { return u8(tag::kNil); }

TermBuilder& TermBuilder::map(std::uint32_t pairs) { return u8(tag::kMap).u32(pairs); }

TermBuilder& TermBuilder::pid(std::string_view node, std::uint32_t id, std::uint32_t serial,
                              std::uint32_t creation) {
  return u8(tag::kNewPid).atom(node).u32(id).u32(serial).u32(creation);
}

TermBuilder& TermBuilder::raw(std::span<const std::uint8_t> term) {
  bytes_.insert(bytes_.end(), term.begin(), term.end());
  return *this;
}

std::vector<std::uint8_t> TermBuilder::take() { return std::exchange(bytes_, {}); }

}  // namespace beamtape
