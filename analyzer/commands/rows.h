#pragma once

#include <string>
#include <vector>

#include "analyzer/commands/output.h"
#include "analyzer/load/frame.h"
#include "analyzer/load/value.h"

namespace beamtape {

// Rows as each output writes them: one place, so that all commands agree.

using ShownList = std::vector<const Shown*>;

// "a,b,c" or "all". kUsage with the nearest names.
Expected<ShownList> choose_columns(const std::string& names, const std::vector<Shown>& columns);

// Why values are not there, numbered in order of appearance: "?1" in a cell, the reason below.
class Footnotes {
 public:
  // The text of a cell, marked where it was not read.
  std::string cell(const Value& value, Unit unit);
  // One line each; empty if there are none.
  std::string text() const;

 private:
  std::vector<std::string> reasons_;
};

// A line each for columns of which the cells do not tell what they are in. Empty if there are none:
// sizes and times have a unit beside them, and bare numbers are counts. `looks_back`: the rows are
// compared with earlier ones.
std::string unit_notes(const Table& table, const ShownList& columns, bool looks_back);

// [{"name","type","unit","kind"}]; unit null for none.
Json columns_json(const ShownList& columns);
// The values of a row, one per column: what the functions below take.
using RowValues = std::vector<Value>;
RowValues values_of(const RowView& row, const ShownList& columns);

// One member per column, and `not_read` {column: reason} if something was not read. Adds to
// `object`.
void add_row(Json& object, const RowValues& values, const ShownList& columns);

// The last column of every line is `not_read`: "memory: mailbox over 10 000 messages; …".
std::string csv_header(const std::vector<std::string>& before, const ShownList& columns);
std::string csv_row(const std::vector<std::string>& before, const RowValues& values,
                    const ShownList& columns);

// A JSON document of which one array is written while it is made, an element a line: a
// recording has millions of rows. Members come in the order of the calls.
class JsonDocument {
 public:
  explicit JsonDocument(Output& out) : out_(out) {}

  void member(const std::string& key, const Json& value);
  void begin_array(const std::string& key);
  // False when nobody takes more.
  bool element(const Json& value);
  void end_array();
  void end();

 private:
  Output& out_;
  bool empty_ = true;
  bool array_empty_ = true;
};

}  // namespace beamtape
