#pragma once

#include "analyzer/commands/command.h"

namespace beamtape {

extern const Command kInfoCommand;
extern const Command kShowCommand;
extern const Command kProcessCommand;
extern const Command kSeriesCommand;
extern const Command kFindingsCommand;
extern const Command kAllocCommand;
extern const Command kTreeCommand;
extern const Command kWaitsCommand;
extern const Command kDiffCommand;
extern const Command kReportCommand;
extern const Command kQueryCommand;
extern const Command kCompareCommand;
extern const Command kCutCommand;
extern const Command kRedactCommand;
extern const Command kNoteCommand;
extern const Command kCheckCommand;
extern const Command kViewCommand;

}  // namespace beamtape
