// A difference: what changed in one row group since the snapshot before.
//   difference := before:varint rows:varint columns:varint column* changes
//   column     := id:varint modal:varint base       ids as in a keyframe. Where nothing else is
//                                                   said, a cell is expected to be what it was
//                                                   plus `modal` (zigzag); a missing one to stay
//   base       := 0                                 changed cells are values near the expected one
//               | 1 cell:varint                     ... near this one (zigzag)
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

#include "schema/codec/body.h"
#include "schema/codec/changes.h"
#include "schema/codec/row_parts.h"
#include "schema/codec/value.h"

namespace beamtape {
namespace {

enum Where : std::uint8_t { kGaps = 0, kBitmap = 1 };
enum Base : std::uint8_t { kExpected = 0, kConstant = 1 };
// Up to one changed row in so many, gaps are smaller than a bitmap.
constexpr std::size_t kSparse = 24;

// The row from which the first new subject is told: the one with the largest key.
std::optional<std::size_t> youngest(const RowGroup& rows) {
  std::optional<std::size_t> best;
  const auto& keys = rows.columns[0];
  for (std::size_t r = 0; r < rows.rows; ++r) {
    if (!is_missing(keys[r]) && (!best || keys[r] > keys[*best])) best = r;
  }
  return best;
}
Cell first_base(const RowGroup& rows, std::optional<std::size_t> row, std::size_t column) {
  if (!row || is_missing(rows.columns[column][*row])) return 0;
  return rows.columns[column][*row];
}

void write_columns(ByteWriter& out, const Table& table, const Changes& changes) {
  out.varint(changes.columns().size());
  std::uint64_t next_id = 0;
  for (const auto& column : changes.columns()) {
    const auto id = table.columns[column.position].id;
    out.varint(id - next_id);
    next_id = id + std::uint64_t{1};
    out.varint(zigzag(column.modal));
    out.u8(column.constant ? kConstant : kExpected);
    if (column.constant) out.varint(zigzag(static_cast<std::uint64_t>(*column.constant)));
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
  const auto& old = changes.old_cells(index);
  const auto& now = changes.new_cells(index);
  for (const auto r : changes.rows()) {
    const bool is_new = changes.is_new(r);
    if (!is_new && !changes.marked(r, index)) continue;
    const Cell expected = expected_cell(old[r], column.modal);
    if (is_new || is_missing(expected)) {
      put_value(out, base, now[r]);
      if (!is_missing(now[r])) base = now[r];
    } else {
      put_value(out, column.constant.value_or(expected), now[r]);
    }
  }
}

class DifferenceReader {
 public:
  DifferenceReader(ByteReader& in, const Table& table, RowGroup& rows)
      : in_(in), table_(table), rows_(rows) {}

  bool read() {
    const auto before = in_.varint_up_to(kRowsPerGroup);
    const auto now = in_.varint_up_to(kRowsPerGroup);
    if (!in_.ok() || before != rows_.rows || now < before) return false;
    if (rows_.columns.size() != table_.columns.size() || rows_.columns.empty()) return false;
    rows_.grow(table_.columns.size(), now);
    if (!read_columns() || !read_where() || !read_what()) return false;
    const auto origin = youngest(rows_);
    std::vector<Cell> origins(rows_.columns.size());
    for (std::size_t c = 0; c < origins.size(); ++c) origins[c] = first_base(rows_, origin, c);
    for (std::size_t i = 0; in_.ok() && i < columns_.size(); ++i) {
      if (positions_[i]) {
        apply(i, rows_.columns[*positions_[i]], origins[*positions_[i]]);
      } else {
        CellColumn unknown;
        unknown.resize(rows_.rows);
        apply(i, unknown, 0);
      }
    }
    finish_rows();
    return in_.ok();
  }

 private:
  bool read_columns() {
    const auto count = in_.varint_up_to(kMaxColumns);
    const ColumnIds ids(table_);
    std::uint64_t next_id = 0;
    listed_.assign(table_.columns.size(), false);
    for (std::uint64_t i = 0; in_.ok() && i < count; ++i) {
      const auto id = next_id + in_.varint_up_to(kMaxColumnId);
      next_id = id + 1;
      ColumnChange column{0, unzigzag(in_.varint()), std::nullopt};
      const auto base = in_.u8();
      if (base > kConstant) return false;
      if (base == kConstant) column.constant = static_cast<Cell>(unzigzag(in_.varint()));
      if (column.constant && is_missing(*column.constant)) return false;
      columns_.push_back(column);
      positions_.push_back(ids.position(id));
      if (positions_.back()) listed_[*positions_.back()] = true;
    }
    return in_.ok();
  }

  bool read_where() {
    const auto count = in_.varint_up_to(rows_.rows);
    const auto masks = in_.varint_up_to(count);
    if (!in_.ok()) return false;
    mask_bytes_ = (columns_.size() + 7) / 8;
    mask_count_ = masks;
    masks_ = in_.take(masks * mask_bytes_);
    changed_.reserve(count);
    const auto kind = in_.u8();
    if (kind == kGaps) {
      std::uint64_t next = 0;
      for (std::uint64_t i = 0; in_.ok() && i < count; ++i) {
        const auto row = next + in_.varint_up_to(kRowsPerGroup);
        if (row >= rows_.rows) return false;
        changed_.push_back(static_cast<std::uint16_t>(row));
        next = row + 1;
      }
    } else if (kind == kBitmap) {
      const auto bitmap = in_.take((rows_.rows + 7) / 8);
      for (std::size_t r = 0; in_.ok() && r < rows_.rows; ++r) {
        if ((bitmap[r / 8] >> (r % 8) & 1) != 0) changed_.push_back(static_cast<std::uint16_t>(r));
      }
    } else {
      return false;
    }
    return in_.ok() && changed_.size() == count;
  }

  bool read_what() {
    what_.reserve(changed_.size());
    for (std::size_t i = 0; in_.ok() && i < changed_.size(); ++i) {
      const auto what = in_.varint();
      if (what >= kMasked + mask_count_) return false;
      what_.push_back(static_cast<std::uint16_t>(what));
    }
    return in_.ok();
  }

  void apply(std::size_t index, CellColumn& cells, Cell base) {
    const auto& column = columns_[index];
    cells.add(column.modal);
    // What of a changed row concerns this column, told once for each kind of change.
    concerned_.assign(kMasked + mask_count_, 0);
    concerned_[kNewSubject] = 1;
    for (std::size_t m = 0; m < mask_count_; ++m) {
      concerned_[kMasked + m] = masks_[m * mask_bytes_ + index / 8] >> (index % 8) & 1;
    }
    for (std::size_t i = 0; i < changed_.size(); ++i) {
      if (concerned_[what_[i]] == 0) continue;
      const bool newcomer = what_[i] == kNewSubject;
      const Cell expected = cells[changed_[i]];
      if (newcomer || is_missing(expected)) {
        const Cell cell = get_value(in_, base);
        if (!is_missing(cell)) base = cell;
        cells.set(changed_[i], cell);
      } else {
        cells.set(changed_[i], get_value(in_, column.constant.value_or(expected)));
      }
    }
  }

  // Emptied rows, and the columns that a new subject's row does not have.
  void finish_rows() {
    for (std::size_t i = 0; i < changed_.size(); ++i) {
      if (what_[i] >= kMasked) continue;
      const Cell cell = missing(what_[i] == kEmptied ? Missing::kNone : Missing::kNotRecorded);
      for (std::size_t c = 0; c < rows_.columns.size(); ++c) {
        if (what_[i] == kEmptied || !listed_[c]) rows_.columns[c].set(changed_[i], cell);
      }
    }
  }

  ByteReader& in_;
  const Table& table_;
  RowGroup& rows_;
  std::vector<ColumnChange> columns_;
  std::vector<std::optional<std::size_t>> positions_;
  std::vector<bool> listed_;
  std::size_t mask_bytes_ = 0;
  std::size_t mask_count_ = 0;
  std::span<const std::uint8_t> masks_;
  std::vector<std::uint16_t> changed_;
  std::vector<std::uint16_t> what_;
  std::vector<std::uint8_t> concerned_;  // scratch of apply, by what_
};

}  // namespace

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
    write_values(out, changes, i, first_base(old, origin, position));
  }
  return true;
}

bool read_difference(ByteReader& in, const Table& table, RowGroup& rows) {
  return DifferenceReader(in, table, rows).read();
}

}  // namespace beamtape
