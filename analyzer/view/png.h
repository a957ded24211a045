#pragma once

#include <string>
#include <vector>

#include "schema/error.h"

namespace beamtape {

// Writes an RGBA picture, the bottom row first as OpenGL has it. kOther: it cannot be written.
Expected<void> write_png(const std::string& path, int width, int height,
                         const std::vector<unsigned char>& rgba);

}  // namespace beamtape
