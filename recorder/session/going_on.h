#pragma once

#include <cstdint>

#include "recorder/collect/recorded_node.h"
#include "recorder/session/aggregator.h"
#include "schema/store/reader.h"

namespace beamtape {

// Takes over who was in the last snapshot that `file` has of a life of a node, so that a session
// goes on as one does that was only disconnected: each row that has a `first_seen` keeps its slot,
// key and `first_seen`, processes their reductions, by which one is told from another that has its
// pid now; everything else is read anew. Who has ended meanwhile is gone with the first snapshot.
// A table that is damaged there is taken from a snapshot before; if that was long ago, all its rows
// will be new. `node` must be empty, of the same life. Returns the life's last snapshot's number, 0
// if there is none.
std::int64_t take_over(Reader& file, std::int64_t life, RecordedNode& node, Aggregator& aggregator);

}  // namespace beamtape
