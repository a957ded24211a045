#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "schema/error.h"

namespace beamtape {

// True for what term_to_binary(Term, [compressed]) made: 131, 80, size, zlib stream. (Small terms
// come uncompressed even so: it leaves out what would not get smaller.)
bool is_compressed_term(std::span<const std::uint8_t> bytes);

// The term of `bytes` with its version byte, uncompressed, ready for a Cursor. kMalformed if it is
// not a compressed term, announces more than `max_bytes`, or does not inflate to exactly what it
// announced. Memory is bounded by the announced size, and that by what deflate can reach at best.
Expected<std::vector<std::uint8_t>> inflate_term(std::span<const std::uint8_t> bytes,
                                                 std::size_t max_bytes);

}  // namespace beamtape
