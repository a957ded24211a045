#pragma once

#include "analyzer/view/session.h"

namespace beamtape {

// The picture of who waits for whom, in the rest of the current place.
void draw_wait_graph(Session& session, const WaitsText& text);

}  // namespace beamtape
