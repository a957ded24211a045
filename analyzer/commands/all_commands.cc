#include "analyzer/commands/all_commands.h"

namespace beamtape {

const std::vector<Command>& all_commands() {
  static const std::vector<Command> commands{
      kInfoCommand,  kShowCommand,  kProcessCommand, kSeriesCommand, kFindingsCommand,
      kWaitsCommand, kAllocCommand, kDiffCommand,    kCheckCommand,
  };
  return commands;
}

}  // namespace beamtape
