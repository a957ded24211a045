// Parts: the rows of one row group, or lists. What is inside is described where it is written:
//   part       := version:1 kind:1 body                    body.h
//   body       := keyframe | difference | lists            keyframe.cc, difference.cc, lists.cc
//   value      := a cell near to another number            value.h
// Everything is bounded before it is used: rows by kRowsPerGroup, columns by kMaxColumns, the
// size of a body by what so many cells can need.

#include "schema/codec/part.h"

#include <algorithm>

#include "schema/codec/body.h"
#include "schema/codec/bytes.h"
#include "schema/codec/row_parts.h"
#include "schema/codec/value.h"

namespace beamtape {
namespace {

// Every cell as its longest value, every row with its own mask, and the headers.
constexpr std::size_t kMaxRowsBody =
    kRowsPerGroup * (kMaxColumns * (kMaxValueBytes + 1) + kMaxColumns / 8 + 8) + 64 * kMaxColumns;

std::vector<std::uint8_t>& scratch() {
  thread_local std::vector<std::uint8_t> bytes;
  bytes.clear();
  return bytes;
}

}  // namespace

std::vector<std::uint8_t> encode_keyframe(const Table& table, const RowGroup& rows,
                                          int zstd_level) {
  auto& body = scratch();
  ByteWriter out(body);
  std::vector<std::size_t> boundaries;
  write_keyframe(out, table, rows, boundaries);
  return seal(PartKind::kKeyframe, body, boundaries, zstd_level);
}

std::vector<std::uint8_t> encode_difference(const Table& table, const RowGroup& before,
                                            const RowGroup& now, int zstd_level) {
  auto& body = scratch();
  ByteWriter out(body);
  std::vector<std::size_t> boundaries;
  if (!write_difference(out, table, before, now, boundaries)) return {};
  return seal(PartKind::kDifference, body, boundaries, zstd_level);
}

Expected<void> decode_part(const Table& table, std::span<const std::uint8_t> bytes, RowGroup& rows,
                           ChangedRows* changed) {
  const auto body = unseal(bytes, kMaxRowsBody);
  if (!body) return tl::unexpected(body.error());
  if (body->kind == PartKind::kLists) {
    return fail(Error::Code::kMalformed, "holds lists instead of rows");
  }
  ByteReader in(body->bytes);
  ChangedRows unasked;
  const bool read =
      body->kind == PartKind::kKeyframe
          ? read_keyframe(in, table, rows)
          : read_difference(in, table, rows, body->version, changed ? *changed : unasked);
  if (changed != nullptr && body->kind == PartKind::kKeyframe) changed->all = true;
  if (!read || !in.at_end()) return fail(Error::Code::kMalformed, "does not follow its grammar");
  return {};
}

ColumnIds::ColumnIds(const Table& table) {
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    by_id_.emplace_back(table.columns[i].id, i);
  }
  std::sort(by_id_.begin(), by_id_.end());
}

std::optional<std::size_t> ColumnIds::position(std::uint64_t id) const {
  const auto found =
      std::lower_bound(by_id_.begin(), by_id_.end(), std::pair<std::uint64_t, std::size_t>{id, 0});
  if (found == by_id_.end() || found->first != id) return std::nullopt;
  return found->second;
}

void mark_not_recorded(const std::vector<bool>& present, RowGroup& rows) {
  for (std::size_t c = 0; c < rows.columns.size(); ++c) {
    if (present[c]) continue;
    for (std::size_t r = 0; r < rows.rows; ++r) {
      const bool empty = is_missing(rows.columns[0][r]);
      rows.columns[c].set(r, missing(empty ? Missing::kNone : Missing::kNotRecorded));
    }
  }
}

}  // namespace beamtape
