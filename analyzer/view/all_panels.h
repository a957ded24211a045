#pragma once

#include "analyzer/view/panel.h"

namespace beamtape {

extern const Panel kFindingsPanel;
extern const Panel kProcessesPanel;
extern const Panel kTreePanel;
extern const Panel kGroupsPanel;
extern const Panel kWaitsPanel;
extern const Panel kDiffPanel;
extern const Panel kEtsPanel;
extern const Panel kPortsPanel;
extern const Panel kSocketsPanel;
extern const Panel kAllocatorsPanel;
extern const Panel kSchedulersPanel;
extern const Panel kNodePanel;
extern const Panel kRecordingPanel;

}  // namespace beamtape
