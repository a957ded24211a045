#include "recorder/term/inflate.h"

#include <fmt/core.h>
#include <libdeflate.h>

#include <memory>

#include "recorder/term/big_endian.h"
#include "recorder/term/tag.h"

namespace beamtape {
namespace {

constexpr std::size_t kHeaderBytes = 6;  // version, 80, u32 size without the version byte
// deflate cannot do better: 258 bytes in two bits.
constexpr std::size_t kBestRatio = 1032;

tl::unexpected<Error> malformed(std::string_view reason) {
  return fail(Error::Code::kMalformed, fmt::format("cannot uncompress a term: {}", reason));
}

// Inflates all of `input` into exactly `output`. False if it is not one whole stream of that size.
bool inflate_exactly(std::span<const std::uint8_t> input, std::span<std::uint8_t> output) {
  const std::unique_ptr<libdeflate_decompressor, decltype(&libdeflate_free_decompressor)> inflater(
      libdeflate_alloc_decompressor(), libdeflate_free_decompressor);
  std::size_t read = 0;
  std::size_t made = 0;
  return inflater &&
         libdeflate_zlib_decompress_ex(inflater.get(), input.data(), input.size(), output.data(),
                                       output.size(), &read, &made) == LIBDEFLATE_SUCCESS &&
         read == input.size() && made == output.size();
}

}  // namespace

bool is_compressed_term(std::span<const std::uint8_t> bytes) {
  return bytes.size() >= kHeaderBytes && bytes[0] == tag::kVersion && bytes[1] == tag::kCompressed;
}

Expected<std::vector<std::uint8_t>> inflate_term(std::span<const std::uint8_t> bytes,
                                                 std::size_t max_bytes) {
  if (!is_compressed_term(bytes)) return malformed("it is not a compressed one");
  const std::size_t size = read_u32(bytes.data() + 2);
  const auto input = bytes.subspan(kHeaderBytes);
  if (size >= max_bytes) {
    return malformed(fmt::format("it announces {} bytes, more than {}", size, max_bytes));
  }
  if (size == 0 || size / kBestRatio > input.size()) {
    return malformed(fmt::format("{} bytes cannot become {}", input.size(), size));
  }
  std::vector<std::uint8_t> term(1 + size);
  term[0] = tag::kVersion;
  if (!inflate_exactly(input, std::span(term).subspan(1)))
    return malformed("its bytes are damaged");
  return term;
}

}  // namespace beamtape
