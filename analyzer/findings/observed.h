#pragma once

#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/findings/segment.h"
#include "analyzer/load/frame.h"
#include "analyzer/load/recording.h"

namespace beamtape {

// What rules see of a segment: series instead of rows, gathered in one pass over it, in memory
// that does not grow with the number of processes beyond some 60 bytes each.

// One number for each snapshot of the segment; NaN where there is none.
using Values = std::vector<double>;
inline constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// The sums of processes of one group, ETS tables of one name, ports of one driver, instances of
// one allocator: by the column names of the aggregate tables ("processes", "memory", …). 0 where
// there were none, NaN where that was not read.
struct SampleSeries {
  std::string name;  // as its author writes it
  std::vector<Values> columns;
};
// What groups have beside those: their memory as growth is told of it (comparable_memory.h).
inline constexpr const char* kComparableMemory = "comparable_memory";
struct SampledTable {
  const char* kind = "";  // group, ets, port, allocator
  std::vector<std::string> columns;
  std::vector<SampleSeries> rows;
  // Values of a column; `name` must be one of `columns` (asserted).
  const Values& values(const SampleSeries& row, std::string_view name) const;
};

// One life of one process.
struct ProcessId {
  std::size_t slot = 0;
  std::int64_t first_seen = 0;
  friend auto operator<=>(const ProcessId&, const ProcessId&) = default;
};

// Processes that wait for each other (analyzer/waits), each for the next one.
struct WaitCycle {
  std::vector<ProcessId> members;
  std::vector<std::size_t> at;  // indexes of the snapshots with this very cycle
  std::size_t waiters = 0;      // others that wait for a member, at most
  bool sure = false;            // no callee was a guess
};
// Many that wait for one.
struct WaitCrowd {
  ProcessId callee;
  ProcessId a_waiter;  // one of the last crowd
  Values waiters;      // 0 where they are fewer than a crowd, NaN where processes are damaged
  // Of all who wait for it, how many have been inside the same call for kStuckSeconds and more; 0
  // where they are fewer than kFewStuck.
  Values stuck;
};

// A process that stands out, over its life within the segment.
struct ProcessSeries {
  ProcessId id;
  std::string pid;
  std::string name;  // as `show` names it
  std::string group;
  std::string supervisor;  // the nearest ancestor, by name where it has one; may be empty
  Values memory, message_queue_len, reductions, minor_gcs;
  // Positions in Observed::words, of each snapshot; 0: none.
  std::vector<std::uint32_t> function, status;
  // Innermost first; as it was last read where it did not wait for work, if there is such a one.
  std::vector<std::string> stack;
  // In how many snapshots a module or function was on its stack while it ran or was about to.
  std::map<std::string, std::size_t> busy_modules, busy_functions;
  std::size_t last = 0;       // index of the last snapshot in which it was read
  std::size_t looked = 0;     // snapshots that could be read where it lives, also without it
  bool ended = false;         // one of them, after its last, is without it
  bool long_mailbox = false;  // its memory was left out because of its mailbox
};

// A child that was started again: by registered name, or else by what its supervisor starts.
struct Restarts {
  std::string name;  // registered name, or the child's initial call
  bool registered = false;
  std::string supervisor;       // may be empty
  std::vector<std::size_t> at;  // index of the snapshot in which each new one was first seen
  Values living;                // of unregistered ones: how many of them lived
};

struct Observed {
  const Recording* recording = nullptr;
  Segment segment;
  std::string node_name;
  std::vector<std::string> node_columns;
  std::vector<Values> node_values;
  SampledTable groups, ets, ports, allocators;
  std::vector<ProcessSeries> processes;
  std::optional<Frame> last_processes;  // all of them, in the last snapshot
  std::vector<Restarts> restarts;
  std::vector<WaitCycle> wait_cycles;
  std::vector<WaitCrowd> wait_crowds;
  std::vector<std::string> words;  // see ProcessSeries
  std::vector<Damage> damage;

  std::size_t size() const { return segment.snapshots.size(); }
  const std::vector<double>& seconds() const { return segment.seconds; }
  double duration() const { return segment.seconds.back(); }
  const SnapshotRecord& last_snapshot() const { return *segment.snapshots.back(); }
  // Null unless it was read whole.
  const ProcessSeries* process(const ProcessId& id) const;
  // Null if the recording has no such column or no value of it.
  const Values* node(std::string_view column) const;
  // The last value of a node column that is not NaN; `otherwise` if there is none.
  double node_last(std::string_view column, double otherwise) const;
};

// Reads a segment. Damaged parts are left out and named in `damage`.
Expected<Observed> observe(const Recording& recording, const Segment& segment);

// The increase of a counter over the snapshot before, per second; the first is NaN, and so is
// what falls.
Values rate_of(const Observed& observed, const Values& counter);

}  // namespace beamtape
