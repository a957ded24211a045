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

#include <algorithm>
#include <bit>

#include "schema/codec/body.h"
#include "schema/codec/changes.h"
#include "schema/codec/row_parts.h"
#include "schema/codec/value.h"

namespace beamtape {
namespace {

enum Where : std::uint8_t { kGaps = 0, kBitmap = 1 };
enum How : std::uint8_t { kConstant = 1, kMarked = 2, kLike = 4, kAlong = 8 };
// Up to one changed row in so many, gaps are smaller than a bitmap.
constexpr std::size_t kSparse = 24;

// The row from which the first new subject is told: the one with the largest key.
std::optional<std::size_t> youngest(const RowGroup& rows) {
  thread_local std::vector<Cell> keys;
  keys.resize(rows.rows);
  rows.columns[0].copy_to(keys);
  const auto best = std::max_element(keys.begin(), keys.end());  // the lowest cells are missing
  if (best == keys.end() || is_missing(*best)) return std::nullopt;
  return static_cast<std::size_t>(best - keys.begin());
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

// What the next changed cell of a column is near to.
class Near {
 public:
  explicit Near(const ColumnChange& column) : base_(column.constant), along_(column.along) {}
  Cell base(Cell expected) const { return base_ ? *base_ : expected; }
  void passed(Cell cell) {
    if (along_ && !is_missing(cell)) base_ = cell;
  }

 private:
  std::optional<Cell> base_;
  bool along_;
};

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

class DifferenceReader {
 public:
  DifferenceReader(ByteReader& in, const Table& table, RowGroup& rows, std::uint8_t version)
      : in_(in), table_(table), rows_(rows), known_(version == 1 ? 1 : 15) {}

  bool read(ChangedRows& changed) {
    const auto before = in_.varint_up_to(kRowsPerGroup);
    const auto now = in_.varint_up_to(kRowsPerGroup);
    if (!in_.ok() || before != rows_.rows || now < before) return false;
    if (rows_.columns.size() != table_.columns.size() || rows_.columns.empty()) return false;
    rows_.grow(table_.columns.size(), now);
    if (!read_columns() || !read_where() || !read_what()) return false;
    find_marked_rows();
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
    tell(changed);
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
      if (!read_column(ids)) return false;
      positions_.push_back(ids.position(id));
      if (positions_.back()) listed_[*positions_.back()] = true;
    }
    return in_.ok();
  }

  bool read_column(const ColumnIds& ids) {
    ColumnChange column{.modal = unzigzag(in_.varint())};
    const auto how = in_.u8();
    if ((how & ~known_) != 0) return false;
    if ((how & kConstant) != 0) {
      column.constant = static_cast<Cell>(unzigzag(in_.varint()));
      if (is_missing(*column.constant)) return false;
    }
    if ((how & kMarked) != 0) {
      const auto other = ids.position(in_.varint());
      if (!other) return false;
      const auto value = static_cast<Cell>(unzigzag(in_.varint()));
      column.marked = {*other, value, unzigzag(in_.varint())};
    }
    if ((how & kLike) != 0) {
      const auto like = in_.varint();
      // One that is not declared here is not followed from snapshot to snapshot.
      if (like >= columns_.size() || columns_[like].marked || !positions_[like]) return false;
      column.like = like;
      is_source_.resize(columns_.size() + 1);
      is_source_[like] = true;
    }
    column.along = (how & kAlong) != 0;
    columns_.push_back(column);
    return !(column.along && column.constant);
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
      for (std::size_t at = 0; at < bitmap.size(); ++at) {
        for (unsigned bits = bitmap[at]; bits != 0; bits &= bits - 1) {
          const auto row = at * 8 + static_cast<std::size_t>(std::countr_zero(bits));
          if (row < rows_.rows) changed_.push_back(static_cast<std::uint16_t>(row));
        }
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

  // Before any cell changes.
  void find_marked_rows() {
    marked_rows_.resize(columns_.size());
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (!columns_[i].marked) continue;
      const auto& other = rows_.columns[columns_[i].marked->position];
      for (std::size_t r = 0; r < rows_.rows; ++r) {
        if (other[r] == columns_[i].marked->value) {
          marked_rows_[i].push_back(static_cast<std::uint16_t>(r));
        }
      }
    }
    is_source_.resize(columns_.size());
    beyond_.resize(columns_.size());
  }

  void apply(std::size_t index, CellColumn& cells, Cell base) {
    const auto& column = columns_[index];
    auto& beyond = beyond_[index];
    if (is_source_[index]) {
      for (const auto r : changed_) beyond.push_back(static_cast<std::uint64_t>(cells[r]));
    }
    cells.add(column.modal);
    for (const auto r : marked_rows_[index]) {
      cells.set(r, sum_of(cells[r], column.marked->modal - column.modal));
    }
    read_values(index, cells, base);
    for (std::size_t i = 0; i < beyond.size(); ++i) {
      const auto old = static_cast<Cell>(beyond[i]);
      const Cell now = cells[changed_[i]];
      const bool means = what_[i] >= kMasked && !is_missing(now) && !is_missing(old);
      beyond[i] = means ? difference_of(now, old) - column.modal : 0;
    }
  }

  void read_values(std::size_t index, CellColumn& cells, Cell base) {
    const auto& column = columns_[index];
    Near near(column);
    const auto* like = column.like ? &beyond_[*column.like] : nullptr;
    // What of a changed row concerns this column, told once for each kind of change.
    concerned_.assign(kMasked + mask_count_, 0);
    concerned_[kNewSubject] = 1;
    for (std::size_t m = 0; m < mask_count_; ++m) {
      concerned_[kMasked + m] = masks_[m * mask_bytes_ + index / 8] >> (index % 8) & 1;
    }
    for (std::size_t i = 0; i < changed_.size(); ++i) {
      const auto more = like != nullptr ? (*like)[i] : 0;
      if (concerned_[what_[i]] == 0) {
        if (more != 0) cells.set(changed_[i], sum_of(cells[changed_[i]], more));
        continue;
      }
      const bool newcomer = what_[i] == kNewSubject;
      const Cell expected = sum_of(cells[changed_[i]], more);
      if (newcomer || is_missing(expected)) {
        const Cell cell = get_value(in_, base);
        if (!is_missing(cell)) base = cell;
        cells.set(changed_[i], cell);
      } else {
        const Cell cell = get_value(in_, near.base(expected));
        near.passed(cell);
        cells.set(changed_[i], cell);
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

  void tell(ChangedRows& changed) const {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      changed.all = changed.all || (columns_[i].modal != 0 && positions_[i]);
      const auto& marked = marked_rows_[i];
      changed.rows.insert(changed.rows.end(), marked.begin(), marked.end());
    }
    changed.rows.insert(changed.rows.end(), changed_.begin(), changed_.end());
    // Going through a list longer than the rows would be no gain.
    changed.all = changed.all || changed.rows.size() > rows_.rows;
    if (changed.all) changed.rows.clear();
  }

  ByteReader& in_;
  const Table& table_;
  RowGroup& rows_;
  std::uint8_t known_;  // bits of how
  std::vector<ColumnChange> columns_;
  std::vector<std::optional<std::size_t>> positions_;
  std::vector<bool> listed_;
  std::size_t mask_bytes_ = 0;
  std::size_t mask_count_ = 0;
  std::span<const std::uint8_t> masks_;
  std::vector<std::uint16_t> changed_;
  std::vector<std::uint16_t> what_;
  std::vector<std::uint8_t> concerned_;  // scratch of read_values, by what_
  // Beside columns_.
  std::vector<std::vector<std::uint16_t>> marked_rows_;
  std::vector<bool> is_source_;                     // another column changes like it
  std::vector<std::vector<std::uint64_t>> beyond_;  // beside changed_; of sources only
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

bool read_difference(ByteReader& in, const Table& table, RowGroup& rows, std::uint8_t version,
                     ChangedRows& changed) {
  return DifferenceReader(in, table, rows, version).read(changed);
}

}  // namespace beamtape
