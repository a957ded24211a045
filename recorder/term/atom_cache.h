#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

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
  // one, 131, message, each atom spelled out. Only this has been looked at: that no more is read
  // than came. nullopt if it breaks the grammar or would become longer than `max_bytes`; see
  // is_sound().
  std::optional<std::vector<std::uint8_t>> spell_out(std::span<const std::uint8_t> packet,
                                                     std::size_t max_bytes);

  // Takes what the header says to the cache, of a packet of which only the first kMostHeaderBytes
  // need be here.
  void learn(std::span<const std::uint8_t> packet);

  // False for good once a header could not be read: what later ones refer to is not known then.
  bool is_sound() const { return is_sound_; }

  // No header is longer: 255 atoms of 255 characters.
  static constexpr std::size_t kMostHeaderBytes = 2 + 1 + 128 + 255 * (1 + 2 + 255 * 4);

 private:
  std::optional<std::size_t> read_header(std::span<const std::uint8_t> packet);

  std::array<std::string, 2048> atoms_;  // as terms, with their tags; empty: never named
  std::vector<std::uint16_t> header_;    // places in it, of the last packet
  bool is_sound_ = true;
};

}  // namespace beamtape
