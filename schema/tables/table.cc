#include "schema/tables/table.h"

#include <cassert>
#include <utility>

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

std::vector<Column> joined(const std::vector<std::vector<Column>>& parts) {
  std::vector<Column> all;
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

Column list_column(std::uint16_t id, std::string name, std::string sentence,
                   std::vector<Field> fields, Ask ask, std::string path) {
  return {.id = id,
          .name = std::move(name),
          .type = Type::kList,
          .unit = Unit::kCount,
          .sentence = std::move(sentence),
          .ask = ask,
          .path = std::move(path),
          .fields = std::move(fields)};
}

const Table* find_table(std::string_view name) {
  for (const Table* table : columnar_tables()) {
    if (table->name == name) return table;
  }
  return node_table().name == name ? &node_table() : nullptr;
}

}  // namespace beamtape
