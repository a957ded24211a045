#pragma once

#include <cstdint>
#include <string>

#include "analyzer/load/recording.h"

namespace beamtape {

// How far the recorder's wall clock, which all times of a recording are of, went back while it was
// recorded: a later snapshot may then have an earlier time.
struct PutBack {
  std::int64_t micros = 0;  // all together; 0: it never did
  std::int64_t times = 0;
  std::int64_t before = 0;  // the snapshot after the first time

  // "the recorder's wall clock went back by 1.00 h before #11"
  std::string text() const;
};
PutBack put_back(const Recording& recording);

// From the first snapshot to the last, in microseconds; whatever the wall clock did meanwhile.
std::int64_t recorded_micros(const Recording& recording);

}  // namespace beamtape
