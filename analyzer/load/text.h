#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "schema/terminal/text.h"

namespace beamtape {

// Numbers and words as people read them. Widths count characters, not bytes.

std::string duration_text(std::int64_t micros);  // 350 us, 1.20 s, 3 min 20 s
std::string rate_text(double per_second);        // 0.25, 41 203

// Characters of UTF-8 text; a broken byte counts as one.
std::size_t display_width(std::string_view utf8);
// At most `width` characters; what is longer ends in "…".
std::string clipped(std::string_view utf8, std::size_t width);
// Filled with spaces up to `width` characters.
std::string padded(std::string_view utf8, std::size_t width, bool right_aligned);
// printable(), with the characters of HTML and XML markup replaced.
std::string markup_text(std::string_view text);

std::string joined(const std::vector<std::string>& words, std::string_view separator);

// Words of `known` that somebody who typed `word` may have meant, the nearest first.
std::vector<std::string> nearest(std::string_view word, const std::vector<std::string>& known);
// "; nearest: a, b", or all of them where none is near and they are few.
std::string suggestion(std::string_view word, const std::vector<std::string>& known);

}  // namespace beamtape
