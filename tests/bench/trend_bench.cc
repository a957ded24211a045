// How often judge_growth, and for heaps judge_heap_growth, call simulated gauges growing: series
// shaped like those of a node (collections as a sawtooth, noise that depends on itself, an
// irregular cadence), from a seed. The first four kinds are healthy and should be near 0, the last
// two are leaks and should be near 100.
//
// usage: trend_bench [SERIES] [SEED]

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <random>
#include <vector>

#include "analyzer/trend/growth.h"

namespace beamtape {
namespace {

constexpr double kTwoPi = 6.283185307179586;

class Simulation {
 public:
  explicit Simulation(std::uint64_t seed) : random_(seed) {}

  struct Series {
    std::vector<double> seconds, values;
  };
  // `shape` maps 0..1 to the share that the level has risen; 1 is a doubling.
  template <typename Shape>
  Series make(std::size_t samples, Shape shape) {
    Series series;
    const double level = 20e6 * std::exp(uniform(0, 3));
    const double noise = uniform(0.01, 0.08), memory = uniform(0.3, 0.9);
    const double tooth = uniform(0, 0.25), period = uniform(4, 15);
    double second = 0, wander = 0;
    for (std::size_t i = 0; i < samples; ++i) {
      const double place = static_cast<double>(i) / static_cast<double>(samples - 1);
      wander = memory * wander + noise * normal_(random_) * std::sqrt(1 - memory * memory);
      const double phase = std::fmod(static_cast<double>(i), period) / period;
      series.seconds.push_back(second);
      series.values.push_back(level * (1 + shape(place) + wander + tooth * phase));
      second += uniform(0.8, 1.2);
    }
    return series;
  }
  double uniform(double from, double to) {
    return std::uniform_real_distribution<double>(from, to)(random_);
  }

 private:
  std::mt19937_64 random_;
  std::normal_distribution<double> normal_;
};

using Judge = Growth (*)(const std::vector<double>&, const std::vector<double>&);

Growth judge_gauge(const std::vector<double>& seconds, const std::vector<double>& values) {
  return judge_growth(seconds, values);
}
Growth judge_heap(const std::vector<double>& seconds, const std::vector<double>& values) {
  return judge_heap_growth(seconds, values);
}

template <typename MakeShape>
void run(const char* name, int count, std::uint64_t seed, MakeShape make_shape,
         Judge judge = judge_gauge) {
  fmt::print("{:<24}", name);
  for (const std::size_t samples : {30u, 100u, 300u}) {
    Simulation simulation(seed + samples);
    int growing = 0;
    for (int i = 0; i < count; ++i) {
      const auto series = simulation.make(samples, make_shape(simulation));
      growing += judge(series.seconds, series.values).growing() ? 1 : 0;
    }
    fmt::print(" {:7.1f}", 100.0 * growing / count);
  }
  fmt::print("\n");
}

}  // namespace
}  // namespace beamtape

int main(int argc, char** argv) {
  using beamtape::Simulation;
  const int count = argc > 1 ? std::atoi(argv[1]) : 500;
  const std::uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  if (count < 1) return 2;
  fmt::print("per cent called growing, of {} series each\n{:<24} {:>7} {:>7} {:>7}\n", count,
             "samples", 30, 100, 300);
  beamtape::run("flat", count, seed, [](Simulation&) { return [](double) { return 0.0; }; });
  beamtape::run("warm-up, then plateau", count, seed, [](Simulation& s) {
    const double until = s.uniform(0.1, 0.5);
    return [=](double t) { return 1 - std::exp(-3 * t / until); };
  });
  beamtape::run("one step", count, seed, [](Simulation& s) {
    const double at = s.uniform(0.2, 0.8);
    return [=](double t) { return t < at ? 0.0 : 1.0; };
  });
  beamtape::run("burst that drains", count, seed, [](Simulation& s) {
    const double at = s.uniform(0.1, 0.6);
    return [=](double t) { return t < at ? 0.0 : std::exp(-(t - at) * 10); };
  });
  beamtape::run("wave", count, seed, [](Simulation& s) {
    const double periods = s.uniform(2, 6), phase = s.uniform(0, 1);
    return [=](double t) { return 0.5 * std::sin(beamtape::kTwoPi * (periods * t + phase)); };
  });
  beamtape::run("leak to twice", count, seed,
                [](Simulation&) { return [](double t) { return t; }; });
  beamtape::run("leak to twice in 6 steps", count, seed, [](Simulation&) {
    return [](double t) { return std::floor(std::min(t, 0.999) * 6) / 5; };
  });
  fmt::print("heaps\n");
  const auto heap = [](double words) {
    return std::pow(1.6, std::ceil(std::log(1 + words) / std::log(1.6)));
  };
  beamtape::run(
      "flat", count, seed, [](Simulation&) { return [](double) { return 0.0; }; },
      beamtape::judge_heap);
  beamtape::run(
      "warm-up, then plateau", count, seed,
      [=](Simulation& s) {
        const double until = s.uniform(0.1, 0.5), level = s.uniform(2, 20);
        return [=](double t) { return heap(level * std::min(t / until, 1.0)); };
      },
      beamtape::judge_heap);
  beamtape::run(
      "wave", count, seed,
      [=](Simulation& s) {
        const double periods = s.uniform(2, 6), level = s.uniform(2, 20);
        return [=](double t) {
          return heap(level * (0.5 - 0.5 * std::cos(beamtape::kTwoPi * periods * t)));
        };
      },
      beamtape::judge_heap);
  beamtape::run(
      "holds ever more", count, seed,
      [=](Simulation& s) {
        const double level = s.uniform(5, 40);
        return [=](double t) { return heap(level * t); };
      },
      beamtape::judge_heap);
}
