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
Cell item_base(const std::vector<Cell>& previous, const std::vector<Cell>& items, std::size_t i) {
  if (i < previous.size() && !is_missing(previous[i])) return previous[i];
  if (i > 0 && !is_missing(items[i - 1])) return items[i - 1];
  return 0;
}

Error malformed() { return {Error::Code::kMalformed, "does not follow its grammar"}; }

}  // namespace

std::vector<std::uint8_t> encode_lists(const std::vector<std::pair<Cell, List>>& lists,
                                       int zstd_level) {
  std::vector<std::uint8_t> body;
  ByteWriter out(body);
  out.varint(lists.size());
  std::uint64_t next_id = 0;
  for (const auto& [id, list] : lists) {
    out.varint(static_cast<std::uint64_t>(id) - next_id);
    next_id = static_cast<std::uint64_t>(id) + 1;
  }
  for (const auto& [id, list] : lists) out.varint(list.items.size());
  for (const auto& [id, list] : lists) {
    out.varint(list.true_count == list.items.size() ? 0 : list.true_count + 1);
  }
  const std::vector<Cell> none;
  const std::vector<Cell>* previous = &none;
  for (const auto& [id, list] : lists) {
    for (std::size_t i = 0; i < list.items.size(); ++i) {
      put_value(out, item_base(*previous, list.items, i), list.items[i]);
    }
    previous = &list.items;
  }
  return seal(PartKind::kLists, body, {}, zstd_level);
}

Expected<std::vector<std::pair<Cell, List>>> decode_lists(std::span<const std::uint8_t> bytes) {
  const auto body = unseal(bytes, kMaxListsBody);
  if (!body) return tl::unexpected(body.error());
  if (body->kind != PartKind::kLists) {
    return fail(Error::Code::kMalformed, "holds rows instead of lists");
  }
  ByteReader in(body->bytes);
  // Every list takes three bytes at least, every item one.
  const auto count = in.varint_up_to(body->bytes.size() / 3);
  std::vector<std::pair<Cell, List>> lists(count);
  std::uint64_t next_id = 0;
  for (auto& [id, list] : lists) {
    const auto raw = next_id + in.varint_up_to(kMaxListId - std::min(next_id, kMaxListId));
    if (raw > kMaxListId) return tl::unexpected(malformed());
    id = static_cast<Cell>(raw);
    next_id = raw + 1;
  }
  std::size_t total = 0;
  std::vector<std::size_t> kept;
  kept.reserve(lists.size());
  for (std::size_t i = 0; i < lists.size(); ++i) {
    kept.push_back(in.varint_up_to(body->bytes.size()));
    total += kept.back();
  }
  for (std::size_t i = 0; i < lists.size(); ++i) {
    const auto dropped = in.varint();
    lists[i].second.true_count = dropped == 0 ? kept[i] : dropped - 1;
  }
  if (!in.ok() || total > in.left()) return tl::unexpected(malformed());
  const std::vector<Cell> none;
  const std::vector<Cell>* previous = &none;
  for (std::size_t n = 0; n < lists.size(); ++n) {
    auto& items = lists[n].second.items;
    items.resize(kept[n]);
    for (std::size_t i = 0; i < items.size(); ++i) {
      items[i] = get_value(in, item_base(*previous, items, i));
    }
    previous = &items;
  }
  if (!in.at_end()) return tl::unexpected(malformed());
  return lists;
}

}  // namespace beamtape
