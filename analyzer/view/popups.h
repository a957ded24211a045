#pragma once

#include "analyzer/view/session.h"

namespace beamtape {

// The palette, the line for a note and the list of keys: each opens when Around::opens says so.
void draw_popups(Session& session);

}  // namespace beamtape
