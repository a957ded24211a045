#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/load/recording.h"
#include "analyzer/tree/parents.h"

namespace beamtape {

// Applications and their supervision trees at one snapshot. Every process of the snapshot stands in
// it once: below its parent (parents.h), else below its application, else outside of all.

// Of a process and everything below it.
struct TreeTotals {
  std::int64_t processes = 0;
  std::int64_t memory = 0;             // bytes, of those whose memory is known
  std::int64_t memory_unknown = 0;     // processes whose memory is not
  std::int64_t message_queue_len = 0;  // sum
  std::int64_t max_message_queue_len = 0;
  // Done within the window, with what those born in it did; what those did that ended in it is not
  // recorded.
  std::int64_t reductions = 0;
  std::int64_t reductions_unknown = 0;  // processes of which it is not known what they did
  std::int64_t appeared = 0;            // processes that were first listed within the window
  std::int64_t restarts = 0;            // replacements.h, within the window

  void add(const TreeTotals& other);
  // False: of no process is known what it did, and `reductions` says nothing.
  bool knows_reductions() const {
    return reductions_unknown == 0 || reductions_unknown < processes;
  }
};

struct TreeNode {
  enum class Kind : std::uint8_t { kApplication, kOutside, kProcess };
  Kind kind = Kind::kProcess;
  FoundBy found_by = FoundBy::kNothing;  // of a process
  std::size_t slot = kNobody;            // of an application its master; kNobody if that has ended
  std::size_t parent = kNobody;          // a node
  std::size_t first_child = 0;           // in Tree::children
  std::size_t child_count = 0;
  TreeTotals below;               // with itself
  std::int64_t own_restarts = 0;  // times that the one in its place was replaced, it being the last
  // The most replacements among its own children, by itself, within kIntensitySeconds.
  std::int64_t most_at_once = 0;
  bool supervisor = false;  // by its `$initial_call`
};

// max_restarts of a supervisor is counted over so long where nobody chose another time (OTP,
// Elixir). What it is set to is not recorded; as it lives, it allows at least what was seen.
inline constexpr int kIntensitySeconds = 5;

struct Tree {
  const SnapshotRecord* snapshot = nullptr;
  const SnapshotRecord* from = nullptr;  // where the window begins; null: there is none before
  double seconds = 0;                    // of the window
  std::optional<Frame> processes;        // rows of `slot`
  std::vector<NodeRecord::Application> applications;
  // Those of `applications` in their order, then what is outside, then all other processes.
  std::vector<TreeNode> nodes;
  std::vector<std::size_t> children;  // nodes
  std::vector<std::size_t> roots;     // nodes: applications that have processes, what is outside
  std::vector<Damage> damage;
};

// The tree at `snapshot`; rates and restarts over `window_us` before it, of which as much counts as
// was recorded. kUsage: no processes are recorded.
Expected<Tree> read_tree(const Recording& recording, const SnapshotRecord& snapshot,
                         std::int64_t window_us);

}  // namespace beamtape
