#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace beamtape {

// Is a gauge growing? No single test can tell a leak: a trend test alone calls nine of ten
// warm-ups and every step a leak. So all of these have to hold:
//   1. at least kFewestSamples values;
//   2. it rises (Mann–Kendall with Hamed–Rao variance, p < 0.01), by `least_share` of its median;
//   3. so does its lower envelope (low values of six equal spans of time, of numbers of values
//   where
//      one is empty; a collected heap comes back to it), and it has not gone away again;
//   4. it still grows: the second half at 0.3 of the whole's rate or more;
//   5. a straight line explains it better than one step from a level to another.
// False positives and recall on simulated series: tests/bench/trend_bench.
struct Growth {
  enum class Verdict { kTooShort, kNotGrowing, kStep, kGrowing };
  Verdict verdict = Verdict::kTooShort;
  std::size_t samples = 0;
  double p = 1;             // of condition 2
  double from = 0, to = 0;  // ends of the Theil–Sen line, in the gauge's unit
  double per_second = 0;    // its slope
  double middle = 0;        // the median
  // Of kStep: index into the values given, and the two levels.
  std::size_t step_at = 0;
  double step_before = 0, step_after = 0;
  // Of a heap: it climbs in steps. It may have stopped where the time since the last is longer than
  // what passed between the two before it (rests), or where of the last three each was smaller than
  // the one before and the last at most half of the first (slows): while what it holds grows, a
  // heap's steps do too.
  bool in_steps = false, rests = false, slows = false;

  bool growing() const { return verdict == Verdict::kGrowing; }
  double rise() const { return to - from; }
  // Of the median; 0 where that is 0.
  double share() const { return middle > 0 ? rise() / middle : 0; }
};

inline constexpr std::size_t kFewestSamples = 12;

// Values that are NaN (nothing was recorded) are left out. More than kMostSamples are thinned
// out evenly. `seconds` ascend.
Growth judge_growth(std::span<const double> seconds, std::span<const double> values,
                    double least_share = 0.10);
inline constexpr std::size_t kMostSamples = 600;

// The same for a heap, which grows in a few large steps (on the BEAM by a factor of about 1.6, a
// large one of 1.2, half of that beside its old heap) while what it holds grows smoothly: also
// growing if what it never falls below again rose in at least three such steps to at least twice
// what it was, and the last one is not overdue: after the last, less than 2.5 times what passed
// between the two before it. A heap that has warmed up fails that. Where it falls by half of its
// range, what it falls back to has to rise as well, at 0.3 of the whole's rate: one that is filled
// and emptied, and ends full, does not grow.
Growth judge_heap_growth(std::span<const double> seconds, std::span<const double> values);

}  // namespace beamtape
