// One column of a keyframe: the cells of the rows that are present.
//   column   := encoding:1 payload
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
// Columns are named by their position in the part.

#include "schema/codec/column_coding.h"

#include <algorithm>
#include <cmath>

#include "schema/codec/value.h"
#include "schema/model/table_data.h"

namespace beamtape {
namespace {

enum Encoding : std::uint8_t {
  kConstant = 0,
  kAlong = 1,
  kDictionary = 2,
  kBeside = 3,
  kBy = 4,
};
using Bytes = std::vector<std::uint8_t>;

// Columns of one unit that a column is tried beside, nearest first.
constexpr int kNeighboursTried = 4;
// Bits a row below which nothing better is looked for.
constexpr double kGoodEnough = 0.05;
// Rows by which a dictionary is chosen that may tell a column.
constexpr std::size_t kSample = 256;

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

void unpack(std::span<const std::uint8_t> packed, std::size_t bits, std::uint8_t* indexes) {
  const auto mask = static_cast<std::uint8_t>((1U << bits) - 1);
  for (const auto byte : packed) {
    for (std::size_t shift = 0; shift < 8; shift += bits) *indexes++ = byte >> shift & mask;
  }
}

void read_along(ByteReader& in, std::span<Cell> cells) {
  Cell base = 0;
  for (Cell& cell : cells) {
    cell = get_value(in, base);
    if (!is_missing(cell)) base = cell;
  }
}

// Kept between parts: fresh memory would cost more than decoding into it.
std::vector<Cell>& scratch() {
  thread_local std::vector<Cell> cells;
  return cells;
}

}  // namespace

std::size_t Companions::find(std::span<const std::uint8_t> of, std::span<const std::uint8_t> by,
                             std::size_t stride) {
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

ColumnsWriter::ColumnsWriter(std::vector<Cells> cells, std::vector<Unit> units)
    : cells_(std::move(cells)), units_(std::move(units)), dictionaries_(cells_.size()) {}

void ColumnsWriter::write(ByteWriter& out, std::size_t column) {
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

void ColumnsWriter::keep_if_better() {
  const double bits = entropy_bits(trial_);
  if (!best_.empty() && bits >= best_bits_) return;
  best_bits_ = bits;
  best_.swap(trial_);
}

bool ColumnsWriter::good_enough(std::size_t rows) const {
  return best_bits_ < kGoodEnough * static_cast<double>(rows);
}

void ColumnsWriter::index(Cells cells) {
  frequency_.clear();
  indexes_.clear();
  for (const Cell cell : cells) {
    indexes_.push_back(
        static_cast<std::uint8_t>(frequency_.add(static_cast<std::uint64_t>(cell)).index));
    if (frequency_.distinct() > kMaxDictionary) return;
  }
}

void ColumnsWriter::try_along(Cells cells) {
  trial_.clear();
  ByteWriter out(trial_);
  out.u8(kAlong);
  write_along(out, cells);
  keep_if_better();
}

void ColumnsWriter::try_dictionary() {
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

// The dictionary that tells most of a sample of the rows; nothing if none tells half of them.
std::optional<std::size_t> ColumnsWriter::best_dictionary(std::size_t rows) {
  const std::size_t stride = rows / kSample + 1;
  std::optional<std::size_t> best;
  std::size_t fewest = rows / stride / 2;
  for (std::size_t i = 0; i < dictionaries_.size(); ++i) {
    if (dictionaries_[i].values == 0) continue;
    const auto exceptions = companions_.find(indexes_, dictionaries_[i].indexes, stride);
    if (exceptions >= fewest) continue;
    fewest = exceptions;
    best = i;
  }
  return best;
}

void ColumnsWriter::try_by(std::size_t rows) {
  if (good_enough(rows)) return;
  const auto best = best_dictionary(rows);
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

void ColumnsWriter::write_exceptions(ByteWriter& out, const Bytes& by) {
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

void ColumnsWriter::try_beside(std::size_t column) {
  const Unit unit = units_[column];
  int tried = 0;
  for (std::size_t other = column; other-- > 0 && tried < kNeighboursTried;) {
    if (good_enough(cells_[column].size())) return;
    if (unit == Unit::kNone || units_[other] != unit) continue;
    ++tried;
    trial_.clear();
    ByteWriter out(trial_);
    out.u8(kBeside);
    out.varint(other);
    write_beside(out, cells_[column], cells_[other]);
    keep_if_better();
  }
}

ColumnsReader::ColumnsReader(ByteReader& in, std::size_t rows, std::size_t columns)
    : in_(in), rows_(rows) {
  if (scratch().size() < rows * columns) scratch().resize(rows * columns);
}

std::span<Cell> ColumnsReader::cells_of(std::size_t i) const {
  return std::span(scratch()).subspan(i * rows_, rows_);
}

bool ColumnsReader::read_next() {
  const auto cells = cells_of(columns_.size());
  Column column;
  const auto encoding = in_.u8();
  bool good = encoding <= kBy;
  if (encoding == kConstant) {
    column.constant = get_value(in_, 0);
    std::fill(cells.begin(), cells.end(), *column.constant);
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

bool ColumnsReader::read_dictionary(Column& column, std::span<Cell> cells) {
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

bool ColumnsReader::read_beside(std::span<Cell> cells) {
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

bool ColumnsReader::read_by(std::span<Cell> cells) {
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

}  // namespace beamtape
