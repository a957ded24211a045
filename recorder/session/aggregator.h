#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "recorder/collect/recorded_node.h"
#include "schema/store/records.h"

namespace beamtape {

// Sums a node's state up for the timeline: the node's own row, and samples per process group, ETS
// table name, port driver and allocator. Remembers who was in which group, to tell who left.
// One thread.
class Aggregator {
 public:
  // Also fills in the computed columns of `node.node_row`, and counts in `record` the processes
  // of which something that was asked for is missing, and whether some are still to be read.
  Aggregates sum_up(RecordedNode& node, SnapshotRecord& record);
  // Who is in `node` was there already: an earlier recording of this life ended so.
  void remember(RecordedNode& node);

  // Columns of a process: the first one with a text names its group.
  static const std::array<std::size_t, 4>& group_columns();

 private:
  struct Group {
    std::string name;
    GroupSample sample;
  };
  struct Member {
    Cell pid = missing(Missing::kNone);
    Cell first_seen = 0;
    std::uint32_t group = 0;
  };

  void sum_processes(RecordedNode& node, SnapshotRecord& record);
  std::uint32_t group_of(std::size_t slot, const RecordedNode& node);
  std::uint32_t group_named(std::string name);
  // At the start of a keyframe group: so that names of long ago do not pile up.
  void forget_empty_groups();
  std::vector<GroupSample> take_groups(RecordedNode& node);

  std::vector<Group> groups_;
  std::unordered_map<std::string, std::uint32_t> group_ids_;
  std::vector<std::uint32_t> group_by_text_[2];  // text id -> group + 1: as it is, and folded
  std::int64_t texts_of_ = -1;                   // RecordedNode::epochs, whose ids those are
  std::vector<Member> members_;                  // by slot, of the previous snapshot
};

}  // namespace beamtape
