#include "analyzer/load/filter_literal.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <span>
#include <utility>
#include <vector>

#include "analyzer/load/text.h"

namespace beamtape {

namespace {

struct Scale {
  const char* name;
  double factor;
};

constexpr double kKi = 1024;
constexpr std::array<Scale, 13> kSizes{{{"B", 1},
                                        {"KiB", kKi},
                                        {"MiB", kKi* kKi},
                                        {"GiB", kKi* kKi* kKi},
                                        {"TiB", kKi* kKi* kKi* kKi},
                                        {"KB", 1e3},
                                        {"kB", 1e3},
                                        {"MB", 1e6},
                                        {"GB", 1e9},
                                        {"TB", 1e12},
                                        {"K", kKi},
                                        {"M", kKi* kKi},
                                        {"G", kKi* kKi* kKi}}};
constexpr std::array<Scale, 6> kTimes{
    {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}}};
constexpr std::array<Scale, 1> kShares{{{"%", 1}}};
constexpr std::array<Scale, 4> kCounts{{{"k", 1e3}, {"K", 1e3}, {"M", 1e6}, {"G", 1e9}}};

std::span<const Scale> scales(Unit unit) {
  switch (unit) {
    case Unit::kBytes:
      return kSizes;
    case Unit::kMicroseconds:
    case Unit::kNanoseconds:
      return kTimes;
    case Unit::kSnapshot:
      return {};
    case Unit::kPercent:
      return kShares;
    case Unit::kNone:
    case Unit::kCount:
    case Unit::kReductions:
      break;
  }
  return kCounts;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lowered(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

}  // namespace

std::optional<std::int64_t> parse_quantity(std::string_view text, Unit unit) {
  if (unit == Unit::kSnapshot && !text.empty() && text[0] == '#') text.remove_prefix(1);
  std::string digits;
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    const bool digit = (c >= '0' && c <= '9') || c == '.' || (c == '-' && at == 0);
    if (digit) digits += c;
    if (!digit && c != '_') break;
  }
  // strtod takes more than decimal numbers; these characters only form such.
  char* end = nullptr;
  double value = std::strtod(digits.c_str(), &end);
  if (digits.empty() || digits == "-" || *end != '\0') return std::nullopt;
  const auto suffix = text.substr(at);
  if (suffix.empty() && digits.find('.') == std::string::npos) {
    errno = 0;
    const long long exact = std::strtoll(digits.c_str(), nullptr, 10);
    return errno == 0 ? std::optional<std::int64_t>(exact) : std::nullopt;
  }
  if (!suffix.empty()) {
    const auto known = scales(unit);
    const auto scale = std::find_if(known.begin(), known.end(),
                                    [&](const Scale& one) { return suffix == one.name; });
    if (scale == known.end()) return std::nullopt;
    value *= scale->factor;
    if (unit == Unit::kMicroseconds) value /= 1e3;
  }
  constexpr double kLargest = 9.2e18;
  if (std::abs(value) > kLargest) return std::nullopt;
  return std::llround(value);
}

std::string quantity_units(Unit unit) {
  std::vector<std::string> names;
  for (const Scale& scale : scales(unit)) names.push_back(scale.name);
  return joined(names, " ");
}

bool contains(std::string_view text, std::string_view pattern) {
  const std::string haystack = lowered(text);
  const std::string wanted = lowered(pattern);
  std::size_t at = 0;
  for (std::size_t start = 0; start <= wanted.size();) {
    const std::size_t star = std::min(wanted.find('*', start), wanted.size());
    const auto piece = std::string_view(wanted).substr(start, star - start);
    const std::size_t found = haystack.find(piece, at);
    if (found == std::string::npos) return false;
    at = found + piece.size();
    start = star + 1;
  }
  return true;
}

}  // namespace beamtape
