#include "schema/model/ref.h"

#include <charconv>
#include <string_view>

namespace beamtape {
namespace {

constexpr std::uint64_t kMaxSerial = (std::uint64_t{1} << 29) - 1;
constexpr std::uint64_t kMaxPidNumber = 0xFFFF'FFFF;

bool take(std::string_view& text, std::string_view prefix) {
  if (text.substr(0, prefix.size()) != prefix) return false;
  text.remove_prefix(prefix.size());
  return true;
}

std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end == text.data()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

std::optional<Ref> parse_port(std::string_view rest) {
  const auto number = take_number(rest);
  if (!number || *number > kMaxRefValue || rest != ">") return std::nullopt;
  return Ref{Ref::Tag::kPort, *number};
}

}  // namespace

std::string ref_text(Ref ref) {
  switch (ref.tag) {
    case Ref::Tag::kPid:
      return "<0." + std::to_string(ref.value & kMaxPidNumber) + "." +
             std::to_string(ref.value >> 32) + ">";
    case Ref::Tag::kPort:
      return "#Port<0." + std::to_string(ref.value) + ">";
    case Ref::Tag::kText:
      break;
  }
  return {};
}

std::optional<Ref> parse_ref(const std::string& text) {
  std::string_view rest = text;
  if (take(rest, "#Port<0.")) return parse_port(rest);
  const bool bracketed = take(rest, "<");
  if (!take(rest, "0.")) return std::nullopt;
  const auto id = take_number(rest);
  if (!id || *id > kMaxPidNumber || !take(rest, ".")) return std::nullopt;
  const auto serial = take_number(rest);
  if (!serial || *serial > kMaxSerial || rest != (bracketed ? ">" : "")) return std::nullopt;
  return Ref{Ref::Tag::kPid, *serial << 32 | *id};
}

}  // namespace beamtape
