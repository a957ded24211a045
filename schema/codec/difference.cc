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

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>

#include "schema/codec/body.h"
#include "schema/codec/frequency.h"
#include "schema/codec/row_parts.h"
#include "schema/codec/value.h"

namespace beamtape {
namespace {

enum What : std::uint8_t { kEmptied = 0, kNewSubject = 1, kMasked = 2 };
enum Where : std::uint8_t { kGaps = 0, kBitmap = 1 };
enum Base : std::uint8_t { kExpected = 0, kConstant = 1 };
constexpr Cell kNoCell = missing(Missing::kNone);
// Up to one changed row in so many, gaps are smaller than a bitmap.
constexpr std::size_t kSparse = 24;

std::uint64_t minus(Cell a, Cell b) {
  return static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b);
}
Cell plus(Cell cell, std::uint64_t delta) {
  return static_cast<Cell>(static_cast<std::uint64_t>(cell) + delta);
}
Cell expected_cell(Cell old, std::uint64_t modal) {
  return is_missing(old) ? old : plus(old, modal);
}

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

struct ColumnChange {
  std::size_t position = 0;
  std::uint64_t modal = 0;
  std::optional<Cell> constant;
};

class DifferenceWriter {
 public:
  DifferenceWriter(const Table& table, const RowGroup& before, const RowGroup& now)
      : table_(table), before_(before), now_(now) {}

  // False if nothing changed.
  bool prepare() {
    find_columns();
    if (columns_.empty()) return false;
    mask_bytes_ = (columns_.size() + 7) / 8;
    masks_.assign(now_.rows * mask_bytes_, 0);
    bool moved = false;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      find_modal(columns_[i]);
      mark_cells(i);
      moved = moved || columns_[i].modal != 0;
    }
    find_changes();
    return moved || !rows_.empty();
  }

  void write(ByteWriter& out, std::vector<std::size_t>& boundaries) {
    out.varint(columns_.size());
    std::uint64_t next_id = 0;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      find_constant(i);
      const auto id = table_.columns[columns_[i].position].id;
      out.varint(id - next_id);
      next_id = id + std::uint64_t{1};
      out.varint(zigzag(columns_[i].modal));
      out.u8(columns_[i].constant ? kConstant : kExpected);
      if (columns_[i].constant) out.varint(zigzag(static_cast<std::uint64_t>(*columns_[i].constant)));
    }
    write_changes(out);
    const auto origin = youngest(before_);
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      boundaries.push_back(out.size());
      write_values(out, i, origin);
    }
  }

 private:
  const Cell* old_cells(std::size_t column) const { return before_.columns[column].data(); }
  const Cell* new_cells(std::size_t column) const { return now_.columns[column].data(); }
  bool same(std::size_t column) const {
    return std::equal(now_.columns[column].begin(), now_.columns[column].end(), old_cells(column));
  }
  bool ordinary(std::size_t row) const { return special_.empty() || special_[row] == kMasked; }

  // Columns in the order of ids; all of them if there is a new subject, else the changed ones.
  void find_columns() {
    std::vector<std::size_t> order;
    for (std::size_t c = 0; c < table_.columns.size(); ++c) order.push_back(c);
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return table_.columns[a].id < table_.columns[b].id;
    });
    const bool newcomers = find_special_rows();
    for (const auto c : order) {
      if (newcomers || !same(c)) columns_.push_back({c, 0, std::nullopt});
    }
  }

  // Rows whose subject is another now. True if any of them is a new one.
  bool find_special_rows() {
    if (same(0)) return false;
    bool newcomers = false;
    special_.assign(now_.rows, kMasked);
    for (std::size_t r = 0; r < now_.rows; ++r) {
      if (old_cells(0)[r] == new_cells(0)[r]) continue;
      if (!is_missing(new_cells(0)[r])) {
        special_[r] = kNewSubject;
        newcomers = true;
      } else if (std::all_of(now_.columns.begin(), now_.columns.end(),
                             [&](const auto& column) { return column[r] == kNoCell; })) {
        special_[r] = kEmptied;
      }
    }
    return newcomers;
  }

  void find_modal(ColumnChange& column) {
    const Cell* old = old_cells(column.position);
    const Cell* now = new_cells(column.position);
    std::size_t unchanged = 0;
    for (std::size_t r = 0; r < now_.rows; ++r) unchanged += old[r] == now[r] ? 1 : 0;
    if (unchanged * 2 >= now_.rows) return;
    frequency_.clear();
    for (std::size_t r = 0; r < now_.rows; ++r) {
      if (ordinary(r) && !is_missing(old[r])) frequency_.add(minus(now[r], old[r]));
    }
    const auto most = frequency_.most();
    if (most.count > 1) column.modal = most.value;
  }

  void mark_cells(std::size_t index) {
    const auto& column = columns_[index];
    const Cell* old = old_cells(column.position);
    const Cell* now = new_cells(column.position);
    std::uint8_t* mask = masks_.data() + index / 8;
    const auto bit = static_cast<std::uint8_t>(1U << (index % 8));
    for (std::size_t r = 0; r < now_.rows; ++r) {
      if (now[r] != expected_cell(old[r], column.modal) && ordinary(r)) {
        mask[r * mask_bytes_] |= bit;
      }
    }
  }

  std::string_view mask_of(std::size_t row) const {
    return {reinterpret_cast<const char*>(masks_.data()) + row * mask_bytes_, mask_bytes_};
  }
  bool marked(std::size_t row, std::size_t index) const {
    return (masks_[row * mask_bytes_ + index / 8] >> (index % 8) & 1) != 0;
  }

  void find_changes() {
    const std::string nothing(mask_bytes_, '\0');
    std::unordered_map<std::string_view, std::size_t> numbers;
    std::string_view last_mask;
    std::size_t last_number = 0;
    for (std::size_t r = 0; r < now_.rows; ++r) {
      std::size_t what = special_.empty() ? std::size_t{kMasked} : special_[r];
      if (what == kMasked) {
        const auto mask = mask_of(r);
        if (mask == nothing) continue;
        if (mask != last_mask) {
          const auto [found, is_new] = numbers.emplace(mask, distinct_masks_.size());
          if (is_new) distinct_masks_.push_back(r);
          last_mask = mask;
          last_number = found->second;
        }
        what += last_number;
      }
      rows_.push_back(static_cast<std::uint16_t>(r));
      what_.push_back(static_cast<std::uint16_t>(what));
    }
  }

  // Whether the changed cells of a column lie nearer to one number than to what they were, as
  // columns do that hold the number of the snapshot in which something was read.
  void find_constant(std::size_t index) {
    auto& column = columns_[index];
    const Cell* old = old_cells(column.position);
    const Cell* now = new_cells(column.position);
    std::size_t cells = 0;
    frequency_.clear();
    for (const auto r : rows_) {
      if (!ordinary(r) || !marked(r, index) || is_missing(now[r]) || is_missing(old[r])) continue;
      ++cells;
      frequency_.add(minus(now[r], old[r]));
    }
    if (cells < 2) return;
    const auto by_difference = frequency_.most().count;
    frequency_.clear();
    for (const auto r : rows_) {
      if (ordinary(r) && marked(r, index) && !is_missing(now[r]) && !is_missing(old[r])) {
        frequency_.add(static_cast<std::uint64_t>(now[r]));
      }
    }
    const auto most = frequency_.most();
    if (most.count > by_difference && most.count * 2 > cells) {
      column.constant = static_cast<Cell>(most.value);
    }
  }

  void write_changes(ByteWriter& out) const {
    out.varint(rows_.size());
    out.varint(distinct_masks_.size());
    for (const auto row : distinct_masks_) {
      out.bytes(std::span(masks_).subspan(row * mask_bytes_, mask_bytes_));
    }
    if (rows_.size() * kSparse <= now_.rows) {
      out.u8(kGaps);
      std::size_t next = 0;
      for (const auto r : rows_) {
        out.varint(r - next);
        next = r + std::size_t{1};
      }
    } else {
      out.u8(kBitmap);
      std::vector<std::uint8_t> bitmap((now_.rows + 7) / 8);
      for (const auto r : rows_) bitmap[r / 8] |= static_cast<std::uint8_t>(1U << (r % 8));
      out.bytes(bitmap);
    }
    for (const auto what : what_) out.varint(what);
  }

  void write_values(ByteWriter& out, std::size_t index, std::optional<std::size_t> origin) const {
    const auto& column = columns_[index];
    const Cell* old = old_cells(column.position);
    const Cell* now = new_cells(column.position);
    Cell base = first_base(before_, origin, column.position);
    for (const auto r : rows_) {
      const bool newcomer = !ordinary(r) && special_[r] == kNewSubject;
      if (!newcomer && !(ordinary(r) && marked(r, index))) continue;
      const Cell expected = expected_cell(old[r], column.modal);
      if (newcomer || is_missing(expected)) {
        put_value(out, base, now[r]);
        if (!is_missing(now[r])) base = now[r];
      } else {
        put_value(out, column.constant.value_or(expected), now[r]);
      }
    }
  }

  const Table& table_;
  const RowGroup& before_;
  const RowGroup& now_;
  std::vector<ColumnChange> columns_;
  std::vector<std::uint8_t> special_;  // by row; empty if every subject is what it was
  std::size_t mask_bytes_ = 0;
  std::vector<std::uint8_t> masks_;
  std::vector<std::size_t> distinct_masks_;  // a row that has it
  std::vector<std::uint16_t> rows_;
  std::vector<std::uint16_t> what_;
  Frequency frequency_;
};

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
        std::vector<Cell> unknown(rows_.rows, kNoCell);
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

  void apply(std::size_t index, std::vector<Cell>& cells, Cell base) {
    const auto& column = columns_[index];
    if (column.modal != 0) {
      for (Cell& cell : cells) cell = expected_cell(cell, column.modal);
    }
    const std::uint8_t* mask = masks_.data() + index / 8;
    const std::size_t bit = index % 8;
    for (std::size_t i = 0; i < changed_.size(); ++i) {
      const auto what = what_[i];
      const bool newcomer = what == kNewSubject;
      if (!newcomer &&
          (what == kEmptied || (mask[(what - kMasked) * mask_bytes_] >> bit & 1) == 0)) {
        continue;
      }
      Cell& cell = cells[changed_[i]];
      if (newcomer || is_missing(cell)) {
        cell = get_value(in_, base);
        if (!is_missing(cell)) base = cell;
      } else {
        cell = get_value(in_, column.constant.value_or(cell));
      }
    }
  }

  // Emptied rows, and the columns that a new subject's row does not have.
  void finish_rows() {
    for (std::size_t i = 0; i < changed_.size(); ++i) {
      if (what_[i] >= kMasked) continue;
      const Cell cell = missing(what_[i] == kEmptied ? Missing::kNone : Missing::kNotRecorded);
      for (std::size_t c = 0; c < rows_.columns.size(); ++c) {
        if (what_[i] == kEmptied || !listed_[c]) rows_.columns[c][changed_[i]] = cell;
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
  DifferenceWriter difference(table, grown ? padded : before, now);
  if (!difference.prepare() && !grown) return false;
  difference.write(out, boundaries);
  return true;
}

bool read_difference(ByteReader& in, const Table& table, RowGroup& rows) {
  return DifferenceReader(in, table, rows).read();
}

}  // namespace beamtape
