#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "schema/model/table_data.h"

namespace beamtape {

// What a writer holds of each node. Not a public header.

struct HeldGroup {
  RowGroup rows;
  std::int64_t put_in = 0;  // snapshot
};

// What is known of one node's rows.
struct NodeState {
  std::string name;
  std::int64_t epoch = 0;
  bool needs_keyframe = true;
  std::uint32_t text_checksum = 0;                      // of the epoch so far
  std::map<std::uint8_t, std::vector<HeldGroup>> held;  // by table
};

}  // namespace beamtape
