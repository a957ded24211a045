#include "schema/model/table_data.h"

namespace beamtape {

void RowGroup::grow(std::size_t column_count, std::size_t new_rows) {
  columns.resize(column_count);
  for (auto& column : columns) column.resize(new_rows);
  rows = new_rows;
}

std::size_t TableData::slots() const {
  if (groups.empty()) return 0;
  return (groups.size() - 1) * kRowsPerGroup + groups.back().rows;
}

}  // namespace beamtape
