#include "schema/model/table_data.h"

#include <array>
#include <numeric>

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

std::span<const std::uint16_t> TableData::changed_rows(std::size_t group) const {
  static const auto every = [] {
    std::array<std::uint16_t, kRowsPerGroup> rows{};
    std::iota(rows.begin(), rows.end(), std::uint16_t{0});
    return rows;
  }();
  if (changed.empty() || changed[group].all) return std::span(every).first(groups[group].rows);
  return changed[group].rows;
}

}  // namespace beamtape
