#pragma once

#include <string>

#include "analyzer/diff/diff.h"

namespace beamtape {

// A comparison for a terminal: where memory went, then the rows of each subject that changed most,
// at most `limit` of each (0: all).
std::string diff_text(const DiffSide& a, const DiffSide& b, const Diff& diff, std::size_t limit);

}  // namespace beamtape
