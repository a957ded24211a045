#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "recorder/node/link.h"
#include "schema/error.h"
#include "schema/store/records.h"
#include "schema/store/writer.h"

namespace beamtape {

// The first snapshot reads everything.
inline constexpr double kFirstBudget = 0.5;

// Snapshots from one keyframe to the next.
inline constexpr std::int64_t kSnapshotsPerEpoch = 32;

struct Plan {
  std::chrono::milliseconds interval{5000};
  std::optional<std::chrono::milliseconds> duration;  // of the whole recording
  std::optional<std::int64_t> count;                  // snapshots
  // Share of one scheduler that snapshots may take on the node: after a dear one the next waits.
  double budget = 0.05;
  bool reconnect = true;  // when the connection breaks
};

// How the recording goes; told of each snapshot when it has been stored.
struct Status {
  SnapshotRecord snapshot;
  std::string node;
  bool stretched = false;             // the next one is later than the plan says: the budget
  std::int64_t file_bytes = 0;        // with the -wal
  std::chrono::microseconds took{0};  // from the first question to stored
};

// Who watches a recording. All are called on the thread of record(), the first two several times
// a second.
struct Watch {
  std::function<bool()> stop;                    // true: end after the running snapshot
  std::function<bool()> snapshot_now;            // true: do not wait for the next one
  std::function<void(const Status&)> stored;     // a snapshot is in the file
  std::function<void(const std::string&)> news;  // the connection is lost, the node is back
};

// Connects to the node that is recorded, anew each time; see connect() in ei_link.h.
using Connect = std::function<Expected<std::unique_ptr<Link>>()>;

struct Outcome {
  std::int64_t stored = 0;  // snapshots in the file
  // Why it ended early, in words; empty if it went to its planned end or was asked to stop.
  std::optional<Error> ended_early;
};

// Records the node behind `link` into `writer` until the plan is fulfilled or it is told to stop.
// Keeps to a grid of whole intervals from the first snapshot on. A snapshot that takes longer than
// the interval, or more than its share of the budget, makes the next grid points be left out; the
// snapshot's interval_us says so. There is never a burst. The first one may take kFirstBudget.
// When the connection breaks, it connects again with growing pauses and stores the time between as
// a gap with its reason. A node of another creation is another life of the node; after a mere cut
// the same one goes on, with a keyframe. It ends early if the file cannot be written, if the plan
// says not to reconnect, or if its duration is over before the node is back; then, too, the gap is
// stored. Does not close the writer. Blocks. Fails only if the node cannot be recorded at all.
Expected<Outcome> record(std::unique_ptr<Link> link, const Connect& connect, Writer& writer,
                         const Plan& plan, const Watch& watch);

}  // namespace beamtape
