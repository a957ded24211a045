#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "analyzer/load/recording.h"

namespace beamtape {

// What a copy changes on its way.
struct CopyChanges {
  // Of every text that rows, groups and lists refer to; empty: texts stay.
  std::function<std::string(std::string_view)> text;
  std::function<void(NodeRecord&)> node;
  std::function<void(GapRecord&)> gap;
  std::function<void(NoteRecord&)> note;
  bool redacts = false;  // its names are of its own, which the copy says, and copies of it
};

// Writes the snapshots [first, last] of a recording to a new file at `path`, with the numbers that
// they have, so that everything that is asked of them gives the same answer; with the gaps and
// notes of that time. Returns the first and the last snapshot that it copied: those of the range
// that are there. kUsage: `path` exists. kMalformed: something in the range is damaged. After an
// error there is no file at `path`.
Expected<std::pair<std::int64_t, std::int64_t>> copy_recording(
    const Recording& recording, std::pair<std::int64_t, std::int64_t> range,
    const std::string& path, const CopyChanges& changes);

}  // namespace beamtape
