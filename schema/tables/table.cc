#include "schema/tables/table.h"

#include <cassert>

namespace beamtape {

std::optional<std::size_t> Table::find(std::string_view column_name) const {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].name == column_name) return i;
  }
  return std::nullopt;
}

std::size_t Table::index_of(std::string_view column_name) const {
  const auto position = find(column_name);
  assert(position && "no such column");
  return *position;
}

const Table* find_table(std::string_view name) {
  for (const Table* table : columnar_tables()) {
    if (table->name == name) return table;
  }
  return node_table().name == name ? &node_table() : nullptr;
}

}  // namespace beamtape
