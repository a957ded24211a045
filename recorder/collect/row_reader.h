#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "recorder/collect/cells.h"
#include "recorder/term/cursor.h"
#include "schema/tables/table.h"

namespace beamtape {

// Reads answers of the shape [{Item, Value}] or #{Item => Value}, nested or not, into the columns
// of a table, by the columns' declared paths. What the answer holds beyond them is passed over. One
// thread.
class RowReader {
 public:
  // For the columns of `table` (which must outlive it) that satisfy `wanted`.
  RowReader(const Table& table, const std::function<bool(const Column&)>& wanted);

  // Reads one more column, from another place than its declared one.
  void add(std::string_view path, std::size_t column);

  // The items to ask for: the first step of each path, once each, in the order of the columns.
  std::vector<std::string> items() const;
  std::size_t item_count() const { return top_.steps.size(); }
  // Positions of its columns in the table.
  const std::vector<std::size_t>& columns() const { return columns_; }

  // Consumes one answer and puts its cells into `row`, which has a cell for each column of the
  // table; columns that the answer does not have become kNotRecorded. False if the next term
  // is no such answer: then it was skipped and the columns are kBadAnswer.
  bool read(Cursor& cursor, Cells& cells, std::vector<Cell>& row) const;
  // The same of values alone, the next of `list`, whose elements `cursor` reads: one for each item,
  // in the order of items(), which is that of process_info/2's answers (its manual). False, with
  // all columns kBadAnswer, if there are not so many.
  bool read_values(ListReader& list, Cursor& cursor, Cells& cells, std::vector<Cell>& row) const;

 private:
  static constexpr std::size_t kNoStep = SIZE_MAX;
  struct Step;
  // A value of an answer: the bytes before it, since the value before, and the step it belongs to;
  // kNoStep for one that is passed over. The last of a shape is no value but the end.
  struct Place {
    std::vector<std::uint8_t> before;
    std::size_t step = kNoStep;
  };
  // The keys of one depth, and what the last answer looked like between its values: the next one
  // nearly always looks the same.
  struct Level {
    std::vector<Step> steps;
    mutable std::vector<Place> shape;
  };
  struct Step {
    std::string key;
    std::vector<std::size_t> columns;  // that end here
    Level next;
  };

  static Step* find_or_add(std::vector<Step>& steps, std::string_view key);
  bool read_level(const Level& level, Cursor& cursor, Cells& cells, std::vector<Cell>& row) const;
  bool read_alike(const Level& level, Cursor& cursor, Cells& cells, std::vector<Cell>& row) const;
  void read_value(const Level& level, std::size_t step, Cursor& cursor, Cells& cells,
                  std::vector<Cell>& row) const;

  const Table* table_;
  std::vector<std::size_t> columns_;
  Level top_;
};

}  // namespace beamtape
