#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/tables/column.h"

namespace beamtape {

// A table of snapshot rows: its number in the file, its name on the command line, its columns.
// The first column is the key: a row whose key is missing is an empty slot.
// Built from the declarations by the recorder and from the file's own `col` table by a
// reader, so that a file of a later version keeps its unknown columns.
struct Table {
  std::uint16_t id = 0;
  std::string name;
  std::string sentence;
  std::vector<Column> columns;

  // Position of a column by its Erlang name; nothing if this table has no such column.
  std::optional<std::size_t> find(std::string_view column_name) const;
  // The same for a column that must exist: a wrong name is our own mistake (asserted).
  std::size_t index_of(std::string_view column_name) const;
};

// For declarations: the columns of several parts, one after another; and a list column that counts
// its elements and changes.
std::vector<Column> joined(const std::vector<std::vector<Column>>& parts);
Column list_column(std::uint16_t id, std::string name, std::string sentence,
                   std::vector<Field> fields, Ask ask = Ask::kEvery, std::string path = {});

// The declared tables. Columnar ones first; `node` has one row per snapshot and is stored as
// the plain SQL table node_sample. References stay valid for the whole program.
const Table& process_table();
const Table& ets_table();
const Table& port_table();
const Table& socket_table();
const Table& allocator_table();
const Table& scheduler_table();
const Table& connection_table();
const Table& question_table();
const Table& node_table();

// Every columnar table, in the order of their ids. The explicit list (all_tables.cc).
const std::vector<const Table*>& columnar_tables();

// The declared table of that name among the columnar ones and `node`; null if there is none.
const Table* find_table(std::string_view name);

}  // namespace beamtape
