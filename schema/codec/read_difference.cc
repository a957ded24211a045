// Reading a difference: column after column, the changed rows' cells are taken out, changed, and
// put back.

#include <algorithm>
#include <bit>

#include "schema/codec/body.h"
#include "schema/codec/difference.h"
#include "schema/codec/row_parts.h"
#include "schema/codec/value.h"

namespace beamtape {
namespace {

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
    // Of which row the first new subject is told must be known before keys change.
    const auto is_key = [](const auto& position) { return position && *position == 0; };
    if (std::any_of(positions_.begin(), positions_.end(), is_key)) origin_ = youngest(rows_);
    for (std::size_t i = 0; in_.ok() && i < columns_.size(); ++i) {
      if (positions_[i]) {
        apply(i, rows_.columns[*positions_[i]]);
      } else {
        CellColumn unknown;
        unknown.resize(rows_.rows);
        apply(i, unknown);
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
      marked_rows_[i] = other.rows_with(columns_[i].marked->value);
    }
    is_source_.resize(columns_.size());
    beyond_.resize(columns_.size());
  }

  // `cells` stay as they were until all values are read: the first of a new subject is told from
  // another row of theirs.
  void apply(std::size_t index, CellColumn& cells) {
    const auto& column = columns_[index];
    find_followed(index);
    // Others change too where they do so like another column, and are looked at where one does.
    const bool whole = column.like || is_source_[index];
    const std::span<const std::uint16_t> rows = whole ? changed_ : followed_rows_;
    find_expected(index, rows, cells);
    read_values(index, cells, whole);
    if (is_source_[index]) find_beyond(index);
    const auto& marked = marked_rows_[index];
    take_marked(index, cells);
    cells.add(column.modal);
    cells.scatter(marked, old_);
    cells.scatter(rows, now_);
  }

  // Of which changed rows a value follows.
  void find_followed(std::size_t index) {
    // What of a changed row concerns this column, told once for each kind of change.
    concerned_.assign(kMasked + mask_count_, 0);
    concerned_[kNewSubject] = 1;
    for (std::size_t m = 0; m < mask_count_; ++m) {
      concerned_[kMasked + m] = masks_[m * mask_bytes_ + index / 8] >> (index % 8) & 1;
    }
    followed_.resize(changed_.size());
    followed_rows_.resize(changed_.size());
    std::size_t count = 0;
    for (std::size_t i = 0; i < changed_.size(); ++i) {
      followed_[count] = static_cast<std::uint16_t>(i);
      followed_rows_[count] = changed_[i];
      count += concerned_[what_[i]];
    }
    followed_.resize(count);
    followed_rows_.resize(count);
  }

  // In now_, what the cells of these rows are where nothing else is said.
  void find_expected(std::size_t index, std::span<const std::uint16_t> rows,
                     const CellColumn& cells) {
    const auto& column = columns_[index];
    old_.resize(rows.size());
    now_.resize(rows.size());
    cells.gather(rows, old_);
    for (std::size_t i = 0; i < rows.size(); ++i) now_[i] = sum_of(old_[i], column.modal);
    const auto& marked = marked_rows_[index];
    for (std::size_t i = 0, at = 0; i < rows.size() && at < marked.size(); ++i) {
      while (at < marked.size() && marked[at] < rows[i]) ++at;
      if (at == marked.size() || marked[at] != rows[i]) continue;
      now_[i] = sum_of(old_[i], column.marked->modal);
    }
    if (!column.like) return;
    const auto& more = beyond_[*column.like];
    for (std::size_t i = 0; i < more.size(); ++i) now_[i] = sum_of(now_[i], more[i]);
  }

  // `whole`: now_ is beside changed_, else beside followed_.
  void read_values(std::size_t index, const CellColumn& cells, bool whole) {
    Near near(columns_[index]);
    std::optional<Cell> base;
    for (std::size_t at = 0; at < followed_.size(); ++at) {
      Cell& cell = now_[whole ? followed_[at] : at];
      if (what_[followed_[at]] == kNewSubject || is_missing(cell)) {
        if (!origin_) origin_ = youngest(rows_);
        if (!base) base = first_base(cells, *origin_);
        cell = get_value(in_, *base);
        if (!is_missing(cell)) base = cell;
      } else {
        cell = get_value(in_, near.base(cell));
        near.passed(cell);
      }
    }
  }

  void find_beyond(std::size_t index) {
    auto& beyond = beyond_[index];
    beyond.resize(changed_.size());
    for (std::size_t i = 0; i < beyond.size(); ++i) {
      const bool means = what_[i] >= kMasked && !is_missing(now_[i]) && !is_missing(old_[i]);
      beyond[i] = means ? difference_of(now_[i], old_[i]) - columns_[index].modal : 0;
    }
  }

  // In old_, what marked rows become, also those in which nothing else changed.
  void take_marked(std::size_t index, const CellColumn& cells) {
    const auto& marked = marked_rows_[index];
    old_.resize(marked.size());
    cells.gather(marked, old_);
    for (Cell& cell : old_) cell = sum_of(cell, columns_[index].marked->modal);
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
  // The row that the first new subject is told from; found when it is needed.
  std::optional<std::optional<std::size_t>> origin_;
  // Of the present column.
  std::vector<std::uint8_t> concerned_;                  // by what_
  std::vector<std::uint16_t> followed_, followed_rows_;  // indexes of changed_, and its rows
  std::vector<Cell> old_, now_;                          // before and after the change
  // Beside columns_.
  std::vector<std::vector<std::uint16_t>> marked_rows_;
  std::vector<bool> is_source_;                     // another column changes like it
  std::vector<std::vector<std::uint64_t>> beyond_;  // beside changed_; of sources only
};

}  // namespace

bool read_difference(ByteReader& in, const Table& table, RowGroup& rows, std::uint8_t version,
                     ChangedRows& changed) {
  return DifferenceReader(in, table, rows, version).read(changed);
}

}  // namespace beamtape
