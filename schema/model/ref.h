#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "schema/model/cell.h"

namespace beamtape {

// What a process or port column holds, packed into a Cell so that neighbours have small
// differences: a pid or port of the recorded node itself, or the text id of anything else
// (a remote pid, `{Name, Node}`, a reference). The packing is part of the file format:
// value << 2 | tag, where a pid's value is serial << 32 | id.
struct Ref {
  enum class Tag : std::uint8_t { kPid = 0, kPort = 1, kText = 2 };
  Tag tag = Tag::kText;
  std::uint64_t value = 0;

  friend bool operator==(const Ref&, const Ref&) = default;
};

// Largest value that fits. Pids and ports beyond it (serial over 2^29) are kept as text.
inline constexpr std::uint64_t kMaxRefValue = (std::uint64_t{1} << 61) - 1;

constexpr Cell pack(Ref ref) {
  return static_cast<Cell>(ref.value << 2 | static_cast<std::uint64_t>(ref.tag));
}
// `cell` must not be missing. An unknown tag (3) reads as kText of id 0, which no text has.
constexpr Ref unpack(Cell cell) {
  const auto bits = static_cast<std::uint64_t>(cell);
  const auto tag = bits & 3;
  return tag == 3 ? Ref{} : Ref{static_cast<Ref::Tag>(tag), bits >> 2};
}
constexpr Cell pack_pid(std::uint32_t id, std::uint32_t serial) {
  return pack({Ref::Tag::kPid, static_cast<std::uint64_t>(serial) << 32 | id});
}

// "<0.123.4>" or "#Port<0.7>"; empty for a text reference, whose text the caller looks up.
std::string ref_text(Ref ref);

// Reads "<0.123.4>", "0.123.4" or "#Port<0.7>"; nothing for any other text.
std::optional<Ref> parse_ref(const std::string& text);

}  // namespace beamtape
