#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "schema/codec/bytes.h"
#include "schema/codec/frequency.h"
#include "schema/model/cell.h"
#include "schema/tables/column.h"

namespace beamtape {

// The columns of a keyframe, one after another. Grammar on top of column_coding.cc.

using Cells = std::span<const Cell>;

inline constexpr std::size_t kMaxDictionary = 256;

// For each index of one dictionary, the most frequent index of another beside it.
class Companions {
 public:
  // Looks at every `stride`-th row. Returns how many of those say something else.
  std::size_t find(std::span<const std::uint8_t> of, std::span<const std::uint8_t> by,
                   std::size_t stride);
  std::uint8_t of(std::size_t index) const { return companion_[index]; }

 private:
  std::vector<std::uint16_t> pairs_ = std::vector<std::uint16_t>(kMaxDictionary * kMaxDictionary);
  std::array<std::uint16_t, kMaxDictionary> most_{};
  std::array<std::uint8_t, kMaxDictionary> companion_{};
};

// Writes each column in the way that promises the fewest bytes after entropy coding.
class ColumnsWriter {
 public:
  // All columns, with as many cells each, which must outlive this.
  ColumnsWriter(std::vector<Cells> cells, std::vector<Unit> units);
  // Once for each column, in order.
  void write(ByteWriter& out, std::size_t column);

 private:
  using Bytes = std::vector<std::uint8_t>;
  struct Dictionary {
    std::size_t values = 0;  // 0: the column has none
    Bytes indexes;
  };

  void keep_if_better();
  bool good_enough(std::size_t rows) const;
  // The index of every cell among the distinct ones, while those are few.
  void index(Cells cells);
  Cell distinct(std::size_t index) const {
    return static_cast<Cell>(frequency_.entry(index).value);
  }
  void try_along(Cells cells);
  void try_dictionary();
  void try_by(std::size_t rows);
  std::optional<std::size_t> best_dictionary(std::size_t rows);
  void write_exceptions(ByteWriter& out, const Bytes& by);
  void try_beside(std::size_t column);

  std::vector<Cells> cells_;
  std::vector<Unit> units_;
  std::vector<Dictionary> dictionaries_;
  Frequency frequency_;
  Bytes indexes_;
  Companions companions_;
  Bytes trial_;
  Bytes best_;
  double best_bits_ = 0;
};

// Reads columns into memory that is kept for the next part of the same thread.
class ColumnsReader {
 public:
  // At most `columns` of `rows` cells each; only one such reader on a thread at a time.
  ColumnsReader(ByteReader& in, std::size_t rows, std::size_t columns);
  // False if the bytes do not follow the grammar.
  bool read_next();
  Cells column(std::size_t i) const { return cells_of(i); }
  // The cell that all rows have; nothing if they were not written as one.
  std::optional<Cell> constant(std::size_t i) const { return columns_[i].constant; }

 private:
  struct Column {
    std::size_t values = 0;  // of its dictionary; 0 if it has none
    std::vector<std::uint8_t> indexes;
    std::optional<Cell> constant;
  };

  std::span<Cell> cells_of(std::size_t i) const;
  bool read_dictionary(Column& column, std::span<Cell> cells);
  bool read_beside(std::span<Cell> cells);
  bool read_by(std::span<Cell> cells);

  ByteReader& in_;
  std::size_t rows_;
  std::vector<Column> columns_;
};

}  // namespace beamtape
