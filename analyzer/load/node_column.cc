#include "analyzer/load/node_column.h"

#include <vector>

namespace beamtape {

Expected<std::map<std::int64_t, Cell>> node_column(const Recording& recording,
                                                   const std::string& name,
                                                   std::pair<std::int64_t, std::int64_t> range) {
  std::map<std::int64_t, Cell> cells;
  const Table* node = recording.reader().table("node");
  const auto column = node ? node->find(name) : std::nullopt;
  if (!column) return cells;
  const auto read = recording.reader().node_rows(
      range.first, range.second, [&](const SnapshotRecord& one, const std::vector<Cell>& row) {
        cells[one.id] = row[*column];
        return true;
      });
  if (!read) return tl::unexpected(read.error());
  return cells;
}

}  // namespace beamtape
