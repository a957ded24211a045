#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "recorder/node/link.h"
#include "schema/error.h"
#include "schema/store/records.h"
#include "schema/store/writer.h"

namespace beamtape {

// Snapshots from one keyframe to the next.
inline constexpr std::int64_t kSnapshotsPerEpoch = 32;

struct Plan {
  std::chrono::milliseconds interval{5000};
  std::optional<std::chrono::milliseconds> duration;  // of the whole recording
  std::optional<std::int64_t> count;                  // snapshots
};

// How the recording goes; told of each snapshot when it has been stored.
struct Status {
  SnapshotRecord snapshot;
  std::string node;
  std::int64_t file_bytes = 0;        // with the -wal
  std::chrono::microseconds took{0};  // from the first question to stored
};

struct Outcome {
  std::int64_t stored = 0;  // snapshots in the file
  // Why it ended early, in words; empty if it went to its planned end or was asked to stop.
  std::optional<Error> ended_early;
};

// Records the node behind `link` into `writer` until the plan is fulfilled, `stop` returns true or
// the node is gone. Keeps to a grid of whole intervals from the first snapshot on; a snapshot
// that takes longer than the interval makes the next grid point be left out, never a burst.
// What went missing at the end is stored as a gap. Does not close the writer. Blocks; `stop` is
// asked several times a second, `tell` is called on this thread. Fails only if the node cannot
// be recorded at all.
Expected<Outcome> record(Link& link, Writer& writer, const Plan& plan,
                         const std::function<bool()>& stop,
                         const std::function<void(const Status&)>& tell);

}  // namespace beamtape
