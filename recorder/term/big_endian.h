#pragma once

#include <cstdint>

// Numbers as the external term format and the distribution protocol write them. The caller has
// checked that the bytes are there.
namespace beamtape {

inline std::uint16_t read_u16(const std::uint8_t* at) {
  return static_cast<std::uint16_t>(at[0] << 8 | at[1]);
}

inline std::uint32_t read_u32(const std::uint8_t* at) {
  return static_cast<std::uint32_t>(at[0]) << 24 | static_cast<std::uint32_t>(at[1]) << 16 |
         static_cast<std::uint32_t>(at[2]) << 8 | at[3];
}

inline std::uint64_t read_u64(const std::uint8_t* at) {
  return static_cast<std::uint64_t>(read_u32(at)) << 32 | read_u32(at + 4);
}

inline void write_u32(std::uint8_t* at, std::uint32_t value) {
  at[0] = static_cast<std::uint8_t>(value >> 24);
  at[1] = static_cast<std::uint8_t>(value >> 16);
  at[2] = static_cast<std::uint8_t>(value >> 8);
  at[3] = static_cast<std::uint8_t>(value);
}

}  // namespace beamtape
