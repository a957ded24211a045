#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace beamtape {

// Integers of more bytes than this print as #Integer<N bytes>: decimal digits take quadratic time.
inline constexpr std::size_t kMaxPrintedIntegerBytes = 1024;

// One encoded integer of any size (Cursor::raw) in decimal. Empty if it is none.
std::string integer_text(std::span<const std::uint8_t> term);

// The shortest text that reads back as `value`, as io_lib writes it since OTP 25: 0.001, 1.0e-5,
// 123456789.0, 1.0e3.
std::string float_text(double value);

}  // namespace beamtape
