#pragma once

#include <string>

#include "analyzer/findings/observed.h"

namespace beamtape {

// The memory of a group over time without what only comes of other members being read. A sum is of
// those whose memory is known: it falls when a mailbox becomes too long to ask its process, and
// rises when that has drained.
//
// Sums with as many unread are compared as they are. Where that number is seen first, the sum goes
// on as it was, but for members of usual size that came or went. Of all this the sums with the
// fewest unread are taken for the true ones. NaN where `memory` is. All three are as long.
Values comparable_memory(const Values& memory, const Values& processes, const Values& unknown);

// " Of 3 of them the memory was not read.", " Of 0 to 3 of them …"; empty if of each it was.
std::string unread_text(const Observed& observed, const SampleSeries& group);

}  // namespace beamtape
