#pragma once

#include <string>
#include <string_view>

namespace beamtape {

// Processes are grouped by what they are: registered name, else label, else `$initial_call`, else
// initial_call. Names and labels often carry numbers (conn_17, "user 4711"): pids, ports,
// references and runs of digits fold to `_`, so that all connections are one group.
std::string fold_name(std::string_view name);

}  // namespace beamtape
