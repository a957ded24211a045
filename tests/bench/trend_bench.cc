// How often judge_growth, and for heaps judge_heap_growth, call simulated gauges growing: series
// shaped like those of a node (collections as a sawtooth, noise that depends on itself, an
// irregular cadence), from a seed. Leaks, and what holds ever more, should be near 100, all others
// near 0.
//
// Beside it what two simple rules say of the same series, each with a rise of 10 % at least: least
// squares and Mann–Kendall, p < 0.01. They tell how hard the series are: where a tenth of the flat
// ones fools them, so will much else. `hard` wanders further and for longer (it fools them in about
// a fourth), has larger teeth and a rougher cadence.
//
// usage: trend_bench [SERIES] [SEED]

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>
#include <random>
#include <vector>

#include "analyzer/trend/growth.h"
#include "analyzer/trend/statistics.h"

namespace beamtape {
namespace {

constexpr double kTwoPi = 6.283185307179586;

// What a series of shape 0 does.
struct Rough {
  const char* name;
  double least_noise, most_noise;    // standard deviation, of the level
  double least_memory, most_memory;  // AR(1) coefficient
  double most_tooth;                 // height of the sawtooth, of the level
  double jitter;                     // of the cadence
  double missed;                     // share of the samples that are not there
};
constexpr Rough kMild{"mild", 0.01, 0.08, 0.3, 0.9, 0.25, 0.2, 0};
constexpr Rough kHard{"hard", 0.04, 0.16, 0.9, 0.98, 0.5, 0.5, 0.05};

class Simulation {
 public:
  Simulation(std::uint64_t seed, const Rough& rough) : random_(seed), rough_(rough) {}

  struct Series {
    std::vector<double> seconds, values;
  };
  // `shape` maps 0..1 to the share that the level has risen; 1 is a doubling.
  template <typename Shape>
  Series make(std::size_t samples, Shape shape) {
    Series series;
    const double level = 20e6 * std::exp(uniform(0, 3));
    const double noise = uniform(rough_.least_noise, rough_.most_noise);
    const double memory = uniform(rough_.least_memory, rough_.most_memory);
    const double tooth = uniform(0, rough_.most_tooth), period = uniform(4, 15);
    double second = 0, wander = noise * normal_(random_);
    for (std::size_t i = 0; i < samples; ++i) {
      const double place = static_cast<double>(i) / static_cast<double>(samples - 1);
      wander = memory * wander + noise * normal_(random_) * std::sqrt(1 - memory * memory);
      const double phase = std::fmod(static_cast<double>(i), period) / period;
      series.seconds.push_back(second);
      series.values.push_back(level * (1 + shape(place) + wander + tooth * phase));
      second += uniform(1 - rough_.jitter, 1 + rough_.jitter);
      if (uniform(0, 1) < rough_.missed) second += 1;
    }
    return series;
  }
  double uniform(double from, double to) {
    return std::uniform_real_distribution<double>(from, to)(random_);
  }

 private:
  std::mt19937_64 random_;
  const Rough& rough_;
  std::normal_distribution<double> normal_;
};

using Judge = bool (*)(const std::vector<double>&, const std::vector<double>&);

bool judge_gauge(const std::vector<double>& seconds, const std::vector<double>& values) {
  return judge_growth(seconds, values).growing();
}
bool judge_heap(const std::vector<double>& seconds, const std::vector<double>& values) {
  return judge_heap_growth(seconds, values).growing();
}

constexpr double kLeastRise = 0.1, kNormalAt99 = 2.326;

// Least squares: a slope with a one-sided p < 0.01, were the values independent.
bool by_least_squares(const std::vector<double>& seconds, const std::vector<double>& values) {
  const double n = static_cast<double>(values.size());
  const double r = correlation(seconds, values);
  const double t = r * std::sqrt((n - 2) / std::max(1 - r * r, 1e-12));
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  const auto deviation = [](const std::vector<double>& all) {
    const double middle =
        std::accumulate(all.begin(), all.end(), 0.0) / static_cast<double>(all.size());
    double sum = 0;
    for (const double one : all) sum += (one - middle) * (one - middle);
    return std::sqrt(sum);
  };
  const double rise = r * deviation(values) / deviation(seconds) * seconds.back();
  return t > kNormalAt99 && rise >= kLeastRise * mean;
}

// Mann and Kendall without a correction for dependence.
bool by_mann_kendall(const std::vector<double>& seconds, const std::vector<double>& values) {
  double s = 0;
  for (std::size_t i = 1; i < values.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) s += values[i] > values[j] ? 1 : -1;
  }
  const double n = static_cast<double>(values.size());
  const double z = (s - 1) / std::sqrt(n * (n - 1) * (2 * n + 5) / 18);
  return z > kNormalAt99 &&
         theil_sen_slope(seconds, values) * seconds.back() >= kLeastRise * median(values);
}

struct Options {
  int count;
  std::uint64_t seed;
  Rough rough;
};

template <typename MakeShape>
void run(const char* name, const Options& options, MakeShape make_shape,
         std::vector<Judge> judges = {judge_gauge, by_least_squares, by_mann_kendall}) {
  fmt::print("{:<24}", name);
  for (const Judge judge : judges) {
    for (const std::size_t samples : {30u, 100u, 300u}) {
      Simulation simulation(options.seed + samples, options.rough);
      int growing = 0;
      for (int i = 0; i < options.count; ++i) {
        const auto series = simulation.make(samples, make_shape(simulation));
        growing += judge(series.seconds, series.values) ? 1 : 0;
      }
      fmt::print(" {:6.1f}", 100.0 * growing / options.count);
    }
    fmt::print("  ");
  }
  fmt::print("\n");
}

void run_gauges(const Options& options) {
  fmt::print("{:<24} {:<22} {:<22} {:<22}\n{:<24}", options.rough.name, "growing", "least squares",
             "Mann-Kendall", "samples");
  for (int i = 0; i < 3; ++i) fmt::print(" {:>6} {:>6} {:>6}  ", 30, 100, 300);
  fmt::print("\n");
  run("flat", options, [](Simulation&) { return [](double) { return 0.0; }; });
  run("warm-up, then plateau", options, [](Simulation& s) {
    const double until = s.uniform(0.1, 0.5);
    return [=](double t) { return 1 - std::exp(-3 * t / until); };
  });
  run("one step", options, [](Simulation& s) {
    const double at = s.uniform(0.2, 0.8);
    return [=](double t) { return t < at ? 0.0 : 1.0; };
  });
  run("burst that drains", options, [](Simulation& s) {
    const double at = s.uniform(0.1, 0.6);
    return [=](double t) { return t < at ? 0.0 : std::exp(-(t - at) * 10); };
  });
  run("wave", options, [](Simulation& s) {
    const double periods = s.uniform(2, 6), phase = s.uniform(0, 1);
    return [=](double t) { return 0.5 * std::sin(kTwoPi * (periods * t + phase)); };
  });
  run("filled and emptied", options, [](Simulation& s) {
    const double periods = s.uniform(2, 8), phase = s.uniform(0, 1);
    return [=](double t) { return std::fmod(periods * t + phase, 1.0); };
  });
  run("leak to twice", options, [](Simulation&) { return [](double t) { return t; }; });
  run("leak to twice in 6 steps", options,
      [](Simulation&) { return [](double t) { return std::floor(std::min(t, 0.999) * 6) / 5; }; });
  run("leak, half of it emptied", options, [](Simulation& s) {
    const double periods = s.uniform(4, 8), phase = s.uniform(0, 1);
    return [=](double t) { return t + std::fmod(periods * t + phase, 1.0) * 0.7; };
  });
}

// What a heap is to be large enough for so many words, and a large one beside an old heap.
double heap(double words) { return std::pow(1.6, std::ceil(std::log(1 + words) / std::log(1.6))); }
double large_heap(double words) {
  const double held = std::pow(1.2, std::floor(std::log(1 + words) / std::log(1.2)));
  return held + 1.2 * held;
}

void run_heaps(const Options& options) {
  fmt::print("heaps, {}\n", options.rough.name);
  run("flat", options, [](Simulation&) { return [](double) { return 0.0; }; }, {judge_heap});
  run("warm-up, then plateau", options,
      [](Simulation& s) {
        const double until = s.uniform(0.1, 0.5), level = s.uniform(2, 20);
        return [=](double t) { return heap(level * std::min(t / until, 1.0)); };
      },
      {judge_heap});
  run("wave", options,
      [](Simulation& s) {
        const double periods = s.uniform(2, 6), level = s.uniform(2, 20);
        return [=](double t) { return heap(level * (0.5 - 0.5 * std::cos(kTwoPi * periods * t))); };
      },
      {judge_heap});
  run("filled and emptied", options,
      [](Simulation& s) {
        const double periods = s.uniform(1.2, 6), level = s.uniform(2, 20), phase = s.uniform(0, 1);
        return [=](double t) { return heap(level * std::fmod(periods * t + phase, 1.0)); };
      },
      {judge_heap});
  run("holds ever more", options,
      [](Simulation& s) {
        const double level = s.uniform(5, 40);
        return [=](double t) { return heap(level * t); };
      },
      {judge_heap});
  run("the same, large", options,
      [](Simulation& s) {
        const double level = s.uniform(2, 20);
        return [=](double t) { return large_heap(level * t); };
      },
      {judge_heap});
}

}  // namespace
}  // namespace beamtape

int main(int argc, char** argv) {
  using namespace beamtape;
  const int count = argc > 1 ? std::atoi(argv[1]) : 500;
  const std::uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  if (count < 1) return 2;
  fmt::print("per cent called growing, of {} series each\n", count);
  for (const Rough& rough : {kMild, kHard}) run_gauges({count, seed, rough});
  run_heaps({count, seed, kMild});
}
