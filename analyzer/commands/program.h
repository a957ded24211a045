#pragma once

#include <string>
#include <vector>

#include "analyzer/commands/command.h"

namespace beamtape {

// beamtape-analyzer without a process around it: understands the arguments (without the
// program's own name), runs the command, and returns the exit code. Errors and warnings go to
// `err`, one line each.
int run_program(const std::vector<std::string>& arguments, const Opener& open, Output& out,
                Output& err);

}  // namespace beamtape
