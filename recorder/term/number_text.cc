#include "recorder/term/number_text.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <string_view>
#include <vector>

#include "recorder/term/big_endian.h"
#include "recorder/term/cursor.h"
#include "recorder/term/tag.h"

namespace beamtape {
namespace {

// `digits` are the bytes of a magnitude, lowest first. Divides by 10^9 until nothing is left.
std::string decimal(std::span<const std::uint8_t> digits) {
  constexpr std::uint32_t kChunk = 1'000'000'000;
  std::vector<std::uint32_t> words((digits.size() + 3) / 4);
  for (std::size_t i = 0; i < digits.size(); ++i) {
    words[i / 4] |= static_cast<std::uint32_t>(digits[i]) << (8 * (i % 4));
  }
  std::vector<std::uint32_t> chunks;
  while (!words.empty()) {
    std::uint64_t remainder = 0;
    for (std::size_t i = words.size(); i > 0; --i) {
      const std::uint64_t part = remainder << 32 | words[i - 1];
      words[i - 1] = static_cast<std::uint32_t>(part / kChunk);
      remainder = part % kChunk;
    }
    chunks.push_back(static_cast<std::uint32_t>(remainder));
    while (!words.empty() && words.back() == 0) words.pop_back();
  }
  if (chunks.empty()) return "0";
  std::string text = fmt::format("{}", chunks.back());
  for (std::size_t i = chunks.size() - 1; i > 0; --i) {
    fmt::format_to(std::back_inserter(text), "{:09}", chunks[i - 1]);
  }
  return text;
}

std::string big_text(std::span<const std::uint8_t> term) {
  const std::size_t header = term[0] == tag::kSmallBig ? 3 : 6;
  const auto digits = term.subspan(header);
  if (digits.size() > kMaxPrintedIntegerBytes) {
    return fmt::format("#Integer<{} bytes>", digits.size());
  }
  return (term[header - 1] != 0 ? "-" : "") + decimal(digits);
}

}  // namespace

std::string integer_text(std::span<const std::uint8_t> term) {
  Cursor cursor(term);
  const auto value = cursor.integer();
  if (!value) return {};
  const bool is_big = term[0] == tag::kSmallBig || term[0] == tag::kLargeBig;
  return is_big ? big_text(term) : fmt::format("{}", *value);
}

std::string float_text(double value) {
  // Erlang has neither, but bytes can say anything.
  if (!std::isfinite(value)) return fmt::format("{}", value);
  char buffer[32];
  const auto end =
      std::to_chars(buffer, buffer + sizeof buffer, std::abs(value), std::chars_format::scientific)
          .ptr;
  const std::string_view shortest(buffer, static_cast<std::size_t>(end - buffer));
  const std::size_t e = shortest.find('e');
  int exponent = 0;
  const bool is_positive = shortest[e + 1] == '+';
  std::from_chars(shortest.data() + e + (is_positive ? 2 : 1), end, exponent);
  std::string digits(shortest.substr(0, 1));
  if (e > 2) digits += shortest.substr(2, e - 2);

  const std::string fraction = digits.size() > 1 ? digits.substr(1) : "0";
  const std::string scientific = fmt::format("{}.{}e{}", digits[0], fraction, exponent);
  std::string fixed;
  const auto point = static_cast<std::size_t>(exponent < 0 ? 0 : exponent + 1);
  if (exponent < 0) {
    fixed = "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
  } else if (point < digits.size()) {
    fixed = digits.substr(0, point) + "." + digits.substr(point);
  } else {
    fixed = digits + std::string(point - digits.size(), '0') + ".0";
  }
  // Above 2^53 not every integer is a float: the fixed form would show digits that mean nothing.
  constexpr double kExact = 9007199254740992.0;
  const bool use_fixed = fixed.size() <= scientific.size() && std::abs(value) < kExact;
  return (std::signbit(value) ? "-" : "") + (use_fixed ? fixed : scientific);
}

}  // namespace beamtape
