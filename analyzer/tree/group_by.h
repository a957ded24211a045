#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "analyzer/load/recording.h"
#include "analyzer/load/sort.h"
#include "analyzer/tree/row_namer.h"

namespace beamtape {

// Rows added up by what they have in common, as a table of its own: it is sorted, cut and written
// like any other. Its columns: `name`, what the rows have in common; `count`, of rows; of each
// number X of the rows the sum X, the largest max(X), and unread(X), the rows of which X was not
// read and that the sum is without; in a window delta(count) and delta(X), the sum at its end less
// the sum at its start, so that who appeared or went is in it, also of groups of which nobody is
// left (count 0), and of counters rate(X), what those that live at its end counted in it: nothing
// tells what the others did before they went.
struct Groups {
  std::unique_ptr<Table> table;
  std::vector<std::string> names;  // what the name cells refer to
  std::vector<Frame> frames;       // one for each of the rows' frames; refer to the two above
  std::vector<Damage> damage;      // of the processes that own the rows
};

// Says of rows whether they are asked for, as a filter does.
using RowChoice = std::function<bool(const RowView&)>;

// `columns` are those of the rows' frames, with those of a window; only numbers count. `chosen` is
// asked about rows of other snapshots that are not there any more. kUsage: no such key.
Expected<std::unique_ptr<Groups>> group_rows(const Recording& recording, const Table& table,
                                             const std::vector<Frame>& frames,
                                             const std::vector<RowRef>& rows,
                                             const std::vector<Shown>& columns,
                                             const std::string& key, const RowChoice& chosen);

// The columns for people who did not ask for others; "count" first.
std::string group_view(const Table& groups);

}  // namespace beamtape
