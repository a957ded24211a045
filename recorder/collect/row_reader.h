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
// of a table, by the columns' declared paths. What the answer holds beyond them is passed over.
class RowReader {
 public:
  // For the columns of `table` (which must outlive it) that satisfy `wanted`.
  RowReader(const Table& table, const std::function<bool(const Column&)>& wanted);

  // Reads one more column, from another place than its declared one.
  void add(std::string_view path, std::size_t column);

  // The items to ask for: the first step of each path, once each, in the order of the columns.
  std::vector<std::string> items() const;
  // Positions of its columns in the table.
  const std::vector<std::size_t>& columns() const { return columns_; }

  // Consumes one answer and puts its cells into `row`, which has a cell for each column of the
  // table; columns that the answer does not have become kNotRecorded. False if the next term
  // is no such answer: then it was skipped and the columns are kBadAnswer.
  bool read(Cursor& cursor, Cells& cells, std::vector<Cell>& row) const;

 private:
  struct Step {
    std::string key;
    std::vector<std::size_t> columns;  // that end here
    std::vector<Step> next;
  };

  static Step* find_or_add(std::vector<Step>& steps, std::string_view key);
  bool read_steps(const std::vector<Step>& steps, Cursor& cursor, Cells& cells,
                  std::vector<Cell>& row) const;
  void read_value(const Step& step, Cursor& cursor, Cells& cells, std::vector<Cell>& row) const;

  const Table* table_;
  std::vector<std::size_t> columns_;
  std::vector<Step> steps_;
};

}  // namespace beamtape
