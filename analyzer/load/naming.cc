#include "analyzer/load/naming.h"

#include <array>
#include <string_view>

namespace beamtape {

namespace {

// What a process is called, best first.
constexpr std::array<std::string_view, std::tuple_size_v<decltype(TextColumns::columns)>>
    kNamingColumns{"registered_name", "label", "dictionary_initial_call", "initial_call"};

}  // namespace

TextColumns text_columns(const Table& table, const Shown& column) {
  TextColumns found;
  if (column.source == Shown::Source::kColumn) found.columns[found.count++] = column.column;
  if (column.source != Shown::Source::kProcessName) return found;
  for (const auto& name : kNamingColumns) {
    if (const auto at = table.find(name)) found.columns[found.count++] = *at;
  }
  return found;
}

std::optional<NamingCell> first_with_value(const RowView& row, const TextColumns& of) {
  std::optional<NamingCell> last;
  for (std::size_t i = 0; i < of.count; ++i) {
    last = NamingCell{of.columns[i], row.cell(of.columns[i])};
    if (!is_missing(last->cell)) break;
  }
  return last;
}

}  // namespace beamtape
