#pragma once

#include <string>

#include "analyzer/view/session.h"

namespace beamtape {

// What the window shows, as JSON with a member a line: for tests that work it with mouse and keys.
// `settled`: nothing more will change by itself.
std::string state_json(Session& session, bool settled);
// The same while the first file is being read.
std::string opening_json(const std::string& path, double share);

// Writes it whole, or leaves what was there.
void write_state(const std::string& json, const std::string& path);

}  // namespace beamtape
