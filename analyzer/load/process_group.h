#pragma once

#include <string>

#include "analyzer/load/frame.h"

namespace beamtape {

// The group that the recorder counted a process in, as its name stands in the recording's
// aggregates (schema/model/group.h): the registered name or label with numbers folded, else the
// behaviour's initial call, else the initial call, else "unknown".
std::string process_group(const RowView& row);

}  // namespace beamtape
