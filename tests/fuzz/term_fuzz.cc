// Whatever bytes a node may send: nothing here may crash, over-read or run away.

#include <cstddef>
#include <cstdint>
#include <span>

#include "recorder/term/cursor.h"
#include "recorder/term/inflate.h"
#include "recorder/term/text.h"

namespace {

using beamtape::Cursor;

// Reads a term with every reader in turn, so that none is only reached by skip().
void read_by_kind(Cursor& cursor, int depth) {
  if (depth > beamtape::kMaxTextDepth) return void(cursor.skip());
  if (cursor.integer() || cursor.floating() || cursor.boolean() || cursor.atom()) return;
  if (cursor.binary() || cursor.pid() || cursor.port() || cursor.reference() || cursor.fun())
    return;
  if (const auto arity = cursor.tuple()) {
    for (std::uint32_t i = 0; i < *arity && cursor.ok(); ++i) read_by_kind(cursor, depth + 1);
  } else if (const auto pairs = cursor.map()) {
    for (std::uint32_t i = 0; i < 2 * *pairs && cursor.ok(); ++i) read_by_kind(cursor, depth + 1);
  } else {
    beamtape::ListReader list(cursor);
    while (list.next()) read_by_kind(cursor, depth + 1);
    if (!list.is_list()) cursor.skip();
  }
}

void read_all(std::span<const std::uint8_t> bytes) {
  Cursor by_kind(bytes);
  by_kind.version();
  read_by_kind(by_kind, 0);

  Cursor skipping(bytes);
  skipping.version();
  while (!skipping.at_end() && skipping.skip()) {
  }

  Cursor printing(bytes);
  printing.version();
  beamtape::term_text(printing, "shop@host", 200);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kMaxInflated = 1 << 20;
  const std::span<const std::uint8_t> bytes(data, size);
  read_all(bytes);
  if (const auto term = beamtape::inflate_term(bytes, kMaxInflated)) read_all(*term);
  return 0;
}
