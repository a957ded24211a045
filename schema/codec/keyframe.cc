// A keyframe: all cells of one row group.
//   keyframe := rows:varint presence columns:varint (id:varint column)*
//   presence := 0                        every row is present
//             | 1 bitmap                 a bit for each row, low first; a row without is empty:
//                                        all its cells are kNone and none of them follows
// Ids of columns ascend: id - previous - 1. What a column is: column_coding.cc.

#include <algorithm>
#include <numeric>

#include "schema/codec/body.h"
#include "schema/codec/column_coding.h"
#include "schema/codec/row_parts.h"

namespace beamtape {
namespace {

bool row_is_empty(const RowGroup& rows, std::size_t row) {
  return std::all_of(rows.columns.begin(), rows.columns.end(),
                     [&](const auto& column) { return column[row] == missing(Missing::kNone); });
}

std::vector<std::uint16_t> present_rows(const RowGroup& rows) {
  std::vector<std::uint16_t> present;
  present.reserve(rows.rows);
  for (std::size_t r = 0; r < rows.rows; ++r) {
    const bool empty =
        !rows.columns.empty() && is_missing(rows.columns[0][r]) && row_is_empty(rows, r);
    if (!empty) present.push_back(static_cast<std::uint16_t>(r));
  }
  return present;
}

void write_presence(ByteWriter& out, const std::vector<std::uint16_t>& present, std::size_t rows) {
  const bool all = present.size() == rows;
  out.u8(all ? 0 : 1);
  if (all) return;
  std::vector<std::uint8_t> bitmap((rows + 7) / 8);
  for (const auto r : present) bitmap[r / 8] |= static_cast<std::uint8_t>(1U << (r % 8));
  out.bytes(bitmap);
}

bool read_presence(ByteReader& in, std::size_t rows, std::vector<std::uint16_t>& present) {
  const auto kind = in.u8();
  if (!in.ok() || kind > 1) return false;
  const auto bitmap = kind == 1 ? in.take((rows + 7) / 8) : std::span<const std::uint8_t>{};
  if (!in.ok()) return false;
  present.reserve(rows);
  for (std::size_t r = 0; r < rows; ++r) {
    if (kind == 0 || (bitmap[r / 8] >> (r % 8) & 1) != 0) {
      present.push_back(static_cast<std::uint16_t>(r));
    }
  }
  return true;
}

void place(Cells cells, const std::vector<std::uint16_t>& present, std::size_t rows,
           CellColumn& column) {
  if (cells.size() == rows) {
    column.assign(cells);
    return;
  }
  std::vector<Cell> all(rows, missing(Missing::kNone));
  for (std::size_t i = 0; i < present.size(); ++i) all[present[i]] = cells[i];
  column.assign(all);
}

std::vector<std::size_t> by_id(const Table& table) {
  std::vector<std::size_t> order(table.columns.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return table.columns[a].id < table.columns[b].id;
  });
  return order;
}

}  // namespace

void write_keyframe(ByteWriter& out, const Table& table, const RowGroup& rows,
                    std::vector<std::size_t>& boundaries) {
  const auto order = by_id(table);
  const auto present = present_rows(rows);
  const bool all = present.size() == rows.rows;
  std::vector<Cell> gathered(present.size() * order.size());
  std::vector<Cells> cells;
  std::vector<Unit> units;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto& column = rows.columns[order[i]];
    units.push_back(table.columns[order[i]].unit);
    const auto into = std::span(gathered).subspan(i * present.size(), present.size());
    if (all) {
      column.copy_to(into);
    } else {
      for (std::size_t p = 0; p < present.size(); ++p) into[p] = column[present[p]];
    }
    cells.emplace_back(into);
  }
  out.varint(rows.rows);
  write_presence(out, present, rows.rows);
  out.varint(order.size());
  ColumnsWriter columns(std::move(cells), std::move(units));
  std::uint64_t next_id = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto id = table.columns[order[i]].id;
    boundaries.push_back(out.size());
    out.varint(id - next_id);
    next_id = id + std::uint64_t{1};
    columns.write(out, i);
  }
}

bool read_keyframe(ByteReader& in, const Table& table, RowGroup& rows) {
  const auto count = in.varint_up_to(kRowsPerGroup);
  std::vector<std::uint16_t> present;
  if (!in.ok() || !read_presence(in, count, present)) return false;
  const auto columns = in.varint_up_to(kMaxColumns);
  ColumnsReader reader(in, present.size(), columns);
  const ColumnIds ids(table);
  std::vector<std::optional<std::size_t>> sources(table.columns.size());
  std::uint64_t next_id = 0;
  for (std::uint64_t i = 0; in.ok() && i < columns; ++i) {
    const auto id = next_id + in.varint_up_to(kMaxColumnId);
    next_id = id + 1;
    if (!in.ok() || !reader.read_next()) return false;
    if (const auto position = ids.position(id)) sources[*position] = i;
  }
  if (!in.ok()) return false;
  rows.damaged = false;
  rows.rows = count;
  rows.columns.resize(table.columns.size());
  std::vector<bool> recorded(table.columns.size());
  for (std::size_t c = 0; c < sources.size(); ++c) {
    recorded[c] = sources[c].has_value();
    const auto constant = sources[c] ? reader.constant(*sources[c]) : missing(Missing::kNone);
    if (constant && (!sources[c] || present.size() == count)) {
      rows.columns[c].assign(count, *constant);
    } else {
      place(reader.column(*sources[c]), present, count, rows.columns[c]);
    }
  }
  mark_not_recorded(recorded, rows);
  return true;
}

}  // namespace beamtape
