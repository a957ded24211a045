#include "analyzer/findings/all_rules.h"

namespace beamtape {

const std::vector<Rule>& all_rules() {
  static const std::vector<Rule> rules{kMailboxBuildupRule,   kProcessLeakRule,
                                       kEtsTableLeakRule,     kEtsGrowthRule,
                                       kAtomLeakRule,         kPortLeakRule,
                                       kPortBackpressureRule, kRunawayProcessRule,
                                       kBinaryLeakRule,       kProcessMemoryGrowthRule,
                                       kRestartLoopRule,      kSchedulerSaturationRule,
                                       kLimitNearRule,        kAllocatorFragmentationRule,
                                       kMemoryStepRule};
  return rules;
}

}  // namespace beamtape
