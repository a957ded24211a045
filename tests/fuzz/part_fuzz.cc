// Whatever bytes a part may have: nothing may crash, over-read or take all memory. The first byte
// chooses what it is said to be; grammars are reached also without zstd before them.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "schema/codec/part.h"
#include "schema/store/directory.h"
#include "tests/schema/builders.h"

namespace {

using namespace beamtape;

RowGroup some_rows() { return test::RandomRows(7).rows(test::animals(), 20); }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Table table = test::animals();
  static const RowGroup before = some_rows();
  if (size == 0) return 0;
  const std::span<const std::uint8_t> bytes(data + 1, size - 1);
  if (data[0] % 4 == 0) {
    static_cast<void>(decode_lists(bytes));
  } else if (data[0] % 4 == 1 && bytes.size() >= kBlobHeader) {
    const auto header = bytes.first<kBlobHeader>();
    if (const auto size_of = directory_bytes(header, bytes.size())) {
      static_cast<void>(
          read_directory(header, bytes.subspan(kBlobHeader, *size_of), bytes.size(), 1, 1));
    }
  } else {
    RowGroup rows = before;
    if (decode_part(table, bytes, rows)) {
      // What was read can be written and read again.
      RowGroup again;
      const auto part = encode_keyframe(table, rows, 1);
      if (!decode_part(table, part, again) || again != rows) __builtin_trap();
    }
  }
  return 0;
}
