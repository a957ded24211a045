// A difference: what changed in one row group since the snapshot before.
//   difference := before:varint rows:varint columns:varint column* changes
//   column     := id:varint modal:varint how [cell:varint] [other:varint value:varint modal:varint]
//                 [like:varint]
//                                                   ids as in a keyframe. Where nothing else is
//                                                   said, a cell is expected to be what it was
//                                                   plus `modal` (zigzag); a missing one to stay
//   how        := bits                              1: `cell` (zigzag) follows, and changed cells
//   are
//                                                   near to it; else near the expected one
//                                                   2: where the column of id `other` was `value`
//                                                   (zigzag), the second modal holds instead
//                                                   4: what the part's column `like`, an earlier
//                                                   one without bit 2, changed by beyond its modal
//                                                   is expected on top, in a row that is listed
//                                                   below and has its old subject
//                                                   8: changed cells are near to the changed one
//                                                   before them in the column, the first to the
//                                                   expected one; not with 1
//                 (before version 2 of parts: no bits but 1)
//   changes    := count:varint masks:varint mask* where what*
//   mask       := a bit for each of the part's columns, low first, in whole bytes
//   where      := 0 (gap:varint)*                   unchanged rows between changed ones
//               | 1 bitmap                          a bit for each row
//   what       := what:varint                       0 the row is empty now: all cells kNone
//                                                   1 a new subject: all cells follow
//                                                   2 + n: cells by mask n follow
//   and then, column after column, the values of changed cells in the order of rows.
// A new subject's cells, and changed ones that were expected to be missing, are near to the last
// of that kind in their column; the first of them to the youngest row before (the largest key).
// Rows beyond `before` were empty. All sums are modulo 2^64.

#include "schema/codec/difference.h"

#include <algorithm>

#include "schema/codec/row_parts.h"
#include "schema/codec/value.h"

namespace beamtape {
namespace {

// Up to one changed row in so many, gaps are smaller than a bitmap.
constexpr std::size_t kSparse = 24;

void write_columns(ByteWriter& out, const Table& table, const Changes& changes) {
  out.varint(changes.columns().size());
  std::uint64_t next_id = 0;
  for (const auto& column : changes.columns()) {
    const auto id = table.columns[column.position].id;
    out.varint(id - next_id);
    next_id = id + std::uint64_t{1};
    out.varint(zigzag(column.modal));
    out.u8(static_cast<std::uint8_t>((column.constant ? kConstant : 0) |
                                     (column.marked ? kMarked : 0) | (column.like ? kLike : 0) |
                                     (column.along ? kAlong : 0)));
    if (column.constant) out.varint(zigzag(static_cast<std::uint64_t>(*column.constant)));
    if (column.marked) {
      out.varint(table.columns[column.marked->position].id);
      out.varint(zigzag(static_cast<std::uint64_t>(column.marked->value)));
      out.varint(zigzag(column.marked->modal));
    }
    if (column.like) out.varint(*column.like);
  }
}

void write_rows(ByteWriter& out, const Changes& changes, std::size_t rows) {
  out.varint(changes.rows().size());
  out.varint(changes.mask_count());
  for (std::size_t i = 0; i < changes.mask_count(); ++i) out.bytes(changes.mask(i));
  if (changes.rows().size() * kSparse <= rows) {
    out.u8(kGaps);
    std::size_t next = 0;
    for (const auto r : changes.rows()) {
      out.varint(r - next);
      next = r + std::size_t{1};
    }
  } else {
    out.u8(kBitmap);
    std::vector<std::uint8_t> bitmap((rows + 7) / 8);
    for (const auto r : changes.rows()) bitmap[r / 8] |= static_cast<std::uint8_t>(1U << (r % 8));
    out.bytes(bitmap);
  }
  for (const auto what : changes.what()) out.varint(what);
}

void write_values(ByteWriter& out, const Changes& changes, std::size_t index, Cell base) {
  const auto& column = changes.columns()[index];
  const auto& expected_cells = changes.expected_cells(index);
  const auto& now = changes.new_cells(index);
  Near near(column);
  for (const auto r : changes.rows()) {
    const bool is_new = changes.is_new(r);
    if (!is_new && !changes.marked(r, index)) continue;
    const Cell expected = expected_cells[r];
    if (is_new || is_missing(expected)) {
      put_value(out, base, now[r]);
      if (!is_missing(now[r])) base = now[r];
    } else {
      put_value(out, near.base(expected), now[r]);
      near.passed(now[r]);
    }
  }
}

}  // namespace

std::optional<std::size_t> youngest(const RowGroup& rows) {
  thread_local std::vector<Cell> keys;
  keys.resize(rows.rows);
  rows.columns[0].copy_to(keys);
  const auto best = std::max_element(keys.begin(), keys.end());  // the lowest cells are missing
  if (best == keys.end() || is_missing(*best)) return std::nullopt;
  return static_cast<std::size_t>(best - keys.begin());
}

Cell first_base(const CellColumn& cells, std::optional<std::size_t> row) {
  return !row || is_missing(cells[*row]) ? 0 : cells[*row];
}

bool write_difference(ByteWriter& out, const Table& table, const RowGroup& before,
                      const RowGroup& now, std::vector<std::size_t>& boundaries) {
  if (table.columns.empty()) return false;
  out.varint(before.rows);
  out.varint(now.rows);
  const bool grown = before.rows != now.rows;
  RowGroup padded;
  if (grown) {
    padded = before;
    padded.grow(table.columns.size(), now.rows);
  }
  const RowGroup& old = grown ? padded : before;
  Changes changes;
  if (!changes.find(table, old, now) && !grown) return false;
  write_columns(out, table, changes);
  write_rows(out, changes, now.rows);
  const auto origin = youngest(old);
  for (std::size_t i = 0; i < changes.columns().size(); ++i) {
    const auto position = changes.columns()[i].position;
    boundaries.push_back(out.size());
    write_values(out, changes, i, first_base(old.columns[position], origin));
  }
  return true;
}

}  // namespace beamtape
