#pragma once

#include <string>

#include "schema/error.h"

namespace beamtape {

// Writes a file that must not exist yet, readable by its owner alone: what is in a recording is
// nobody else's business. kUsage if it exists, kDiskFull if there is no room, kOther if it
// cannot be written; nothing is left of it then.
Expected<void> write_new_file(const std::string& path, const std::string& content);

}  // namespace beamtape
