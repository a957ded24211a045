#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace beamtape {

// Positions of the points that a curve `columns` pixels wide needs to show x in [from, to]: of each
// column of pixels the first, the least, the largest and the last, so that a peak never vanishes
// however far out one zooms; and a neighbour beyond either edge. `x` ascends; points whose `y` is
// NaN are left out. In order, each once.
std::vector<std::size_t> decimated(const std::vector<double>& x, const std::vector<double>& y,
                                   std::pair<double, double> range, std::size_t columns);

}  // namespace beamtape
