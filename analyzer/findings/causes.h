#pragma once

#include <string>
#include <vector>

#include "analyzer/findings/finding.h"

namespace beamtape {

// One cause is told once. Two findings of one stretch of time are of one cause if
//   1. they are about the same subject, or one involves (finding.h) what the other is about: the
//      group whose members are linked to each of its own, the owner, the holder, those who wait;
//   2. they involve the same process, or both count things that come and go, and they grow by the
//      same steps (their rates from snapshot to snapshot vary, and correlate): one does not happen
//      without the other. Two that grow steadily are not one for that;
//   3. one is about a number of the node of which the other explains more than half.
// Of those of one cause the first tells it: findings come in the order of all_rules(), causes
// before what they lead to; of one rule that which the others are below or attached to; an info
// only where all are. That the node's memory grows is told beside the finding that takes most of
// it, of the kind that is most of it, if there is one. The others stand in its `also`, and it is as
// grave as the gravest of them.
std::vector<Finding> tell_once(std::vector<Finding> findings);

}  // namespace beamtape
