#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/load/value.h"
#include "schema/model/table_data.h"
#include "schema/tables/table.h"

namespace beamtape {

// Who waits for whom at one snapshot. A process inside a call (gen_server:call, GenServer.call,
// gen_statem:call and what else gen:call serves, Task.await, erpc:call, a request to an I/O server,
// a disk_log or a dets table) stands in a known function and monitors the one it waits for. So does
// one that has started another (a supervisor its child) until that one's init is done, and is its
// parent. Source: OTP's gen.erl, erpc.erl, proc_lib.erl, Elixir's task.ex; on OTP 25 observed, and
// there alone io, file, disk_log and dets.
struct WaitEdge {
  enum class Certainty {
    kSure,     // it monitors one process only, and that one knows it
    kLikely,   // several: the one that knows it and has messages waiting was taken; or of its
               // children the youngest
    kOutside,  // the callee is not among the recorded processes: on another node, or gone
  };
  std::size_t waiter = 0;  // slots
  std::size_t callee = 0;  // meaningless for kOutside
  std::string outside;     // of kOutside: the callee as the node told it
  Certainty certainty = Certainty::kSure;
};

struct WaitGraph {
  std::vector<WaitEdge> edges;  // at most one for each waiter, in order of slots
  // Slots that wait for each other in a circle, each cycle in the order of its calls from its
  // lowest slot on. As everybody waits for one at most, no two have a member in common.
  std::vector<std::vector<std::size_t>> cycles() const;
  // Callees with the number of those that wait directly for them.
  std::map<std::size_t, std::size_t> fan_in() const;
};

// The graph of the process rows of one snapshot; `texts` are those of its keyframe group. Linear in
// the processes, with a map only of those that wait. Empty where the recording lacks a column.
WaitGraph wait_graph(const Table& process_table, const TableData& processes, const Texts& texts);

// Functions in which a process waits for another, as current_function shows them.
const std::vector<std::string>& wait_functions();

const char* certainty_name(WaitEdge::Certainty certainty);  // "sure", "likely", "outside"

// True if a process that waits did more meanwhile than waiting costs: each reading is one
// reduction, and each message that comes in wakes it to look whether it is the answer.
inline bool worked(double reductions, double messages, double readings) {
  constexpr double kForEachReading = 2, kForEachMessage = 50;
  return reductions > kForEachReading * readings + kForEachMessage * (messages > 0 ? messages : 0);
}

// What tells one wait of a process from its next.
struct WaitState {
  std::size_t callee = 0;          // slot
  Cell callee_first_seen = 0;      // a slot is used again
  std::string outside;             // as in WaitEdge
  Cell reductions = 0, queue = 0;  // of the waiter
};
class WaitStates {
 public:
  explicit WaitStates(const Table& process_table);
  WaitState of(const WaitEdge& edge, const TableData& processes) const;

 private:
  std::optional<std::size_t> first_seen_, reductions_, queue_;
};
// Of two snapshots in a row. Who did something else in between has begun another call.
bool is_same_wait(const WaitState& before, const WaitState& now);

}  // namespace beamtape
