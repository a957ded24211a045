#pragma once

#include "recorder/collect/asker.h"
#include "schema/error.h"

namespace beamtape {

// Has the node measure its schedulers' working time for as long as this connection lasts: a process
// there holds the flag `scheduler_wall_time` and ends when the connection does, and the flag with
// it, unless somebody else holds it too. Costs the node some clock readings a scheduler. Errors as
// of Asker::next, or kRefused: the node would not.
Expected<void> measure_scheduler_time(Asker& asker);

}  // namespace beamtape
