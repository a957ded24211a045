#pragma once

#include <memory>

#include "recorder/collect/asker.h"
#include "recorder/collect/recorded_node.h"
#include "schema/error.h"

namespace beamtape {

// Asks, once per connection, what kind of node this is: releases, limits, clocks, applications and
// its net_ticktime, and which optional items its process_info knows. kRefused or kMalformed if it
// does not answer as an Erlang node does; kTimeout if it does not answer.
Expected<std::unique_ptr<RecordedNode>> hello(Asker& asker, const std::string& node_name);

}  // namespace beamtape
