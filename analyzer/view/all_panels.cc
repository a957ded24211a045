#include "analyzer/view/all_panels.h"

namespace beamtape {

const std::vector<Panel>& all_panels() {
  static const std::vector<Panel> panels{
      kFindingsPanel,   kProcessesPanel, kTreePanel,      kGroupsPanel,  kWaitsPanel,
      kDiffPanel,       kEtsPanel,       kPortsPanel,     kSocketsPanel, kAllocatorsPanel,
      kSchedulersPanel, kNodePanel,      kRecordingPanel,
  };
  return panels;
}

const Panel* find_panel(const std::string& name) {
  for (const Panel& panel : all_panels()) {
    if (name == panel.name) return &panel;
  }
  return nullptr;
}

}  // namespace beamtape
