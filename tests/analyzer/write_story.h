#pragma once

#include <cstdint>
#include <string>

#include "schema/error.h"
#include "tests/analyzer/story.h"

namespace beamtape {

// Writes a story as a recording, as the recorder would; `keep_us` as in Writer::Options.
Expected<void> write_story(const Story& story, const std::string& path, std::int64_t keep_us = 0);

}  // namespace beamtape
