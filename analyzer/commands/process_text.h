#pragma once

#include <string>

#include "analyzer/load/process_life.h"

namespace beamtape {

// The lives of a process for a terminal: who it is, how it changed (snapshots without a change
// in one line), whom it has to do with, what it was doing.
std::string process_text(const Recording& recording, const std::string& subject,
                         const ProcessLives& lives);

}  // namespace beamtape
