#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "analyzer/load/recording.h"

namespace beamtape {

// What the window knows of a whole recording without decoding a row: the timeline and the facts
// that `info` tells. Plain copies, so that the drawing thread needs no reader.

// A snapshot of the shown node.
struct Instant {
  std::int64_t snapshot = 0;  // its number
  std::int64_t wall_us = 0;
  std::int64_t took_us = 0;    // from the first question to the last answer: its skew
  std::int64_t target_us = 0;  // on the node
  std::int64_t received_bytes = 0;
  std::int64_t processes = 0, not_read = 0;
  bool filling = false;
  std::string not_answered;
};

// One number of the node over time, one value per instant; NaN where there is none.
struct Track {
  std::string metric;  // as `series FILE node METRIC`
  std::string title;
  Unit unit = Unit::kNone;
  bool is_rate = false;
  bool is_share = false;  // 0 to 1
  std::vector<double> values;
};

struct Stretch {  // of time, microseconds
  std::int64_t from_us = 0, to_us = 0;
  std::string reason;
};

struct Overview {
  std::string node;
  std::vector<std::string> nodes;  // of the file, this one among them
  std::string error;               // why there is nothing to show; empty if there is
  std::vector<std::pair<std::string, std::string>> facts;  // "otp_release", "25"
  std::vector<Instant> instants;
  std::vector<double> seconds;  // since the first instant
  // Parts of memory_total, to be stacked; the last one is what the others do not explain.
  std::vector<Track> memory;
  std::vector<Track> tracks;
  std::vector<Stretch> gaps;   // in order of time
  std::vector<Stretch> notes;  // from = to
  std::vector<std::string> remarks;
  std::int64_t file_bytes = 0;
  int format_version = 0;
};

// `node` empty: the first of the file. Reads the node's own rows only. `goes_on` is told how much
// of them has been read, 0 to 1, and whether to go on; if not, `error` says so.
Overview read_overview(const Recording& recording, const std::string& node,
                       const std::function<bool(double)>& goes_on = nullptr);

// Whether nobody listened for some time between two instants, in seconds.
bool gap_between(const Overview& overview, double from_s, double to_s);

// A value of a track as people read it, with its unit: "1.92 GiB", "41 203", "812/s"; "not read"
// for NaN.
std::string track_text(double value, Unit unit, bool is_rate);
// That of a track at an instant.
std::string text_at(const Track& track, std::size_t position);

// How busy the normal schedulers were, where the node measured it; else a track without values.
Track read_scheduler_use(const Recording& recording, const std::string& node);

}  // namespace beamtape
