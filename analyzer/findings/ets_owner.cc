#include "analyzer/findings/ets_owner.h"

#include <fmt/format.h>

#include "analyzer/findings/evidence.h"
#include "analyzer/load/elixir_names.h"
#include "analyzer/load/frame.h"
#include "schema/model/group.h"

namespace beamtape {
namespace {

std::string text_of(const RowView& row, const Shown* column) {
  if (column == nullptr) return {};
  const Value value = value_of(row, *column);
  return no_value(value) ? std::string() : display(value, Unit::kNone);
}

void describe_owner(const Observed& observed, Cell owner, LargestTable& found) {
  if (!observed.last_processes || is_missing(owner)) return;
  const Frame& frame = *observed.last_processes;
  const auto columns = shown_columns(frame.table());
  for (const std::size_t slot : frame.slots()) {
    if (frame.cell(slot, 0) != owner) continue;
    const RowView row = frame.row(slot);
    found.owner = called(row);
    if (const Shown* ancestors = find_shown(columns, "ancestors")) {
      const Value value = value_of(row, *ancestors);
      const auto* list = std::get_if<ListValue>(&value);
      if (list != nullptr && !list->elements.empty()) {
        found.supervisor = display(list->elements[0][0], Unit::kNone);
      }
    }
    return;
  }
}

}  // namespace

LargestTable largest_table(const Observed& observed, const std::string& folded_name) {
  LargestTable found;
  const Table* table = observed.recording->reader().table("ets");
  if (table == nullptr) return found;
  const auto frame = observed.recording->frame(*table, observed.last_snapshot());
  const auto name = table->find("name"), memory = table->find("memory"),
             owner = table->find("owner");
  if (!frame || !name || !memory || !owner) return found;
  Cell largest = -1, owned_by = missing(Missing::kNone);
  const auto columns = shown_columns(*table);
  for (const std::size_t slot : frame->slots()) {
    const RowView row = frame->row(slot);
    const auto text = row.texts.text(row.cell(*name));
    if (!text || written_term(fold_name(*text)) != folded_name || row.cell(*memory) <= largest)
      continue;
    largest = row.cell(*memory);
    owned_by = row.cell(*owner);
    found.id = text_of(row, find_shown(columns, "id"));
    found.name = text_of(row, find_shown(columns, "name"));
  }
  if (largest >= 0) describe_owner(observed, owned_by, found);
  return found;
}

}  // namespace beamtape
