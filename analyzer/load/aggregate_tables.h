#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "schema/store/records.h"
#include "schema/tables/table.h"

namespace beamtape {

// The aggregates that the recorder writes beside each snapshot, as tables: so that they are
// shown, filtered and sorted as everything else, and a timeline of one needs no blob.
// Their first column is `name`, a text id.
struct AggregateTable {
  const char* subject;  // as in `series FILE subject:NAME`
  Table table;
  std::function<std::size_t(const Aggregates&)> rows;
  // One cell per column of `table`.
  std::function<std::vector<Cell>(const Aggregates&, std::size_t)> cells;
};

// group, ets, port and allocator. References stay valid for the whole program.
const std::vector<AggregateTable>& aggregate_tables();
// Null if there is none.
const AggregateTable* find_aggregate(std::string_view subject);
// False where the reader gave them as damaged: no rows, and nothing known of the node.
bool were_read(const Aggregates& all);

}  // namespace beamtape
