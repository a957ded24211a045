#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace beamtape {

// Writes one term in Erlang's external format. Headers first, then as many elements as announced;
// a list ends with nil(). Nothing is checked against the announced counts: that is a mistake of
// the caller, not of the world.
//   TermBuilder question;
//   question.version().tuple(2).atom("call").list(1).integer(7).nil();
// Not thread safe.
class TermBuilder {
 public:
  TermBuilder& version();
  // At most 255 characters of valid UTF-8.
  TermBuilder& atom(std::string_view utf8);
  TermBuilder& boolean(bool value) { return atom(value ? "true" : "false"); }
  TermBuilder& integer(std::int64_t value);
  TermBuilder& binary(std::span<const std::uint8_t> bytes);
  TermBuilder& binary(std::string_view bytes);
  // A list of the code points of valid UTF-8, as "..." is in Erlang's syntax. Complete: no nil().
  TermBuilder& string(std::string_view utf8);
  TermBuilder& tuple(std::uint32_t arity);
  // `size` elements, then nil(), or any other term as the tail of an improper list.
  TermBuilder& list(std::uint32_t size);
  TermBuilder& nil();
  // `pairs` times a key and a value.
  TermBuilder& map(std::uint32_t pairs);
  TermBuilder& pid(std::string_view node, std::uint32_t id, std::uint32_t serial,
                   std::uint32_t creation);
  // One term that is encoded already, without version byte.
  TermBuilder& raw(std::span<const std::uint8_t> term);

  const std::vector<std::uint8_t>& bytes() const { return bytes_; }
  // Hands the bytes over and leaves an empty builder.
  std::vector<std::uint8_t> take();

 private:
  TermBuilder& u8(std::uint8_t value);
  TermBuilder& u16(std::uint16_t value);
  TermBuilder& u32(std::uint32_t value);
  TermBuilder& append(std::string_view bytes);

  std::vector<std::uint8_t> bytes_;
};

}  // namespace beamtape
