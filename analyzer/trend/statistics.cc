#include "analyzer/trend/statistics.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

namespace beamtape {
namespace {

double sign(double x) { return x > 0 ? 1 : x < 0 ? -1 : 0; }

// Ranks from 1; equal values share the mean of theirs.
std::vector<double> ranks(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> ranked(values.size());
  for (std::size_t from = 0; from < order.size();) {
    std::size_t to = from;
    while (to < order.size() && values[order[to]] == values[order[from]]) ++to;
    const double shared = (static_cast<double>(from) + 1 + static_cast<double>(to)) / 2;
    for (std::size_t i = from; i < to; ++i) ranked[order[i]] = shared;
    from = to;
  }
  return ranked;
}

// Variance of Kendall's S when the values are in random order.
double score_variance(std::span<const double> values) {
  const auto n = static_cast<double>(values.size());
  double variance = n * (n - 1) * (2 * n + 5);
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  for (std::size_t from = 0; from < sorted.size();) {
    const auto end = std::upper_bound(sorted.begin() + static_cast<std::ptrdiff_t>(from),
                                      sorted.end(), sorted[from]);
    const auto to = static_cast<std::size_t>(end - sorted.begin());
    const auto ties = static_cast<double>(to - from);
    variance -= ties * (ties - 1) * (2 * ties + 5);
    from = to;
  }
  return variance / 18;
}

// By how much dependence between neighbours widens the variance of S; at least 1.
double autocorrelation_factor(const std::vector<double>& detrended) {
  const auto ranked = ranks(detrended);
  const auto n = static_cast<double>(ranked.size());
  const double mean = (n + 1) / 2;
  double total = 0;
  for (const double rank : ranked) total += (rank - mean) * (rank - mean);
  if (total == 0) return 1;
  const double significant = 1.96 / std::sqrt(n);
  double sum = 0;
  for (std::size_t lag = 1; lag + 2 < ranked.size(); ++lag) {
    double covariance = 0;
    for (std::size_t i = 0; i + lag < ranked.size(); ++i) {
      covariance += (ranked[i] - mean) * (ranked[i + lag] - mean);
    }
    const double correlation = covariance / total;
    const auto k = static_cast<double>(lag);
    if (std::abs(correlation) > significant) {
      sum += (n - k) * (n - k - 1) * (n - k - 2) * correlation;
    }
  }
  return std::max(1.0, 1 + 2 * sum / (n * (n - 1) * (n - 2)));
}

double kendall_score(std::span<const double> values) {
  double score = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    for (std::size_t j = i + 1; j < values.size(); ++j) score += sign(values[j] - values[i]);
  }
  return score;
}

}  // namespace

double quantile(std::vector<double> values, double share) {
  const double at = share * static_cast<double>(values.size() - 1);
  const auto low = static_cast<std::ptrdiff_t>(at);
  std::nth_element(values.begin(), values.begin() + low, values.end());
  const double lower = values[static_cast<std::size_t>(low)];
  const double rest = at - static_cast<double>(low);
  if (rest == 0) return lower;
  const double upper = *std::min_element(values.begin() + low + 1, values.end());
  return lower + rest * (upper - lower);
}

double theil_sen_slope(std::span<const double> times, std::span<const double> values) {
  const std::size_t n = values.size();
  if (n < 2) return 0;
  const std::size_t stride = n * (n - 1) / 2 / kMostPairs + 1;
  std::vector<double> slopes;
  slopes.reserve(std::min(n * (n - 1) / 2, kMostPairs));
  std::size_t skip = 0;  // pairs of this i before the next one that is taken
  for (std::size_t i = 0; i + 1 < n; ++i) {
    const std::size_t pairs = n - i - 1;
    for (; skip < pairs; skip += stride) {
      const std::size_t j = i + 1 + skip;
      if (times[j] > times[i]) slopes.push_back((values[j] - values[i]) / (times[j] - times[i]));
    }
    skip -= pairs;
  }
  return slopes.empty() ? 0 : median(std::move(slopes));
}

double rising_p(std::span<const double> times, std::span<const double> values) {
  if (values.size() < 3) return 1;
  const double score = kendall_score(values);
  if (score <= 0) return 1;
  const double slope = theil_sen_slope(times, values);
  std::vector<double> detrended(values.begin(), values.end());
  for (std::size_t i = 0; i < detrended.size(); ++i) detrended[i] -= slope * times[i];
  const double variance = score_variance(values) * autocorrelation_factor(detrended);
  if (variance <= 0) return 1;
  const double z = (score - 1) / std::sqrt(variance);
  return 0.5 * std::erfc(z / std::sqrt(2.0));
}

double rising_p_of_six(std::span<const double> values) {
  // Orders of six values with a score of at least s, of 720.
  static constexpr struct {
    int score;
    double orders;
  } kAtLeast[] = {{15, 1}, {13, 6}, {11, 20}, {9, 49}, {7, 98}, {5, 169}, {3, 259}, {1, 360}};
  const double score = kendall_score(values);
  for (const auto& [least, orders] : kAtLeast) {
    if (score >= least) return orders / 720;
  }
  return 1;
}

double line_residual(std::span<const double> times, std::span<const double> values) {
  const auto n = static_cast<double>(values.size());
  const double mean_time = std::accumulate(times.begin(), times.end(), 0.0) / n;
  const double mean_value = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double tt = 0, tv = 0, vv = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double t = times[i] - mean_time, v = values[i] - mean_value;
    tt += t * t;
    tv += t * v;
    vv += v * v;
  }
  return tt == 0 ? vv : std::max(0.0, vv - tv * tv / tt);
}

TwoLevels two_levels(std::span<const double> values) {
  const std::size_t n = values.size();
  // Sums of the values less the first, so that large levels do not eat the digits.
  std::vector<double> sums(n + 1, 0), squares(n + 1, 0);
  for (std::size_t i = 0; i < n; ++i) {
    const double v = values[i] - values[0];
    sums[i + 1] = sums[i] + v;
    squares[i + 1] = squares[i] + v * v;
  }
  const auto residual = [&](std::size_t from, std::size_t to) {
    const double sum = sums[to] - sums[from];
    return squares[to] - squares[from] - sum * sum / static_cast<double>(to - from);
  };
  TwoLevels best;
  for (std::size_t at = 2; at + 2 <= n; ++at) {
    const double both = std::max(0.0, residual(0, at) + residual(at, n));
    if (best.at != 0 && both >= best.residual) continue;
    best = {at, values[0] + sums[at] / static_cast<double>(at),
            values[0] + (sums[n] - sums[at]) / static_cast<double>(n - at), both};
  }
  return best;
}

double correlation(std::span<const double> a, std::span<const double> b) {
  assert(a.size() == b.size());
  const double n = static_cast<double>(a.size());
  const double mean_a = std::accumulate(a.begin(), a.end(), 0.0) / n;
  const double mean_b = std::accumulate(b.begin(), b.end(), 0.0) / n;
  double of_a = 0, of_b = 0, common = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    of_a += (a[i] - mean_a) * (a[i] - mean_a);
    of_b += (b[i] - mean_b) * (b[i] - mean_b);
    common += (a[i] - mean_a) * (b[i] - mean_b);
  }
  return of_a > 0 && of_b > 0 ? common / std::sqrt(of_a * of_b) : 0;
}

std::vector<bool> discoveries(std::span<const double> p_values, std::size_t tests, double rate) {
  std::vector<double> sorted(p_values.begin(), p_values.end());
  std::sort(sorted.begin(), sorted.end());
  double bound = -1;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    if (sorted[i] <= rate * static_cast<double>(i + 1) / static_cast<double>(tests)) {
      bound = sorted[i];
    }
  }
  std::vector<bool> holds;
  for (const double p : p_values) holds.push_back(p <= bound);
  return holds;
}

}  // namespace beamtape
