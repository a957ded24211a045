#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace beamtape {

// Statistics of one series, without any notion of what it measures. Pure functions; values are
// finite unless said otherwise, times ascend.

// The value below which `share` (0 to 1) of the values lie, interpolated. `values` is not empty.
double quantile(std::vector<double> values, double share);
inline double median(std::vector<double> values) { return quantile(std::move(values), 0.5); }

// The median of the slopes between pairs of points (Theil 1950, Sen 1968), per unit of `times`.
// 0 for fewer than two points. Of more than kMostPairs pairs an even choice is taken.
double theil_sen_slope(std::span<const double> times, std::span<const double> values);
inline constexpr std::size_t kMostPairs = 50'000;

// The one-sided p of "it rises" by Mann (1945) and Kendall (1975), with ties, the variance
// corrected for autocorrelation by Hamed and Rao (1998) over the ranks of the values without
// their Theil–Sen trend. A correction never makes p smaller here. 1 for fewer than three.
double rising_p(std::span<const double> times, std::span<const double> values);

// The exact one-sided p of Mann and Kendall for six values without ties; with ties it is an
// upper bound.
double rising_p_of_six(std::span<const double> values);

// Residual sum of squares of the best straight line, and of the best fit by two levels with the
// index of the first value of the second one (at least two values each). `values` has four or more.
double line_residual(std::span<const double> times, std::span<const double> values);
struct TwoLevels {
  std::size_t at = 0;
  double before = 0, after = 0;
  double residual = 0;
};
TwoLevels two_levels(std::span<const double> values);

// Pearson's correlation of two series of the same length; 0 if one of them never changes.
double correlation(std::span<const double> a, std::span<const double> b);

// Which of the hypotheses with these p values hold at a false discovery rate of `rate`
// (Benjamini and Hochberg 1995), `tests` of them having been made in all.
std::vector<bool> discoveries(std::span<const double> p_values, std::size_t tests, double rate);

}  // namespace beamtape
