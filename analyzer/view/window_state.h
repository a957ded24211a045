#pragma once

#include <string>

#include "analyzer/view/session.h"

namespace beamtape {

// What the window shows, as JSON with a member a line: for tests that work it with mouse and keys.
std::string state_json(Session& session);

// Writes it whole, or leaves what was there.
void write_state(const std::string& json, const std::string& path);

}  // namespace beamtape
