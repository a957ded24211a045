#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// What a Cursor finds. Views point into its bytes and end with them.
namespace beamtape {

// Bounds on what a peer may announce. Whatever is larger is malformed. (Counts of elements need no
// bound of their own: an element takes a byte at least, so a count is bounded by the bytes left.)
inline constexpr std::size_t kMaxAtomBytes = 255 * 4;  // 255 characters of UTF-8
inline constexpr std::uint32_t kMaxReferenceWords = 5;

enum class TermKind : std::uint8_t {
  kNone,  // the end of the bytes, a failed cursor, or a tag that no release documents
  kInteger,
  kFloat,
  kAtom,
  kTuple,
  kList,  // [] and strings, too
  kMap,
  kBinary,
  kPid,
  kPort,
  kReference,
  kFun,
};

// An atom inside the cursor's bytes, undecoded: comparing costs no allocation.
struct AtomView {
  std::string_view bytes;
  bool is_latin1 = false;

  // The name in UTF-8; bytes that are not UTF-8 become U+FFFD.
  std::string utf8() const;
  friend bool operator==(const AtomView& atom, std::string_view utf8) {
    return atom.is_latin1 ? atom.equals_latin1(utf8) : atom.bytes == utf8;
  }

 private:
  bool equals_latin1(std::string_view utf8) const;
};

struct PidView {
  AtomView node;
  std::uint32_t id = 0;
  std::uint32_t serial = 0;
  std::uint32_t creation = 0;
};

struct PortView {
  AtomView node;
  std::uint64_t id = 0;
  std::uint32_t creation = 0;
};

struct ReferenceView {
  AtomView node;
  std::uint32_t creation = 0;
  std::uint32_t size = 0;                        // words used
  std::uint32_t words[kMaxReferenceWords] = {};  // in wire order: printed in reverse
};

// fun m:f/1, or a closure: then `function` is empty and index and uniq say which.
struct FunView {
  AtomView module;
  AtomView function;
  bool is_external = false;
  std::uint32_t arity = 0;
  std::int64_t index = 0;
  std::int64_t uniq = 0;
};

}  // namespace beamtape
