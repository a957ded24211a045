#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "schema/model/cell.h"

namespace beamtape {

// The plain tables of a recording, row by row. Times are microseconds: `_wall_us` since the Unix
// epoch (UTC), `_mono_us` on the recorder's monotonic clock, whose zero means nothing.

// One life of one node. A restarted node (another creation) is another incarnation.
struct NodeRecord {
  std::int64_t id = 0;  // given by the writer, from 1
  std::string name;     // "shop@prod-01"
  std::int64_t creation = 0;
  std::int64_t attached_wall_us = 0;
  // What was asked once per connection, by Erlang's own words: "otp_release" -> "25",
  // "process_limit" -> "262144", "system_version" -> "Erlang/OTP 25 [erts-13.1.5] ...".
  std::vector<std::pair<std::string, std::string>> facts;
  struct Application {
    std::string name;
    std::string version;
    Cell master = 0;  // packed Ref of the application master: the group leader of its processes
  };
  std::vector<Application> applications;
};

struct SnapshotRecord {
  std::int64_t id = 0;     // its number in the file, from 1, in order of time
  std::int64_t node = 0;   // NodeRecord::id
  std::int64_t epoch = 0;  // keyframe group: number of the snapshot that starts it
  std::int64_t began_wall_us = 0;
  std::int64_t ended_wall_us = 0;  // all answers are in
  std::int64_t began_mono_us = 0;
  std::int64_t interval_us = 0;     // intended time to the next
  std::int64_t target_us = 0;       // taken of the node at most, see FORMAT.md
  std::int64_t received_bytes = 0;  // from the node
  std::int64_t processes = 0;       // listed by the node
  std::int64_t detailed = 0;        // of them, read in detail this time
  std::int64_t not_read = 0;        // of them, with something missing that was asked for
  std::int64_t stale_found = 0;     // rows whose slow re-reading disagreed (should stay 0)
  bool filling = false;             // not every process has been read in detail yet
  // "ets: no answer within 5 s; ports: ...": questions that failed; empty when complete.
  std::string not_answered;
  bool damaged = false;  // set by a reader: this row is not what was written
};

struct GapRecord {
  std::int64_t node = 0;
  std::int64_t from_wall_us = 0;
  std::int64_t to_wall_us = 0;
  std::string reason;  // "node down", "disk full"
};

struct NoteRecord {
  std::int64_t wall_us = 0;
  std::string text;
};

// Aggregates of one snapshot, written by the recorder so that timelines need no blob. `name`
// is a text id of the snapshot's epoch. At most kMaxGroups of each; the rest adds up in one
// row named "other" whose members are counted in it.
inline constexpr std::size_t kMaxGroups = 1000;

struct GroupSample {  // processes of one group (schema/model/group.h)
  Cell name = 0;
  std::int64_t processes = 0;
  std::int64_t memory = 0;             // bytes, of those whose memory is known
  std::int64_t memory_unknown = 0;     // processes whose memory is not known
  std::int64_t message_queue_len = 0;  // sum
  std::int64_t max_message_queue_len = 0;
  std::int64_t reductions = 0;  // sum over living members: falls when one ends
  std::int64_t appeared = 0;    // members first seen in this snapshot
  std::int64_t gone = 0;        // members of the previous snapshot that are no more
  bool operator==(const GroupSample&) const = default;
};
struct EtsSample {  // tables of one (folded) name
  Cell name = 0;
  std::int64_t tables = 0;
  std::int64_t size = 0;    // rows
  std::int64_t memory = 0;  // bytes
  bool operator==(const EtsSample&) const = default;
};
struct PortSample {  // ports of one driver, or the sockets of module `socket`
  Cell name = 0;
  std::int64_t ports = 0;
  std::int64_t input = 0;   // bytes read from the ports that live
  std::int64_t output = 0;  // bytes written to them
  std::int64_t queue_size = 0;
  std::int64_t memory = 0;
  bool operator==(const PortSample&) const = default;
};
struct AllocatorSample {  // all instances of one allocator
  Cell name = 0;
  std::int64_t blocks_size = 0;    // bytes used, pool included
  std::int64_t carriers_size = 0;  // bytes allocated, pool included
  bool operator==(const AllocatorSample&) const = default;
};

struct Aggregates {
  std::vector<Cell> node;  // one cell per column of node_table()
  std::vector<GroupSample> groups;
  std::vector<EtsSample> ets;
  std::vector<PortSample> ports;
  std::vector<AllocatorSample> allocators;
};

}  // namespace beamtape
