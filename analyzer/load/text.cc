#include "analyzer/load/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>
#include <utility>

namespace beamtape {

namespace {

constexpr std::size_t kMaxSuggestions = 5;
constexpr std::size_t kFewNames = 14;

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string duration_text(std::int64_t micros) {
  const char* sign = micros < 0 ? "-" : "";
  const double value = std::abs(static_cast<double>(micros));
  if (value < 1e3) return fmt::format("{} us", micros);
  if (value < 999.5e3) return fmt::format("{}{} ms", sign, three_digits(value / 1e3));
  if (value < 59.95e6) return fmt::format("{}{} s", sign, three_digits(value / 1e6));
  const auto seconds = static_cast<std::int64_t>(std::llround(value / 1e6));
  const auto two = [sign](std::int64_t big, const char* unit, std::int64_t small,
                          const char* rest) {
    if (small == 0) return fmt::format("{}{} {}", sign, big, unit);
    return fmt::format("{}{} {} {} {}", sign, big, unit, small, rest);
  };
  if (seconds < 3600) return two(seconds / 60, "min", seconds % 60, "s");
  if (seconds < 86400) return two(seconds / 3600, "h", seconds % 3600 / 60, "min");
  return two(seconds / 86400, "d", seconds % 86400 / 3600, "h");
}

std::string rate_text(double per_second) {
  if (std::abs(per_second) >= 99.95) return grouped(std::llround(per_second));
  if (per_second == 0) return "0";
  return (per_second < 0 ? "-" : "") + three_digits(std::abs(per_second));
}

std::size_t display_width(std::string_view utf8) {
  std::size_t width = 0;
  for (std::size_t at = 0; at < utf8.size(); ++width) {
    at += std::max<std::size_t>(1, character_bytes(utf8, at));
  }
  return width;
}

std::string clipped(std::string_view utf8, std::size_t width) {
  if (utf8.size() <= width || display_width(utf8) <= width) return std::string(utf8);
  std::size_t at = 0;
  for (std::size_t kept = 1; kept < width; ++kept) {
    at += std::max<std::size_t>(1, character_bytes(utf8, at));
  }
  return std::string(utf8.substr(0, at)) + "…";
}

std::string padded(std::string_view utf8, std::size_t width, bool right_aligned) {
  const std::size_t used = display_width(utf8);
  const std::string space(width > used ? width - used : 0, ' ');
  return right_aligned ? space + std::string(utf8) : std::string(utf8) + space;
}

std::string markup_text(std::string_view text) {
  std::string escaped;
  for (const char c : printable(text)) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string joined(const std::vector<std::string>& words, std::string_view separator) {
  return fmt::format("{}", fmt::join(words, separator));
}

std::vector<std::string> nearest(std::string_view word, const std::vector<std::string>& known) {
  // Long words are not compared letter by letter: the cost is the product of the lengths.
  constexpr std::size_t kMaxLength = 200;
  if (word.empty() || word.size() > kMaxLength) return {};
  std::vector<std::pair<std::size_t, std::string>> ranked;
  const std::size_t tolerated = std::max<std::size_t>(2, word.size() / 3);
  for (const std::string& name : known) {
    if (name.size() > kMaxLength) continue;
    const bool part = word.size() >= 3 && (name.find(word) != std::string::npos);
    const std::size_t distance = edit_distance(word, name);
    if (distance <= tolerated || part) ranked.emplace_back(part ? 1 : distance, name);
  }
  std::sort(ranked.begin(), ranked.end());
  if (ranked.size() > kMaxSuggestions) ranked.resize(kMaxSuggestions);
  std::vector<std::string> names;
  for (auto& [distance, name] : ranked) names.push_back(std::move(name));
  return names;
}

std::string suggestion(std::string_view word, const std::vector<std::string>& known) {
  const auto near = nearest(word, known);
  if (!near.empty()) return "; nearest: " + joined(near, ", ");
  if (known.empty()) return "; there are none";
  if (known.size() <= kFewNames) return "; there are: " + joined(known, ", ");
  const std::vector<std::string> some(known.begin(), known.begin() + kFewNames);
  return fmt::format("; there are: {} and {} more", joined(some, ", "), known.size() - kFewNames);
}

}  // namespace beamtape
