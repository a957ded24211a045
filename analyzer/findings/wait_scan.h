#pragma once

#include <map>
#include <utility>
#include <vector>

#include "analyzer/findings/observed.h"
#include "analyzer/findings/process_history.h"
#include "analyzer/waits/wait_graph.h"

namespace beamtape {

// Watches, while stepping through processes, who waits for whom: cycles, and many waiting for one.
// Fills Observed::wait_cycles and wait_crowds.
class WaitScan {
 public:
  explicit WaitScan(const Table& table, Observed& observed) : table_(table), observed_(observed) {}

  void look(const TableData& data, std::size_t at);
  // After the last snapshot: hands over what was seen; returns those to be read whole.
  std::vector<Candidate> finish();

 private:
  // Since which snapshot a process has been inside the same call.
  struct Stay {
    ProcessId waiter;
    WaitState state;
    std::size_t since = 0;
  };

  // Nothing where there are too many already.
  WaitCrowd* crowd_of(const ProcessId& callee);
  void look_for_stuck(const WaitGraph& graph, const TableData& data, std::size_t at);

  const Table& table_;
  const WaitStates states_{table_};
  Observed& observed_;
  std::map<std::vector<ProcessId>, WaitCycle> cycles_;
  std::map<ProcessId, WaitCrowd> crowds_;
  std::vector<Stay> stays_;           // of the snapshot before, in order of slots
  std::vector<std::size_t> damaged_;  // indexes of snapshots in which somebody could not be read
};

// Fewer waiters than this on one process are no crowd.
inline constexpr std::size_t kCrowd = 10;
// But so many of whom nobody has been answered for so long are told.
inline constexpr std::size_t kFewStuck = 3;
inline constexpr double kStuckSeconds = 30;
// Cycles and crowds kept; a recording with more has one cause for most of them.
inline constexpr std::size_t kMostWaits = 1000;

}  // namespace beamtape
