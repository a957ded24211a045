#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "schema/error.h"

namespace beamtape {

// How a packet begins that has no distribution header, and, behind 131, one that has.
inline constexpr std::uint8_t kPassThrough = 112;
inline constexpr std::uint8_t kDistributionHeader = 68;

// The receiving end's part of the atom cache of a distribution connection: with it a node spells an
// atom out once, in the header of a packet, and in terms names a place in that header. Grammar:
// erts "External Term Format", "Distribution Header"; fragments are not known here. One connection,
// one thread.
class AtomCache {
 public:
  // The packet as it would have come without the cache: 112, 131, control tuple, and, if there is
  // one, 131, message, each atom spelled out. Nothing else is promised of its terms.
  //  kMalformed: they break the grammar, or would become longer than `max_bytes`; the next packet
  //    may be read.
  //  kClosed: its header cannot be read; what later ones refer to is not known then.
  Expected<std::vector<std::uint8_t>> spell_out(std::span<const std::uint8_t> packet,
                                                std::size_t max_bytes);

  // Takes what its header says of a packet that is not read itself, of which only the first
  // kMostHeaderBytes need be here. kClosed as above.
  Expected<void> learn(std::span<const std::uint8_t> packet) {
    return read_header(packet).map([](const Header&) {});
  }

  // No header is longer: 255 atoms of 255 characters.
  static constexpr std::size_t kMostHeaderBytes = 2 + 1 + 128 + 255 * (1 + 2 + 255 * 4);

 private:
  struct Header {
    std::vector<std::uint16_t> places;  // in the cache, of the atoms that its terms refer to
    std::size_t size = 0;               // bytes
  };
  Expected<Header> read_header(std::span<const std::uint8_t> packet);

  std::array<std::string, 2048> atoms_;  // as terms, with their tags; empty: never named
};

}  // namespace beamtape
