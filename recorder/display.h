#pragma once

#include <string>

#include "recorder/session/recorder.h"

namespace beamtape {

// "#12 14:03:10Z  41 203 processes  1.25 MiB  61 ms on the node  12 not read", with the node's
// name where there are several.
std::string live_line(const Status& status);
// One JSON object, without a line end.
std::string json_line(const Status& status);

}  // namespace beamtape
