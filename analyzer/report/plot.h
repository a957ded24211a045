#pragma once

#include <string>
#include <vector>

#include "schema/tables/column.h"

namespace beamtape {

// Plots as SVG elements for a page that defines the classes line1 to line6 and area1 to area6,
// `axis` and `mark`. Pure functions.

struct PlotLine {
  std::string label;
  std::vector<double> values;  // NaN: a hole in the line
};

struct PlotMark {
  double from = 0, to = 0;  // on the time axis, seconds; equal for an instant
  std::string label;        // as a tooltip
};

struct PlotSpec {
  std::vector<double> seconds;  // of each value
  std::vector<PlotLine> lines;  // up to six
  Unit unit = Unit::kNone;
  bool stacked = false;
  std::vector<PlotMark> marks;
  std::string from_text, to_text;  // under the ends of the time axis
  std::string description;         // for those who do not see it
  int width = 760, height = 170;   // of the view box
};

// Long series are drawn by the least and the largest value of each pixel column, so that no peak
// is lost.
std::string svg_plot(const PlotSpec& spec);

// A round number at or above `value`, for the top of an axis: 1, 2 or 5 times a power of ten, or of
// 1024 for bytes. At least 1.
double axis_top(double value, Unit unit);

}  // namespace beamtape
