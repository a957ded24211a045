#include "recorder/term/atom_cache.h"

#include <fmt/core.h>

#include <utility>

#include "recorder/term/big_endian.h"
#include "recorder/term/cursor.h"
#include "recorder/term/tag.h"
#include "recorder/term/term.h"

namespace beamtape {
namespace {

// What the header says of an atom, four bits each.
constexpr std::uint8_t kIsNew = 8;
constexpr std::uint8_t kSegment = 7;
constexpr std::size_t kSegmentSize = 256;
// Of the four bits behind those of the last atom: the names of new ones have lengths of two bytes.
constexpr std::uint8_t kHasLongAtoms = 1;

std::string atom_term(std::span<const std::uint8_t> name) {
  std::string term;
  if (name.size() <= 255) {
    term = {static_cast<char>(tag::kSmallAtomUtf8), static_cast<char>(name.size())};
  } else {
    term = {static_cast<char>(tag::kAtomUtf8), static_cast<char>(name.size() >> 8),
            static_cast<char>(name.size())};
  }
  return term.append(name.begin(), name.end());
}

// Copies terms and puts the atoms of a header in place of what refers to them.
class Speller {
 public:
  Speller(std::span<const std::uint8_t> bytes, std::span<const std::uint16_t> header,
          std::span<const std::string> atoms, std::size_t max_bytes)
      : at_(bytes.data()),
        end_(bytes.data() + bytes.size()),
        copied_(at_),
        header_(header),
        atoms_(atoms),
        max_bytes_(max_bytes) {
    out_.reserve(2 * bytes.size() + 64);
    out_.push_back(kPassThrough);
  }

  bool at_end() const { return at_ == end_; }
  // A version byte and one whole term. Counts the terms still to come, as Cursor::skip does.
  bool add_term() {
    copy();
    out_.push_back(tag::kVersion);
    std::uint64_t pending = 1;
    while (pending > 0) {
      --pending;
      if (!add_one(pending) || pending > left()) return false;
      while (!funs_.empty() && funs_.back().pending == pending) end_fun();
    }
    copy();
    return !is_too_long();
  }
  bool is_too_long() const { return out_.size() > max_bytes_; }
  std::vector<std::uint8_t> take() { return std::move(out_); }

 private:
  // A closure says how many bytes it has, which become more.
  struct Fun {
    std::size_t size_at;    // in out_
    std::uint64_t pending;  // when it has ended
  };

  std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
  void copy() {
    out_.insert(out_.end(), copied_, at_);
    copied_ = at_;
  }
  bool pass(std::uint64_t bytes) {
    if (bytes > left()) return false;
    at_ += bytes;
    return true;
  }
  // The value of `size` bytes behind the tag.
  std::uint64_t number(std::size_t size) const {
    if (left() < 1 + size) return UINT32_MAX;  // which is more than are left, too
    return size == 1 ? at_[1] : size == 2 ? read_u16(at_ + 1) : read_u32(at_ + 1);
  }

  bool add_atom();
  bool add_one(std::uint64_t& pending);
  // One that names a node, between this many bytes.
  bool add_with_node(std::uint64_t before, std::uint64_t behind) {
    return pass(before) && add_atom() && pass(behind);
  }
  bool add_fun(std::uint64_t& pending);
  void end_fun() {
    copy();
    const std::size_t at = funs_.back().size_at;
    write_u32(out_.data() + at, static_cast<std::uint32_t>(out_.size() - at));
    funs_.pop_back();
  }

  const std::uint8_t* at_;
  const std::uint8_t* end_;
  const std::uint8_t* copied_;  // up to here
  std::span<const std::uint16_t> header_;
  std::span<const std::string> atoms_;
  std::size_t max_bytes_;
  std::vector<std::uint8_t> out_;
  std::vector<Fun> funs_;  // that are open
};

bool Speller::add_atom() {
  if (left() < 2) return false;
  switch (*at_) {
    case tag::kAtomCacheReference: {
      if (at_[1] >= header_.size()) return false;
      const std::string& atom = atoms_[header_[at_[1]]];
      copy();
      out_.insert(out_.end(), atom.begin(), atom.end());
      copied_ = at_ += 2;
      return !is_too_long();
    }
    case tag::kSmallAtom:
    case tag::kSmallAtomUtf8:
      return pass(2 + number(1));
    case tag::kAtom:
    case tag::kAtomUtf8:
      return pass(3 + number(2));
    default:
      return false;
  }
}

// Adds a term without the elements it contains, which are added to `pending`. A Cursor knows those
// that neither contain elements nor name anything.
bool Speller::add_one(std::uint64_t& pending) {
  if (left() == 0) return false;
  switch (*at_) {
    case tag::kAtomCacheReference:
    case tag::kSmallAtom:
    case tag::kSmallAtomUtf8:
    case tag::kAtom:
    case tag::kAtomUtf8:
      return add_atom();
    case tag::kSmallTuple:
      pending += number(1);
      return pass(2);
    case tag::kLargeTuple:
      pending += number(4);
      return pass(5);
    case tag::kList:
      pending += number(4) + 1;
      return pass(5);
    case tag::kMap:
      pending += number(4) * 2;
      return pass(5);
    case tag::kPid:
      return add_with_node(1, 9);
    case tag::kNewPid:
    case tag::kV4Port:
      return add_with_node(1, 12);
    case tag::kPort:
    case tag::kReference:
      return add_with_node(1, 5);
    case tag::kNewPort:
      return add_with_node(1, 8);
    case tag::kNewReference:
      return add_with_node(3, 1 + 4 * number(2));
    case tag::kNewerReference:
      return add_with_node(3, 4 + 4 * number(2));
    case tag::kExport:
      return add_with_node(1, 0) && add_atom() && pass(2);
    case tag::kNewFun:
      return add_fun(pending);
    default:
      Cursor leaf({at_, end_});
      if (!leaf.skip()) return false;
      at_ = leaf.place();
      return true;
  }
}

// See Cursor::closure: after its fixed bytes, the module, index, uniq, pid and free variables.
bool Speller::add_fun(std::uint64_t& pending) {
  constexpr std::size_t kFixedBytes = 1 + 4 + 1 + 16 + 4 + 4;
  if (left() < kFixedBytes) return false;
  copy();
  funs_.push_back({out_.size() + 1, pending});
  const std::uint64_t variables = read_u32(at_ + kFixedBytes - 4);
  if (!pass(kFixedBytes) || !add_atom()) return false;
  pending += 3 + variables;
  return true;
}

}  // namespace

Expected<std::vector<std::uint8_t>> AtomCache::spell_out(std::span<const std::uint8_t> packet,
                                                         std::size_t max_bytes) {
  const auto header = read_header(packet);
  if (!header) return tl::unexpected(header.error());
  Speller speller(packet.subspan(header->size), header->places, atoms_, max_bytes);
  const bool is_whole = speller.add_term() && (speller.at_end() || speller.add_term());
  if (speller.is_too_long()) {
    return fail(Error::Code::kMalformed,
                fmt::format("it is longer than the limit, {} bytes", max_bytes));
  }
  if (!is_whole || !speller.at_end()) {
    return fail(Error::Code::kMalformed, "it does not follow the distribution protocol");
  }
  return speller.take();
}

// 131, 68, u8 atoms; if there are any, four bits for each and four more, lowest first; then for
// each u8 place in its segment and, if it is new, u8 or u16 size, name.
Expected<AtomCache::Header> AtomCache::read_header(std::span<const std::uint8_t> packet) {
  const auto unreadable =
      fail(Error::Code::kClosed, "the names in what it sends cannot be followed");
  if (packet.size() < 3 || packet[0] != tag::kVersion || packet[1] != kDistributionHeader) {
    return unreadable;
  }
  const std::size_t count = packet[2];
  Header header{.size = 3};
  if (count == 0) return header;
  std::size_t& at = header.size;
  const auto flags = packet.subspan(at);
  const auto flags_of = [&](std::size_t atom) { return flags[atom / 2] >> (atom % 2 * 4) & 0xF; };
  at += count / 2 + 1;
  if (at > packet.size()) return unreadable;
  const std::size_t length_bytes = (flags_of(count) & kHasLongAtoms) != 0 ? 2 : 1;
  for (std::size_t atom = 0; atom < count; ++atom) {
    if (at >= packet.size()) return unreadable;
    const std::size_t place =
        static_cast<std::size_t>(flags_of(atom) & kSegment) * kSegmentSize + packet[at++];
    if ((flags_of(atom) & kIsNew) != 0) {
      if (at + length_bytes > packet.size()) return unreadable;
      const std::size_t length =
          length_bytes == 1 ? packet[at] : std::size_t{read_u16(packet.data() + at)};
      at += length_bytes;
      if (length > kMaxAtomBytes || at + length > packet.size()) return unreadable;
      atoms_[place] = atom_term(packet.subspan(at, length));
      at += length;
    } else if (atoms_[place].empty()) {
      return unreadable;
    }
    header.places.push_back(static_cast<std::uint16_t>(place));
  }
  return header;
}

}  // namespace beamtape
