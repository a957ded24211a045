#include "analyzer/load/process_group.h"

#include <array>
#include <string_view>
#include <utility>

#include "schema/model/group.h"

namespace beamtape {

std::string process_group(const RowView& row) {
  constexpr std::array<std::pair<std::string_view, bool>, 4> kSources{
      {{"registered_name", true},
       {"label", true},
       {"dictionary_initial_call", false},
       {"initial_call", false}}};
  for (const auto& [column, folded] : kSources) {
    const auto at = row.table->find(column);
    if (!at || is_missing(row.cell(*at))) continue;
    const auto text = row.texts.text(row.cell(*at));
    if (text) return folded ? fold_name(*text) : std::string(*text);
  }
  return "unknown";
}

}  // namespace beamtape
