#pragma once

#include <string>
#include <vector>

#include "analyzer/load/recording.h"
#include "analyzer/waits/wait_graph.h"

namespace beamtape {

// Who waits for whom at one snapshot, for people: with names, and since when.

struct WaitingProcess {
  std::string pid;   // of one that is not recorded: as the node told it
  std::string name;  // empty if it has none
};

struct Wait {
  WaitingProcess waiter, callee;
  WaitEdge::Certainty certainty = WaitEdge::Certainty::kSure;
  std::string function;                         // in which it waits
  Cell callee_queue = missing(Missing::kNone);  // messages waiting at the callee
  std::size_t callee_waiters = 0;               // how many wait directly for the same callee
  // First of the snapshots in a row with this very wait, up to this one.
  const SnapshotRecord* since = nullptr;
  bool since_open = false;  // it may be older: that was the first snapshot looked at
};

struct Waits {
  const SnapshotRecord* snapshot = nullptr;
  std::vector<Wait> waits;  // the longest first
  // Positions in `waits`, each waiting for the next, the last for the first.
  std::vector<std::vector<std::size_t>> cycles;
  std::vector<Damage> damage;
};

// Looks at up to kMostLookedBack snapshots of the same node before `snapshot`. One pass.
Expected<Waits> read_waits(const Recording& recording, const SnapshotRecord& snapshot);
inline constexpr std::size_t kMostLookedBack = 120;

}  // namespace beamtape
