#pragma once

#include <string>

#include "schema/error.h"
#include "tests/analyzer/story.h"

namespace beamtape {

// Writes a story as a recording, as the recorder would.
Expected<void> write_story(const Story& story, const std::string& path);

}  // namespace beamtape
