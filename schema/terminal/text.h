#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace beamtape {

// Numbers and names as both programs print them.

std::string grouped(std::int64_t number);  // 41 203
// 1 snapshot, 41 203 snapshots, 2 processes
std::string counted(std::size_t number, const std::string& what);
std::string size_text(std::int64_t bytes);  // 512 B, 12.3 MiB: three significant digits
std::string three_digits(double value);     // of what is not negative: 1.23, 12.3, 123

// Bytes of the UTF-8 character at `at`; 0 if it is broken.
std::size_t character_bytes(std::string_view text, std::size_t at);
// Names come from a node or a command line that nobody vouches for: control characters, which could
// move a terminal's cursor or turn a line's direction, and broken UTF-8 are made visible as \xNN.
std::string printable(std::string_view text);

}  // namespace beamtape
