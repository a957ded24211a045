#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analyzer/alloc/views.h"
#include "analyzer/findings/findings.h"
#include "analyzer/view/wait_picture.h"
#include "analyzer/waits/waits.h"

namespace beamtape {

// What desks answer the panels, each with the reason where there is no answer.

// Findings, or why there are none.
struct FindingsText {
  Findings found;
  std::string error;
};

// Who waits for whom at a snapshot, or why that is not known.
struct WaitsText {
  std::int64_t snapshot = 0;
  Waits found;
  WaitPicture picture;
  std::string error;
};

// What the allocators say at a snapshot, or why that is not known.
struct AllocText {
  std::int64_t snapshot = 0;
  AllocatorViews current, max;
  std::vector<CacheHitRate> cache;
  std::vector<std::string> damage;
  std::string error;
};

}  // namespace beamtape
