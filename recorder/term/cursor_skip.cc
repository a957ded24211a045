// Cursor over whole terms, and what is made of terms: skip, raw, funs, lists.

#include <array>

#include "recorder/term/big_endian.h"
#include "recorder/term/cursor.h"
#include "recorder/term/tag.h"

namespace beamtape {
namespace {

// What an element of a STRING_EXT would be as a term of its own: {SMALL_INTEGER_EXT, byte}.
constexpr auto kSmallIntegers = [] {
  std::array<std::uint8_t, 512> terms{};
  for (std::size_t i = 0; i < 256; ++i) {
    terms[2 * i] = tag::kSmallInteger;
    terms[2 * i + 1] = static_cast<std::uint8_t>(i);
  }
  return terms;
}();

}  // namespace

// Counts the terms still to come instead of descending into them, so that depth costs nothing. Each
// takes a byte at least: more than there are bytes left cannot be, which bounds the work.
bool Cursor::skip() {
  if (string_left_ != 0) {
    --string_left_;
    ++at_;
    return true;
  }
  std::uint64_t pending = 1;
  while (pending > 0) {
    --pending;
    if (!skip_one(pending) || pending > bytes_left()) return fail();
  }
  return true;
}

std::span<const std::uint8_t> Cursor::raw() {
  if (string_left_ != 0) {
    --string_left_;
    return std::span(kSmallIntegers).subspan(std::size_t{2} * *at_++, 2);
  }
  const std::uint8_t* begin = at_;
  if (!skip()) return {};
  return {begin, at_};
}

// Consumes a term without the elements it contains, which are added to `pending`.
bool Cursor::skip_one(std::uint64_t& pending) {
  if (!has(1)) return false;
  std::uint64_t size = 0;  // bytes of this term, once known
  switch (*at_) {
    case tag::kNil:
      size = 1;
      break;
    case tag::kSmallInteger:
      size = 2;
      break;
    case tag::kInteger:
      size = 5;
      break;
    case tag::kNewFloat:
      size = 9;
      break;
    case tag::kString:
      size = has(3) ? 3 + read_u16(at_ + 1) : 3;
      break;
    case tag::kSmallBig:
      size = has(3) ? 3 + at_[1] : 3;
      break;
    case tag::kLargeBig:
      size = has(6) ? 6 + std::uint64_t{read_u32(at_ + 1)} : 6;
      break;
    case tag::kSmallTuple:
      size = 2;
      if (has(size)) pending += at_[1];
      break;
    case tag::kLargeTuple:
      size = 5;
      if (has(size)) pending += read_u32(at_ + 1);
      break;
    case tag::kList:
      size = 5;
      if (has(size)) pending += std::uint64_t{read_u32(at_ + 1)} + 1;
      break;
    case tag::kMap:
      size = 5;
      if (has(size)) pending += std::uint64_t{read_u32(at_ + 1)} * 2;
      break;
    default:
      return skip_leaf();
  }
  if (!has(size)) return false;
  at_ += size;
  return true;
}

// Terms without elements whose size takes some reading: consumed by their own readers.
bool Cursor::skip_leaf() {
  switch (kind()) {
    case TermKind::kAtom:
      return atom().has_value();
    case TermKind::kFloat:
      return floating().has_value();
    case TermKind::kBinary:
      return binary().has_value();
    case TermKind::kPid:
      return pid().has_value();
    case TermKind::kPort:
      return port().has_value();
    case TermKind::kReference:
      return reference().has_value();
    case TermKind::kFun:
      return fun().has_value();
    default:
      return false;
  }
}

std::optional<FunView> Cursor::fun() {
  if (!is_next(TermKind::kFun)) return std::nullopt;
  if (*at_ == tag::kNewFun) return closure();
  ++at_;
  FunView fun;
  fun.is_external = true;
  if (!read_name(fun.module) || !read_name(fun.function)) return std::nullopt;
  const auto arity = integer();
  if (!arity || *arity < 0 || *arity > 255) return fail(), std::nullopt;
  fun.arity = static_cast<std::uint32_t>(*arity);
  return fun;
}

// NEW_FUN_EXT: u32 size (of all but the tag), u8 arity, 16 bytes md5, u32 index, u32 free
// variables, module, old index, old uniq, pid, free variables (which nobody here looks at).
std::optional<FunView> Cursor::closure() {
  constexpr std::size_t kFixedBytes = 4 + 1 + 16 + 4 + 4;
  if (!has(1 + kFixedBytes)) return fail(), std::nullopt;
  const std::uint64_t size = read_u32(at_ + 1);
  if (size < kFixedBytes || !has(1 + size)) return fail(), std::nullopt;
  FunView fun;
  fun.arity = at_[5];
  Cursor inside(std::span(at_ + 1 + kFixedBytes, size - kFixedBytes));
  if (!inside.read_name(fun.module)) return fail(), std::nullopt;
  const auto index = inside.integer();
  const auto uniq = inside.integer();
  if (!index || !uniq || !inside.pid()) return fail(), std::nullopt;
  fun.index = *index;
  fun.uniq = *uniq;
  at_ += 1 + size;
  return fun;
}

ListReader::ListReader(Cursor& cursor) : cursor_(cursor) {
  if (!cursor.is_next(TermKind::kList)) return;
  is_list_ = true;
  const std::uint8_t shape = *cursor.at_;
  if (shape == tag::kNil) {
    ++cursor.at_;
  } else if (shape == tag::kString) {
    const std::size_t size = cursor.has(3) ? read_u16(cursor.at_ + 1) : 0;
    if (!cursor.has(3 + size)) {
      cursor.fail();
      return;
    }
    cursor.at_ += 3;
    cursor.string_left_ = static_cast<std::uint32_t>(size);
    size_ = left_ = cursor.string_left_;
  } else {
    const std::uint32_t size = cursor.has(5) ? read_u32(cursor.at_ + 1) : 0;
    if (!cursor.has(5 + std::size_t{size} + 1)) {
      cursor.fail();
      return;
    }
    cursor.at_ += 5;
    size_ = left_ = size;
    has_tail_ = true;
  }
}

bool ListReader::finish() {
  if (!has_tail_ || !cursor_.ok()) return false;
  has_tail_ = false;
  if (!cursor_.has(1)) {
    cursor_.fail();
  } else if (*cursor_.at_ == tag::kNil) {
    ++cursor_.at_;
  } else {
    improper_tail_ = cursor_.raw();
  }
  return false;
}

void ListReader::skip_rest() {
  while (next()) cursor_.skip();
}

}  // namespace beamtape
