#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace beamtape {

// Appends one code point; what is none (a surrogate, above 0x10FFFF) becomes U+FFFD.
void append_utf8(std::string& text, std::uint32_t code_point);

// Takes the next code point off `text`. nullopt: `text` is empty or does not begin with a valid
// sequence (overlong ones and surrogates are not); then nothing was taken.
std::optional<std::uint32_t> take_utf8(std::string_view& text);

// Every byte of `latin1` as the code point of its value.
std::string utf8_from_latin1(std::string_view latin1);

// `text`, with U+FFFD in place of every byte that is not part of a valid sequence.
std::string valid_utf8(std::string_view text);

// Cuts valid UTF-8 to at most `max_bytes`, between two code points, ending in `…` if anything was
// cut off (the `…` alone takes 3 bytes: below that, nothing remains).
void cut_utf8(std::string& text, std::size_t max_bytes);

}  // namespace beamtape
