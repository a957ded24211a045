#pragma once

#include "analyzer/findings/rule.h"

namespace beamtape {

extern const Rule kDeadlockRule;
extern const Rule kRunawayProcessRule;
extern const Rule kMailboxBuildupRule;
extern const Rule kBottleneckRule;
extern const Rule kProcessLeakRule;
extern const Rule kEtsTableLeakRule;
extern const Rule kEtsGrowthRule;
extern const Rule kAtomLeakRule;
extern const Rule kPortLeakRule;
extern const Rule kPortBackpressureRule;
extern const Rule kBinaryLeakRule;
extern const Rule kProcessMemoryGrowthRule;
extern const Rule kRestartLoopRule;
extern const Rule kSchedulerSaturationRule;
extern const Rule kLimitNearRule;
extern const Rule kAllocatorFragmentationRule;
extern const Rule kMemoryGrowthRule;
extern const Rule kMemoryStepRule;

}  // namespace beamtape
