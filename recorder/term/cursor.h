#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "recorder/term/term.h"

namespace beamtape {

// Reads Erlang's external term format from bytes that nobody vouches for. Not for writing
// (builder.h) and not for compressed terms (inflate.h). Neither copies nor owns the bytes, which
// must outlive the cursor and every view it gave. Not thread safe. Grammar: erts "External Term
// Format"; tags of OTP 23 to 28 except those that only exist inside a distribution header.
//
// Every reader below does one of three things:
//  - the next term is of its kind: consumes it (of a container: its header) and returns the value;
//  - the next term is of another kind: returns nullopt or false, consumes nothing, ok() stays true,
//    so that a caller may try another reader or skip();
//  - the bytes end or break the grammar: returns nullopt or false and the cursor has failed for
//  good: ok() is false and everything later returns nullopt, false or kNone.
// So a row may be read without looking at each step, and ok() be asked once.
class Cursor {
 public:
  explicit Cursor(std::span<const std::uint8_t> bytes)
      : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  bool ok() const { return !failed_; }
  // All bytes are consumed (true after a failure as well).
  bool at_end() const { return at_ == end_ && string_left_ == 0; }
  std::size_t bytes_left() const { return static_cast<std::size_t>(end_ - at_); }

  // The version byte 131 in front of a whole term; false and failed without it.
  bool version();

  TermKind kind() const;

  // Enters a tuple of any arity: its elements are the next terms.
  std::optional<std::uint32_t> tuple();
  // Enters a tuple of exactly `arity` elements; another arity counts as another kind.
  bool tuple(std::uint32_t arity);
  // Enters a map: its size is the number of pairs, key then value.
  std::optional<std::uint32_t> map();
  // For lists see ListReader.

  // Integers beyond 64 bits saturate to the lowest or highest int64.
  std::optional<std::int64_t> integer();
  std::optional<double> floating();
  std::optional<AtomView> atom();
  // Consumes the next term if it is the atom of this name (UTF-8).
  bool take_atom(std::string_view name);
  // The same without consuming.
  bool at_atom(std::string_view name) const;
  std::optional<bool> boolean();
  // Whole bytes; the last one of a bit string holds its bits leftmost.
  std::optional<std::span<const std::uint8_t>> binary();
  // Bits of the last byte of the next term that are not used: 0 unless it is a bit string.
  int unused_bits() const;
  std::optional<PidView> pid();
  std::optional<PortView> port();
  std::optional<ReferenceView> reference();
  std::optional<FunView> fun();

  // Consumes exactly these bytes if they come next, whatever terms or parts of terms they are. No
  // term begins with the bytes of another one: those of a whole term are that term.
  bool take_bytes(std::span<const std::uint8_t> bytes);
  // The first byte of the next term, for comparing with an earlier place.
  const std::uint8_t* place() const { return at_; }

  // Consumes one whole term of any kind. Nesting costs no stack.
  bool skip();
  // Consumes one whole term and returns its bytes, without version byte; empty on failure.
  std::span<const std::uint8_t> raw();

 private:
  friend class ListReader;

  bool fail();
  bool has(std::size_t bytes) const { return bytes_left() >= bytes; }
  bool is_next(TermKind kind);
  bool read_name(AtomView& atom);
  bool skip_one(std::uint64_t& pending);
  bool skip_leaf();
  bool other_tuple(std::uint32_t arity);
  bool take_other_atom(std::string_view name);
  std::optional<std::int64_t> other_integer();
  std::optional<std::int64_t> big(std::size_t header, std::uint64_t size);
  std::optional<FunView> closure();

  const std::uint8_t* at_;
  const std::uint8_t* end_;
  // Elements left of a STRING_EXT that is being read: the next byte is a small integer, not a tag.
  std::uint32_t string_left_ = 0;
  bool failed_ = false;
};

// Reads a list, however it was encoded: LIST_EXT, [] or STRING_EXT (which is how a list of integers
// below 256 travels). Between two next() read exactly one term from the cursor:
//   ListReader list(cursor);
//   while (list.next()) lengths.push_back(cursor.integer().value_or(0));
//   if (!cursor.ok()) ...
// The cursor must outlive it. Lists may be nested; only the innermost may be advanced.
class ListReader {
 public:
  explicit ListReader(Cursor& cursor);

  // False if the next term was not a list: then nothing was consumed and next() is false.
  bool is_list() const { return is_list_; }
  // Elements announced, never more than bytes left: safe to reserve.
  std::uint32_t size() const { return size_; }

  // True: the cursor stands before the next element. False: the list has ended and the cursor
  // stands behind it, or the cursor has failed.
  bool next() {
    if (left_ != 0 && cursor_.ok()) {
      --left_;
      return true;
    }
    return finish();
  }
  // Consumes the elements not yet begun; call it with the cursor between two elements.
  void skip_rest();

  // After the end: the tail of an improper list, [a | Tail], as one term; empty for a proper one.
  std::span<const std::uint8_t> improper_tail() const { return improper_tail_; }

 private:
  bool finish();

  Cursor& cursor_;
  std::uint32_t size_ = 0;
  std::uint32_t left_ = 0;
  bool is_list_ = false;
  bool has_tail_ = false;  // LIST_EXT: a term follows the last element
  std::span<const std::uint8_t> improper_tail_;
};

}  // namespace beamtape

#include "recorder/term/cursor_hot.h"
