#pragma once

#include <algorithm>
#include <cstdint>

#include "analyzer/view/session.h"

namespace beamtape {

// A part of the timeline on the screen, and the time that it shows.
struct TimelineArea {
  struct Corner {
    float x = 0, y = 0;
  };
  Corner low, high;
  double from_s = 0, to_s = 1;

  float x(double second) const {
    return low.x + static_cast<float>((second - from_s) / (to_s - from_s)) * (high.x - low.x);
  }
  double second(float at) const {
    return from_s + (to_s - from_s) * static_cast<double>((at - low.x) / (high.x - low.x));
  }
};

// Seconds since the first snapshot, of which there has to be one.
inline double second_of(const Overview& overview, std::int64_t wall_us) {
  return static_cast<double>(wall_us - overview.instants.front().wall_us) / 1e6;
}

// A note that was written before the first snapshot or after the last one counts as at that one.
inline double note_second(const Overview& overview, const Stretch& note) {
  return std::clamp(second_of(overview, note.from_us), 0.0, overview.seconds.back());
}

// Findings, notes and gaps as marks along the strip `area`, named in the room to its left, which
// begins at `left`; a click on one goes there.
void draw_timeline_marks(Session& session, const TimelineArea& area, float left);

}  // namespace beamtape
