#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analyzer/findings/observed.h"

namespace beamtape {

// One life of one process that is worth reading whole. The same one may be given more than once.
struct Candidate {
  std::size_t slot = 0;
  std::int64_t first_seen = 0;
  std::int64_t score = 0;  // what it stands out by
};

// True of a function in which a behaviour waits for its next message: what such a process was asked
// to do is done. `function` as people read it: "gen_server:loop/7".
bool waits_for_work(const std::string& function);

// Adds the ProcessSeries of each to `observed`, decoding only their row groups.
Expected<void> read_histories(const Table& table, std::vector<Candidate> candidates,
                              Observed& observed);

}  // namespace beamtape
