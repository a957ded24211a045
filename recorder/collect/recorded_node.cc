#include "recorder/collect/recorded_node.h"

#include <algorithm>

#include "recorder/collect/with_text.h"

namespace beamtape {
namespace {

// Carries texts and lists from one interner to the next, each once.
class Renumbering {
 public:
  Renumbering(const Interner& from, Interner& to)
      : from_(from), to_(to), texts_(from.texts() + 1), lists_(from.lists() + 1) {}

  Cell cell(Cell cell, const Column& column) {
    if (is_missing(cell)) return cell;
    return column.type == Type::kList ? list(cell, column.fields) : scalar(cell, column.type);
  }

 private:
  Cell scalar(Cell cell, Type type) {
    return with_text(cell, type, [this](Cell id) { return text(id); });
  }

  Cell text(Cell id) {
    Cell& known = texts_[static_cast<std::size_t>(id)];
    if (known == 0) known = to_.text(from_.text_of(id));
    return known;
  }

  Cell list(Cell id, const std::vector<Field>& fields) {
    Cell& known = lists_[static_cast<std::size_t>(id)];
    if (known == 0) {
      List list = from_.list_of(id);
      for (std::size_t at = 0; at < list.items.size(); ++at) {
        list.items[at] = scalar(list.items[at], fields[at % fields.size()].type);
      }
      known = to_.list(std::move(list));
    }
    return known;
  }

  const Interner& from_;
  Interner& to_;
  std::vector<Cell> texts_;  // old id -> new id, 0: not yet carried over
  std::vector<Cell> lists_;
};

}  // namespace

RecordedNode::RecordedNode(NodeFacts known) : facts(std::move(known)) {
  for (const Table* table : columnar_tables()) tables.emplace_back(*table);
  node_row.assign(node_table().columns.size(), missing(Missing::kNotRecorded));
}

bool RecordedNode::knows_item(std::string_view item) const {
  return std::find(optional_items.begin(), optional_items.end(), item) != optional_items.end();
}

void RecordedNode::start_epoch() {
  auto fresh = std::make_unique<Interner>();
  Renumbering renumbering(*interner, *fresh);
  for (Rows& rows : tables) {
    const auto& columns = rows.table().columns;
    rows.renumber(
        [&](std::size_t column, Cell cell) { return renumbering.cell(cell, columns[column]); });
  }
  interner = std::move(fresh);
  ++epochs;
}

}  // namespace beamtape
