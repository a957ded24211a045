#include "analyzer/view/decimate.h"

#include <algorithm>
#include <cmath>

namespace beamtape {

namespace {

// The kept points of one column of pixels.
struct Bucket {
  std::size_t first, last, least, largest;
};

void flush(const Bucket& bucket, std::vector<std::size_t>& kept) {
  std::size_t four[] = {bucket.first, bucket.least, bucket.largest, bucket.last};
  std::sort(std::begin(four), std::end(four));
  for (const std::size_t one : four) {
    if (kept.empty() || kept.back() != one) kept.push_back(one);
  }
}

}  // namespace

std::vector<std::size_t> decimated(const std::vector<double>& x, const std::vector<double>& y,
                                   std::pair<double, double> range, std::size_t columns) {
  std::vector<std::size_t> kept;
  if (x.empty() || columns == 0 || !(range.second > range.first)) return kept;
  auto begin =
      static_cast<std::size_t>(std::lower_bound(x.begin(), x.end(), range.first) - x.begin());
  auto end =
      static_cast<std::size_t>(std::upper_bound(x.begin(), x.end(), range.second) - x.begin());
  if (begin > 0) --begin;
  if (end < x.size()) ++end;
  const double per_column = (range.second - range.first) / static_cast<double>(columns);
  Bucket bucket{};
  double current = 0;
  bool any = false;
  for (std::size_t i = begin; i < end; ++i) {
    if (std::isnan(y[i])) continue;
    const double column = std::floor((x[i] - range.first) / per_column);
    if (any && column != current) {
      flush(bucket, kept);
      any = false;
    }
    if (!any) bucket = {i, i, i, i};
    any = true;
    current = column;
    bucket.last = i;
    if (y[i] < y[bucket.least]) bucket.least = i;
    if (y[i] > y[bucket.largest]) bucket.largest = i;
  }
  if (any) flush(bucket, kept);
  return kept;
}

}  // namespace beamtape
