#pragma once

#include <memory>
#include <string>
#include <vector>

#include "analyzer/load/recording.h"
#include "analyzer/load/sort.h"

namespace beamtape {

// Rows added up by what they have in common, as a table of its own: it is sorted, cut and written
// like any other. Its columns: `name`, what the rows have in common; `count`, of rows; of each
// number X of the rows the sum X, the largest max(X), and unread(X), the rows of which X was not
// read and that the sum is without; in a window the sums of delta(X) and rate(X) of those that
// were there before.
struct Groups {
  std::unique_ptr<Table> table;
  std::vector<std::string> names;  // what the name cells refer to
  std::vector<Frame> frames;       // one for each of the rows' frames; refer to the two above
  std::vector<Damage> damage;      // of the processes that own the rows
};

// What rows of a table can be grouped by: of processes "group", "application", "function" and
// "owner" (who they are below in the tree). Empty: nothing.
std::vector<std::string> group_keys(const std::string& table_name);

// `columns` are those of the rows' frames, with those of a window; only numbers count. kUsage: no
// such key.
Expected<std::unique_ptr<Groups>> group_rows(const Recording& recording, const Table& table,
                                             const std::vector<Frame>& frames,
                                             const std::vector<RowRef>& rows,
                                             const std::vector<Shown>& columns,
                                             const std::string& key);

// The columns for people who did not ask for others; "count" first.
std::string group_view(const Table& groups);

}  // namespace beamtape
