// Lists that became known in one snapshot, by ascending id.
//   lists := count:varint id* kept* dropped* item*
//   id    := varint                       id - previous - 1; the first: its id
//   kept  := varint                       cells that follow for it
//   dropped := varint                     0, or 1 + true_count where that is not `kept`
//   item  := value                        base: the cell at the same place of the list before, if
//                                         it is that long, else the cell before; else 0
// Lists of one column have one shape and often one beginning: stacks of the same behaviour,
// links to the same supervisor.

#include <algorithm>
#include <limits>

#include "schema/codec/body.h"
#include "schema/codec/bytes.h"
#include "schema/codec/part.h"
#include "schema/codec/value.h"

namespace beamtape {
namespace {

// Writers start another part long before this (kListCellsPerPart cells of at most ten bytes).
constexpr std::size_t kMaxListsBody = std::size_t{16} << 20;
constexpr std::uint64_t kMaxListId = std::numeric_limits<Cell>::max();

// Base of item `i` of a list, given the list before it in the part.
Cell item_base(std::span<const Cell> previous, std::span<const Cell> items, std::size_t i) {
  if (i < previous.size() && !is_missing(previous[i])) return previous[i];
  if (i > 0 && !is_missing(items[i - 1])) return items[i - 1];
  return 0;
}

Error malformed() { return {Error::Code::kMalformed, "does not follow its grammar"}; }

}  // namespace

std::vector<std::uint8_t> encode_lists(const Lists& lists, std::span<const Lists::Entry> some,
                                       int zstd_level) {
  std::vector<std::uint8_t> body;
  ByteWriter out(body);
  out.varint(some.size());
  std::uint64_t next_id = 0;
  for (const auto& one : some) {
    out.varint(static_cast<std::uint64_t>(one.id) - next_id);
    next_id = static_cast<std::uint64_t>(one.id) + 1;
  }
  for (const auto& one : some) out.varint(one.kept);
  for (const auto& one : some) out.varint(one.true_count == one.kept ? 0 : one.true_count + 1);
  std::span<const Cell> previous;
  for (const auto& one : some) {
    const auto items = lists.view(one).items;
    for (std::size_t i = 0; i < items.size(); ++i) {
      put_value(out, item_base(previous, items, i), items[i]);
    }
    previous = items;
  }
  return seal(PartKind::kLists, body, {}, zstd_level);
}

Expected<Lists> decode_lists(std::span<const std::uint8_t> bytes) {
  const auto body = unseal(bytes, kMaxListsBody);
  if (!body) return tl::unexpected(body.error());
  if (body->kind != PartKind::kLists) {
    return fail(Error::Code::kMalformed, "holds rows instead of lists");
  }
  ByteReader in(body->bytes);
  Lists lists;
  // Every list takes three bytes at least, every item one.
  lists.entries.resize(in.varint_up_to(body->bytes.size() / 3));
  std::uint64_t next_id = 0;
  for (auto& one : lists.entries) {
    const auto raw = next_id + in.varint_up_to(kMaxListId - std::min(next_id, kMaxListId));
    if (raw > kMaxListId) return tl::unexpected(malformed());
    one.id = static_cast<Cell>(raw);
    next_id = raw + 1;
  }
  std::size_t total = 0;
  for (auto& one : lists.entries) {
    one.at = total;
    one.kept = in.varint_up_to(body->bytes.size());
    total += one.kept;
  }
  for (auto& one : lists.entries) {
    const auto dropped = in.varint();
    one.true_count = dropped == 0 ? one.kept : dropped - 1;
  }
  if (!in.ok() || total > in.left()) return tl::unexpected(malformed());
  lists.items.resize(total);
  std::span<Cell> previous;
  for (const auto& one : lists.entries) {
    const auto items = std::span(lists.items).subspan(one.at, one.kept);
    for (std::size_t i = 0; i < items.size(); ++i) {
      items[i] = get_value(in, item_base(previous, items, i));
    }
    previous = items;
  }
  if (!in.at_end()) return tl::unexpected(malformed());
  return lists;
}

}  // namespace beamtape
