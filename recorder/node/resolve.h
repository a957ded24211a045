#pragma once

#include <string>
#include <vector>

#include "recorder/node/deadline.h"
#include "schema/error.h"

namespace beamtape {

// The numeric addresses (IPv4 and IPv6, at least one, in the system's order of preference) of a
// host name or numeric address. The system's resolver knows no deadline, so names are looked up in
// a thread that is left alone if it does not answer in time. This machine's own name means
// 127.0.0.1 where nobody resolves it. kNotFound: unknown. kTimeout.
Expected<std::vector<std::string>> resolve(const std::string& host, Deadline deadline);

}  // namespace beamtape
