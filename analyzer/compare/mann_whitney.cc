#include <algorithm>
#include <cmath>
#include <map>

#include "analyzer/compare/compare.h"

namespace beamtape {
namespace {

constexpr std::size_t kExact = 12;

// Number of orders of m and n values with each U: the recurrence of Mann and Whitney (1947).
std::vector<double> counts_of_u(std::size_t m, std::size_t n) {
  // ways[i][j]: by U, for i of one and j of the other.
  std::vector<std::vector<std::vector<double>>> ways(m + 1,
                                                     std::vector<std::vector<double>>(n + 1));
  for (std::size_t i = 0; i <= m; ++i) {
    for (std::size_t j = 0; j <= n; ++j) {
      auto& here = ways[i][j];
      here.assign(i * j + 1, 0);
      if (i == 0 || j == 0) {
        here[0] = 1;
        continue;
      }
      // The largest value is of the first sample and above all j of the other, or of the second.
      for (std::size_t u = 0; u < ways[i - 1][j].size(); ++u) here[u + j] += ways[i - 1][j][u];
      for (std::size_t u = 0; u < ways[i][j - 1].size(); ++u) here[u] += ways[i][j - 1][u];
    }
  }
  return ways[m][n];
}

double exact_p(double u, std::size_t m, std::size_t n) {
  const auto counts = counts_of_u(m, n);
  double all = 0, tail = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    all += counts[i];
    if (static_cast<double>(i) <= u) tail += counts[i];
  }
  return std::min(1.0, 2 * tail / all);
}

double normal_p(double u, const std::vector<double>& all, double m, double n) {
  const double count = m + n;
  std::map<double, double> ties;
  for (const double value : all) ++ties[value];
  double tied = 0;
  for (const auto& [value, times] : ties) tied += times * times * times - times;
  const double variance = m * n / 12 * (count + 1 - tied / (count * (count - 1)));
  if (variance <= 0) return 1;
  const double z = std::max(0.0, std::abs(u - m * n / 2) - 0.5) / std::sqrt(variance);
  return std::min(1.0, std::erfc(z / std::sqrt(2.0)));
}

}  // namespace

double mann_whitney_p(const std::vector<double>& a, const std::vector<double>& b) {
  double u = 0;
  bool ties = false;
  for (const double x : a) {
    for (const double y : b) {
      u += x > y ? 1 : x == y ? 0.5 : 0;
      ties = ties || x == y;
    }
  }
  const auto m = static_cast<double>(a.size()), n = static_cast<double>(b.size());
  if (!ties && a.size() <= kExact && b.size() <= kExact) {
    return exact_p(std::min(u, m * n - u), a.size(), b.size());
  }
  std::vector<double> all = a;
  all.insert(all.end(), b.begin(), b.end());
  return normal_p(u, all, m, n);
}

}  // namespace beamtape
