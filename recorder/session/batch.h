#pragma once

#include <string>
#include <utility>
#include <vector>

#include "recorder/collect/recorded_node.h"
#include "schema/model/table_data.h"
#include "schema/store/writer.h"

namespace beamtape {

// Everything of one snapshot that goes into the file, copied out of the node's state so that
// another thread can store it meanwhile.
struct Batch {
  struct Group {
    const Table* table;
    std::size_t index;
    RowGroup rows;
  };
  std::string node;  // its name
  SnapshotRecord record;
  Aggregates aggregates;
  std::vector<std::pair<Cell, std::string>> texts;  // first referred to in this snapshot
  Lists lists;
  std::vector<Group> groups;  // changed ones
};

// Packs what changed in `node` since the last batch. `texts` and `lists` are how many of the
// interner's are in the file already, and are moved on.
Batch pack(RecordedNode& node, const SnapshotRecord& record, Aggregates aggregates,
           std::size_t& texts, std::size_t& lists);

// Stores a batch as one snapshot, taking its rows away. After an error nothing of it is in the
// file. Returns the bytes of its parts.
Expected<std::int64_t> store(Batch& batch, Writer& writer);

}  // namespace beamtape
