#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/load/recording.h"

namespace beamtape {

// How often snapshots of one node were taken, and what they cost it: sums over all its lives. Times
// are those that passed, not those that were planned: a snapshot may be asked for before its time.
struct Pace {
  std::string node;
  std::int64_t snapshots = 0;
  std::int64_t last_processes = 0;
  std::int64_t most_processes = 0;
  std::int64_t target_us = 0;
  std::int64_t most_target_us = 0;
  std::int64_t received_bytes = 0;
  // From snapshots to the next ones of the same life, without a gap between, and what those before
  // them cost. Nothing is known of the time after the last one.
  std::int64_t passed_us = 0;
  std::int64_t passed_target_us = 0;

  std::int64_t mean_target_us() const { return snapshots == 0 ? 0 : target_us / snapshots; }
  // Of one scheduler. Nothing where no time has passed.
  std::optional<double> share() const;
  // "9.91 ms on the node per snapshot, 40.3 ms at most, 0.99 % of the time".
  std::string cost_text() const;
};

// Of each node that has snapshots, as node_names() has them.
std::vector<Pace> paces_of(const Recording& recording);

// "60, every 1.00 s", or "60, every 1.00 s to 4.00 s" where the budget stretched some intervals or
// somebody asked for a snapshot before its time. As planned, where it went by that. "1" where no
// node has two snapshots without a gap between.
std::string snapshots_text(const Reader& reader);

}  // namespace beamtape
