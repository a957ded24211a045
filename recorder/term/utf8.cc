#include "recorder/term/utf8.h"

namespace beamtape {
namespace {

constexpr std::uint32_t kReplacement = 0xFFFD;
constexpr std::string_view kEllipsis = "…";

bool is_code_point(std::uint32_t value) {
  return value <= 0x10FFFF && (value < 0xD800 || value > 0xDFFF);
}

bool is_continuation(char byte) { return (static_cast<std::uint8_t>(byte) & 0xC0) == 0x80; }

}  // namespace

void append_utf8(std::string& text, std::uint32_t code_point) {
  const std::uint32_t c = is_code_point(code_point) ? code_point : kReplacement;
  const auto last = [&](int shift) {
    text.push_back(static_cast<char>(0x80 | (c >> shift & 0x3F)));
  };
  if (c < 0x80) {
    text.push_back(static_cast<char>(c));
  } else if (c < 0x800) {
    text.push_back(static_cast<char>(0xC0 | c >> 6));
    last(0);
  } else if (c < 0x10000) {
    text.push_back(static_cast<char>(0xE0 | c >> 12));
    last(6);
    last(0);
  } else {
    text.push_back(static_cast<char>(0xF0 | c >> 18));
    last(12);
    last(6);
    last(0);
  }
}

std::optional<std::uint32_t> take_utf8(std::string_view& text) {
  if (text.empty()) return std::nullopt;
  const auto first = static_cast<std::uint8_t>(text[0]);
  std::size_t size = 0;
  std::uint32_t lowest = 0;  // a lower value in this size would be overlong
  if (first < 0x80) {
    text.remove_prefix(1);
    return first;
  }
  if (first >> 5 == 0x6) {
    size = 2;
    lowest = 0x80;
  } else if (first >> 4 == 0xE) {
    size = 3;
    lowest = 0x800;
  } else if (first >> 3 == 0x1E) {
    size = 4;
    lowest = 0x10000;
  } else {
    return std::nullopt;
  }
  if (text.size() < size) return std::nullopt;
  std::uint32_t value = first & (0x7Fu >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if (!is_continuation(text[i])) return std::nullopt;
    value = value << 6 | (static_cast<std::uint8_t>(text[i]) & 0x3F);
  }
  if (value < lowest || !is_code_point(value)) return std::nullopt;
  text.remove_prefix(size);
  return value;
}

std::string utf8_from_latin1(std::string_view latin1) {
  std::string text;
  text.reserve(latin1.size());
  for (const char byte : latin1) append_utf8(text, static_cast<std::uint8_t>(byte));
  return text;
}

std::string valid_utf8(std::string_view text) {
  std::string valid;
  valid.reserve(text.size());
  while (!text.empty()) {
    const std::string_view before = text;
    if (take_utf8(text)) {
      valid.append(before.substr(0, before.size() - text.size()));
    } else {
      append_utf8(valid, kReplacement);
      text.remove_prefix(1);
    }
  }
  return valid;
}

void cut_utf8(std::string& text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return;
  if (max_bytes < kEllipsis.size()) return text.clear();
  std::size_t keep = max_bytes - kEllipsis.size();
  while (keep > 0 && is_continuation(text[keep])) --keep;
  text.resize(keep);
  text.append(kEllipsis);
}

}  // namespace beamtape
