// A keyframe: all cells of one row group.
//   keyframe := rows:varint presence columns:varint column*
//   presence := 0                        every row is present
//             | 1 bitmap                 a bit for each row, low first; a row without is empty:
//                                        all its cells are kNone and none of them follows
//   column   := id:varint encoding:1 payload       ids ascending: id - previous - 1
//   payload  := value                              0 constant: one value, base 0, for all rows
//             | value*                             1 along: base is the last value that was not
//                                                  missing, at first 0
//             | count:varint value* index*         2 dictionary of up to 256 values (as in 1); an
//                                                  index takes 1, 2, 4 or 8 bits, the fewest that
//                                                  do for `count`, low bits of a byte first
//             | column:varint value*               3 beside an earlier column of this part: base
//                                                  is its cell; where that is missing, as in 1
//             | column:varint value* exceptions    4 by an earlier dictionary: one value (as in 1)
//                                                  for each of its values
//   exceptions := count:varint gap:varint* value*  rows between those that are something else
//                                                  than 4 says, and what they are (as in 1)
// Columns are named by their position in the part. The encoder takes for each what promises
// the fewest bytes after entropy coding.

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "schema/codec/body.h"
#include "schema/codec/frequency.h"
#include "schema/codec/row_parts.h"
#include "schema/codec/value.h"

namespace beamtape {
namespace {

enum Encoding : std::uint8_t {
  kConstant = 0,
  kAlong = 1,
  kDictionary = 2,
  kBeside = 3,
  kBy = 4,
};
using Cells = std::span<const Cell>;
using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t kMaxDictionary = 256;
// Columns of one unit that a column is tried beside, nearest first.
constexpr int kNeighboursTried = 4;
// Bits a row below which nothing better is looked for.
constexpr double kGoodEnough = 0.05;
// Rows by which a dictionary is chosen that may tell a column.
constexpr std::size_t kSample = 256;

bool row_is_empty(const RowGroup& rows, std::size_t row) {
  return std::all_of(rows.columns.begin(), rows.columns.end(),
                     [&](const auto& column) { return column[row] == missing(Missing::kNone); });
}

std::vector<std::uint16_t> present_rows(const RowGroup& rows) {
  std::vector<std::uint16_t> present;
  present.reserve(rows.rows);
  for (std::size_t r = 0; r < rows.rows; ++r) {
    const bool empty = !rows.columns.empty() && is_missing(rows.columns[0][r]) &&
                       row_is_empty(rows, r);
    if (!empty) present.push_back(static_cast<std::uint16_t>(r));
  }
  return present;
}

void write_presence(ByteWriter& out, const std::vector<std::uint16_t>& present, std::size_t rows) {
  const bool all = present.size() == rows;
  out.u8(all ? 0 : 1);
  if (all) return;
  Bytes bitmap((rows + 7) / 8);
  for (const auto r : present) bitmap[r / 8] |= static_cast<std::uint8_t>(1U << (r % 8));
  out.bytes(bitmap);
}

// Bits of an index among `values`. Short ones also because a code of frequent bytes gives no byte
// less than one bit.
std::size_t index_bits(std::size_t values) {
  return values <= 2 ? 1 : values <= 4 ? 2 : values <= 16 ? 4 : 8;
}

void write_indexes(ByteWriter& out, const Bytes& indexes, std::size_t bits) {
  const std::size_t in_byte = 8 / bits;
  Bytes packed((indexes.size() + in_byte - 1) / in_byte);
  for (std::size_t i = 0; i < indexes.size(); ++i) {
    packed[i / in_byte] |= static_cast<std::uint8_t>(indexes[i] << (i % in_byte * bits));
  }
  out.bytes(packed);
}

// Bits that these bytes will take once frequent ones are short.
double entropy_bits(const Bytes& bytes) {
  std::array<std::uint32_t, 256> counts{};
  for (const auto byte : bytes) ++counts[byte];
  const auto total = static_cast<double>(bytes.size());
  double bits = 0;
  for (const auto count : counts) {
    if (count != 0) bits += count * std::log2(total / count);
  }
  return bits;
}

void write_along(ByteWriter& out, Cells cells) {
  Cell base = 0;
  for (const Cell cell : cells) {
    put_value(out, base, cell);
    if (!is_missing(cell)) base = cell;
  }
}

void write_beside(ByteWriter& out, Cells cells, Cells beside) {
  Cell base = 0;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    put_value(out, is_missing(beside[i]) ? base : beside[i], cells[i]);
    if (!is_missing(cells[i])) base = cells[i];
  }
}

// For each index of one dictionary, the most frequent index of another beside it.
class Companions {
 public:
  // Looks at every `stride`-th row. Returns how many of those say something else.
  std::size_t find(const Bytes& of, const Bytes& by, std::size_t stride) {
    std::size_t rows = 0;
    std::size_t told = 0;
    most_.fill(0);
    for (std::size_t i = 0; i < of.size(); i += stride, ++rows) {
      const auto count = ++pairs_[by[i] * kMaxDictionary + of[i]];
      if (count <= most_[by[i]]) continue;
      most_[by[i]] = count;
      companion_[by[i]] = of[i];
      ++told;  // the largest counts add up to the number of times that one of them rose
    }
    for (std::size_t i = 0; i < of.size(); i += stride) {
      pairs_[by[i] * kMaxDictionary + of[i]] = 0;
    }
    return rows - told;
  }
  std::uint8_t of(std::size_t index) const { return companion_[index]; }

 private:
  std::vector<std::uint16_t> pairs_ = std::vector<std::uint16_t>(kMaxDictionary * kMaxDictionary);
  std::array<std::uint16_t, kMaxDictionary> most_{};
  std::array<std::uint8_t, kMaxDictionary> companion_{};
};

// Present cells of the columns, in the order of their ids, each written in the best way.
class KeyframeWriter {
 public:
  KeyframeWriter(const Table& table, const std::vector<std::size_t>& order,
                 std::vector<Cells> cells)
      : table_(table), order_(order), cells_(std::move(cells)), dictionaries_(cells_.size()) {}

  void write(ByteWriter& out, std::size_t column) {
    const Cells cells = cells_[column];
    const Cell first = cells.empty() ? missing(Missing::kNone) : cells.front();
    if (std::all_of(cells.begin(), cells.end(), [first](Cell cell) { return cell == first; })) {
      out.u8(kConstant);
      put_value(out, 0, first);
      return;
    }
    best_.clear();
    try_along(cells);
    index(cells);
    if (frequency_.distinct() <= kMaxDictionary) {
      try_dictionary();
      try_by(cells.size());
    }
    try_beside(column);
    if (best_[0] == kDictionary) {
      dictionaries_[column] = {frequency_.distinct(), std::move(indexes_)};
    }
    out.bytes(best_);
  }

 private:
  struct Dictionary {
    std::size_t values = 0;  // 0: the column has none
    Bytes indexes;
  };

  void keep_if_better() {
    const double bits = entropy_bits(trial_);
    if (!best_.empty() && bits >= best_bits_) return;
    best_bits_ = bits;
    best_.swap(trial_);
  }
  bool good_enough(std::size_t rows) const {
    return best_bits_ < kGoodEnough * static_cast<double>(rows);
  }

  // The index of every cell among the distinct ones, while those are few.
  void index(Cells cells) {
    frequency_.clear();
    indexes_.clear();
    for (const Cell cell : cells) {
      indexes_.push_back(
          static_cast<std::uint8_t>(frequency_.add(static_cast<std::uint64_t>(cell)).index));
      if (frequency_.distinct() > kMaxDictionary) return;
    }
  }
  Cell distinct(std::size_t index) const {
    return static_cast<Cell>(frequency_.entry(index).value);
  }

  void try_along(Cells cells) {
    trial_.clear();
    ByteWriter out(trial_);
    out.u8(kAlong);
    write_along(out, cells);
    keep_if_better();
  }

  void try_dictionary() {
    trial_.clear();
    ByteWriter out(trial_);
    out.u8(kDictionary);
    out.varint(frequency_.distinct());
    std::vector<Cell> values;
    for (std::size_t i = 0; i < frequency_.distinct(); ++i) values.push_back(distinct(i));
    write_along(out, values);
    write_indexes(out, indexes_, index_bits(frequency_.distinct()));
    keep_if_better();
  }

  void try_by(std::size_t rows) {
    if (good_enough(rows)) return;
    const std::size_t stride = rows / kSample + 1;
    std::optional<std::size_t> best;
    std::size_t fewest = rows / stride / 2;  // of the sample may be exceptions
    for (std::size_t i = 0; i < dictionaries_.size(); ++i) {
      if (dictionaries_[i].values == 0) continue;
      const auto exceptions = companions_.find(indexes_, dictionaries_[i].indexes, stride);
      if (exceptions >= fewest) continue;
      fewest = exceptions;
      best = i;
    }
    if (!best) return;
    const auto& by = dictionaries_[*best];
    companions_.find(indexes_, by.indexes, 1);
    trial_.clear();
    ByteWriter out(trial_);
    out.u8(kBy);
    out.varint(*best);
    std::vector<Cell> values;
    for (std::size_t i = 0; i < by.values; ++i) values.push_back(distinct(companions_.of(i)));
    write_along(out, values);
    write_exceptions(out, by.indexes);
    keep_if_better();
  }

  void write_exceptions(ByteWriter& out, const Bytes& by) {
    std::vector<std::size_t> rows;
    std::vector<Cell> values;
    for (std::size_t i = 0; i < by.size(); ++i) {
      if (indexes_[i] == companions_.of(by[i])) continue;
      rows.push_back(i);
      values.push_back(distinct(indexes_[i]));
    }
    out.varint(rows.size());
    std::size_t next = 0;
    for (const auto row : rows) {
      out.varint(row - next);
      next = row + 1;
    }
    write_along(out, values);
  }

  void try_beside(std::size_t column) {
    const Unit unit = table_.columns[order_[column]].unit;
    int tried = 0;
    for (std::size_t other = column; other-- > 0 && tried < kNeighboursTried;) {
      if (good_enough(cells_[column].size())) return;
      if (unit == Unit::kNone || table_.columns[order_[other]].unit != unit) continue;
      ++tried;
      trial_.clear();
      ByteWriter out(trial_);
      out.u8(kBeside);
      out.varint(other);
      write_beside(out, cells_[column], cells_[other]);
      keep_if_better();
    }
  }

  const Table& table_;
  const std::vector<std::size_t>& order_;
  std::vector<Cells> cells_;
  std::vector<Dictionary> dictionaries_;
  Frequency frequency_;
  Bytes indexes_;
  Companions companions_;
  Bytes trial_;
  Bytes best_;
  double best_bits_ = 0;
};

void unpack(std::span<const std::uint8_t> packed, std::size_t bits, std::uint8_t* indexes) {
  const auto mask = static_cast<std::uint8_t>((1U << bits) - 1);
  for (const auto byte : packed) {
    for (std::size_t shift = 0; shift < 8; shift += bits) *indexes++ = byte >> shift & mask;
  }
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

void read_along(ByteReader& in, std::span<Cell> cells) {
  Cell base = 0;
  for (Cell& cell : cells) {
    cell = get_value(in, base);
    if (!is_missing(cell)) base = cell;
  }
}

// The columns of one part as they are decoded, present rows only.
class KeyframeReader {
 public:
  KeyframeReader(ByteReader& in, std::size_t present, std::size_t columns)
      : in_(in), present_(present) {
    if (scratch().size() < present * columns) scratch().resize(present * columns);
  }

  Cells column(std::size_t i) const { return cells_of(i); }

  bool read_next() {
    const auto cells = cells_of(columns_.size());
    Column column;
    const auto encoding = in_.u8();
    bool good = encoding <= kBy;
    if (encoding == kConstant) {
      std::fill(cells.begin(), cells.end(), get_value(in_, 0));
    } else if (encoding == kAlong) {
      read_along(in_, cells);
    } else if (encoding == kDictionary) {
      good = read_dictionary(column, cells);
    } else if (encoding == kBeside) {
      good = read_beside(cells);
    } else if (encoding == kBy) {
      good = read_by(cells);
    }
    columns_.push_back(std::move(column));
    return good && in_.ok();
  }

 private:
  struct Column {
    std::size_t values = 0;  // of its dictionary; 0 if it has none
    Bytes indexes;
  };

  // Kept between parts: fresh memory would cost more than decoding into it.
  static std::vector<Cell>& scratch() {
    thread_local std::vector<Cell> cells;
    return cells;
  }
  std::span<Cell> cells_of(std::size_t i) const {
    return std::span(scratch()).subspan(i * present_, present_);
  }

  bool read_dictionary(Column& column, std::span<Cell> cells) {
    std::array<Cell, kMaxDictionary> values{};
    column.values = in_.varint_up_to(kMaxDictionary);
    read_along(in_, std::span(values).first(column.values));
    const std::size_t bits = index_bits(column.values);
    const auto packed = in_.take((cells.size() * bits + 7) / 8);
    if (!in_.ok()) return false;
    column.indexes.resize(packed.size() * 8 / bits);
    unpack(packed, bits, column.indexes.data());
    column.indexes.resize(cells.size());
    std::uint8_t highest = 0;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      highest = std::max(highest, column.indexes[i]);
      cells[i] = values[column.indexes[i]];
    }
    return cells.empty() || highest < column.values;
  }

  bool read_beside(std::span<Cell> cells) {
    const auto other = in_.varint();
    if (other >= columns_.size()) return false;
    const auto beside = cells_of(other);
    Cell base = 0;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      cells[i] = get_value(in_, is_missing(beside[i]) ? base : beside[i]);
      if (!is_missing(cells[i])) base = cells[i];
    }
    return true;
  }

  bool read_by(std::span<Cell> cells) {
    const auto other = in_.varint();
    if (other >= columns_.size() || columns_[other].values == 0) return false;
    const auto& by = columns_[other];
    std::array<Cell, kMaxDictionary> values{};
    read_along(in_, std::span(values).first(by.values));
    for (std::size_t i = 0; i < cells.size(); ++i) cells[i] = values[by.indexes[i]];
    std::vector<std::size_t> rows(in_.varint_up_to(cells.size()));
    std::uint64_t next = 0;
    for (auto& row : rows) {
      row = next + in_.varint_up_to(kRowsPerGroup);
      if (row >= cells.size()) return false;
      next = row + 1;
    }
    Cell base = 0;
    for (const auto row : rows) {
      cells[row] = get_value(in_, base);
      if (!is_missing(cells[row])) base = cells[row];
    }
    return true;
  }

  ByteReader& in_;
  std::size_t present_;
  std::vector<Column> columns_;
};

void place(Cells cells, const std::vector<std::uint16_t>& present, std::vector<Cell>& column) {
  if (cells.size() == column.size()) {
    std::copy(cells.begin(), cells.end(), column.begin());
    return;
  }
  std::fill(column.begin(), column.end(), missing(Missing::kNone));
  for (std::size_t i = 0; i < present.size(); ++i) column[present[i]] = cells[i];
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
  std::vector<Cell> gathered(all ? 0 : present.size() * order.size());
  std::vector<Cells> cells;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto& column = rows.columns[order[i]];
    if (all) {
      cells.emplace_back(column);
      continue;
    }
    const auto into = std::span(gathered).subspan(i * present.size(), present.size());
    for (std::size_t p = 0; p < present.size(); ++p) into[p] = column[present[p]];
    cells.emplace_back(into);
  }
  out.varint(rows.rows);
  write_presence(out, present, rows.rows);
  out.varint(order.size());
  KeyframeWriter columns(table, order, std::move(cells));
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
  KeyframeReader reader(in, present.size(), columns);
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
  rows.grow(table.columns.size(), count);
  std::vector<bool> recorded(table.columns.size());
  for (std::size_t c = 0; c < sources.size(); ++c) {
    recorded[c] = sources[c].has_value();
    if (sources[c]) {
      place(reader.column(*sources[c]), present, rows.columns[c]);
    } else {
      std::fill(rows.columns[c].begin(), rows.columns[c].end(), missing(Missing::kNone));
    }
  }
  mark_not_recorded(recorded, rows);
  return true;
}

}  // namespace beamtape
