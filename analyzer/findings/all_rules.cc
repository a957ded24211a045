#include "analyzer/findings/all_rules.h"

namespace beamtape {

const std::vector<Rule>& all_rules() {
  static const std::vector<Rule> rules{kDeadlockRule,         kRunawayProcessRule,
                                       kPortBackpressureRule, kMailboxBuildupRule,
                                       kBottleneckRule,       kProcessLeakRule,
                                       kPortLeakRule,         kEtsTableLeakRule,
                                       kEtsGrowthRule,        kAtomLeakRule,
                                       kBinaryLeakRule,       kProcessMemoryGrowthRule,
                                       kRestartLoopRule,      kSchedulerSaturationRule,
                                       kLimitNearRule,        kAllocatorFragmentationRule,
                                       kMemoryGrowthRule,     kMemoryStepRule};
  return rules;
}

}  // namespace beamtape
