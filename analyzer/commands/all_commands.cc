#include "analyzer/commands/all_commands.h"

namespace beamtape {
const std::vector<Command>& all_commands() {
  // One to a line.
  static const std::vector<Command> commands{
      kInfoCommand,      //
      kFindingsCommand,  //
      kShowCommand,      //
      kProcessCommand,   //
      kSeriesCommand,    //
      kTreeCommand,      //
      kWaitsCommand,     //
      kAllocCommand,     //
      kDiffCommand,      //
      kQueryCommand,     //
      kReportCommand,    //
      kCompareCommand,   //
      kCutCommand,       //
      kRedactCommand,    //
      kNoteCommand,      //
      kCheckCommand,     //
      kViewCommand,      //
  };
  return commands;
}

}  // namespace beamtape
