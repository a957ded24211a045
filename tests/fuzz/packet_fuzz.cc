// Packets of a connection with an atom cache, one after another: u16 size, then as many bytes. The
// cache outlives them, so that later ones may refer to what an earlier one named.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "recorder/term/atom_cache.h"
#include "recorder/term/big_endian.h"
#include "recorder/term/cursor.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kMost = 1 << 16;
  beamtape::AtomCache cache;
  std::span<const std::uint8_t> rest(data, size);
  while (rest.size() > 2) {
    const std::size_t length =
        std::min<std::size_t>(beamtape::read_u16(rest.data()), rest.size() - 2);
    const auto packet = rest.subspan(2, length);
    rest = rest.subspan(2 + length);
    if (length % 16 == 15 && !cache.learn(packet)) return 0;
    const auto plain = cache.spell_out(packet, kMost);
    if (!plain && plain.error().code == beamtape::Error::Code::kClosed) return 0;
    if (!plain) continue;
    if (plain->size() > kMost || plain->front() != beamtape::kPassThrough) abort();
    beamtape::Cursor cursor({plain->data() + 1, plain->size() - 1});
    while (!cursor.at_end() && cursor.version() && cursor.skip()) {
    }
  }
  return 0;
}
