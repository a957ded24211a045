#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "recorder/node/deadline.h"
#include "schema/error.h"

namespace beamtape {

// The port on which epmd, the Erlang port mapper, is to be asked: ERL_EPMD_PORT or 4369. Fails if
// the variable is there and is no port, whatever Erlang would make of it: another port would be
// asked than somebody meant.
Expected<std::uint16_t> epmd_port();

// The port of the node called `alive` (the part before the @) at one of `addresses`. kNotFound:
// epmd answered, and knows no such node. Other codes: epmd was not reached (kRefused: nobody
// listens there), did not answer (kTimeout), or what answered is no epmd (kMalformed).
Expected<std::uint16_t> ask_epmd_for_port(const std::vector<std::string>& addresses,
                                          std::uint16_t epmd, std::string_view alive,
                                          Deadline deadline);

// The names that epmd knows, at most kMaxEpmdNames; errors as above.
inline constexpr std::size_t kMaxEpmdNames = 1000;
Expected<std::vector<std::string>> ask_epmd_for_names(const std::vector<std::string>& addresses,
                                                      std::uint16_t epmd, Deadline deadline);

}  // namespace beamtape
