#pragma once

#include "analyzer/view/session.h"

namespace beamtape {

// A table of the recording at the shown instant, with its filter line: what the panels Processes,
// ETS, Ports and so on are.
void draw_table_panel(Session& session, const char* table);

}  // namespace beamtape
