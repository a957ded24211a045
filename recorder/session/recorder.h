#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "recorder/node/link.h"
#include "schema/error.h"
#include "schema/store/records.h"
#include "schema/store/writer.h"

namespace beamtape {

// Share of a scheduler for the first snapshot, which reads everything, and for those that somebody
// asks for.
inline constexpr double kFirstBudget = 0.5;

// Snapshots from one keyframe to the next, at most; fewer where much changes (store/retention.h).
inline constexpr std::int64_t kSnapshotsPerEpoch = 128;

struct Plan {
  std::chrono::milliseconds interval{5000};
  std::optional<std::chrono::milliseconds> duration;  // of the whole recording
  std::optional<std::int64_t> count;                  // snapshots of each node
  // Share of one scheduler that snapshots may take on a node: after a dear one the next waits.
  double budget = 0.05;
  bool reconnect = true;        // when the connection breaks
  bool scheduler_time = false;  // has the node measure it
  bool all_nodes = false;       // also those that a recorded one is connected to
  // One of those that cannot be connected to for so long is no longer tried, until it is seen
  // again.
  std::chrono::milliseconds given_up_after = std::chrono::hours(1);
};

// How the recording goes; told of each snapshot when it has been stored.
struct Status {
  SnapshotRecord snapshot;
  std::string node;
  bool one_of_several = false;        // nodes
  bool stretched = false;             // the next one is later than the plan says: the budget
  std::int64_t file_bytes = 0;        // with the -wal
  std::chrono::microseconds took{0};  // from the first question to stored
};

// Who watches a recording. All are called on the thread of record(), the first two several times
// a second.
struct Watch {
  std::function<bool()> stop;  // true: end after the running snapshots
  // True: do not wait for the next ones longer than kFirstBudget demands.
  std::function<bool()> snapshot_now;
  std::function<void(const Status&)> stored;     // a snapshot is in the file
  std::function<void(const std::string&)> news;  // a connection is lost, a node is back
};

// Connects to a node, anew each time; see connect() in ei_link.h. From any thread.
using Connect = std::function<Expected<std::unique_ptr<Link>>(const std::string& node)>;

// A node to record, and the first attempt to connect to it, which may be under way still.
struct Subject {
  std::string node;
  std::future<Expected<std::unique_ptr<Link>>> link;
};
Subject begin_to_connect(const std::string& node, const Connect& connect);

struct Outcome {
  std::int64_t stored = 0;  // snapshots in the file
  std::size_t nodes = 0;    // that they are of
  // Why a node's recording ended early, in words; empty if all went to their planned end or were
  // asked to stop.
  std::optional<Error> ended_early;
};

// Records nodes into `writer`, each on a thread of its own, until the plan is fulfilled or it is
// told to stop. Of each node: keeps to a grid of whole intervals from the first snapshot on. A
// snapshot that takes longer than the interval, or more than its share of the budget, makes the
// next grid points be left out; the snapshot's interval_us says so. There is never a burst. The
// first one may take kFirstBudget. When the connection breaks, it connects again with growing
// pauses and stores the time between as a gap with its reason. A node of another creation is
// another life of the node; after a mere cut the same one goes on, with a keyframe; so it does in
// a file that has earlier recordings of it. Ends early if the file cannot be written, if the plan
// says not to reconnect, or if its duration is over before the node is back; then, too, the gap is
// stored. One of several nodes that cannot be reached at first, or answers as no node does, is
// tried again; if it never is reached, a note says so. Does not close the writer. Blocks. Fails
// only if no node can be recorded at all.
Expected<Outcome> record(std::vector<Subject> subjects, const Connect& connect, Writer& writer,
                         const Plan& plan, const Watch& watch);

}  // namespace beamtape
