#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "analyzer/load/recording.h"

namespace beamtape {

// One life of one row of a keyed table (a process, an ETS table, a port): pids and names come
// back, so a subject may have had several.
struct Life {
  const Table* table = nullptr;
  std::size_t slot = 0;
  std::int64_t node = 0;  // NodeRecord::id: a restarted node starts new lives
  Cell key = 0;
  std::int64_t first_seen = 0;  // snapshot number

  friend bool operator==(const Life&, const Life&) = default;
};

// More lives than this of one name are a population, not a subject.
inline constexpr std::size_t kMaxLives = 1000;

// Every life in [from, to] of the rows that `subject` names: by the key ("<0.123.0>" or without
// brackets, "#Port<0.7>"), else by any of `name_columns` (as their author writes them). In order
// of time. Reads the whole table once; of a key that was there all the time only the end. Empty if
// there is none. kUsage: more than kMaxLives.
Expected<std::vector<Life>> find_lives(const Recording& recording, const Table& table,
                                       const std::string& subject,
                                       const std::vector<std::string>& name_columns,
                                       std::pair<std::int64_t, std::int64_t> range,
                                       std::vector<Damage>* damage);

// Calls `visit` with every snapshot of the life within the range; decodes only its row group.
Expected<void> read_life(const Recording& recording, const Life& life,
                         std::pair<std::int64_t, std::int64_t> range,
                         const std::function<void(const SnapshotRecord&, const RowView&)>& visit,
                         std::vector<Damage>* damage);

// What a process may be called on the command line beside its pid.
const std::vector<std::string>& process_name_columns();

}  // namespace beamtape
