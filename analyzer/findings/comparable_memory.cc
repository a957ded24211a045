#include "analyzer/findings/comparable_memory.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "analyzer/findings/evidence.h"

namespace beamtape {
namespace {

// The smallest mean of those that are known: at another time one that is much larger may be read.
double usual_size(const Values& memory, const Values& processes, const Values& unknown) {
  double size = kNaN;
  for (std::size_t i = 0; i < memory.size(); ++i) {
    const double known = processes[i] - unknown[i];
    if (known > 0) size = std::fmin(size, memory[i] / known);
  }
  return std::isnan(size) ? 0 : size;
}

// How many more there are; without those that came and were not read, which are in neither sum.
double came(double before, double now, double more_unread) {
  const double more = now - before;
  return more > 0 ? more - std::clamp(more_unread, 0.0, more) : more;
}

}  // namespace

Values comparable_memory(const Values& memory, const Values& processes, const Values& unknown) {
  Values made(memory.size(), kNaN);
  const double size = usual_size(memory, processes, unknown);
  std::map<double, double> added;  // by the number of unread
  double level = 0;
  std::size_t before = 0;
  for (std::size_t i = 0; i < memory.size(); ++i) {
    if (std::isnan(memory[i])) continue;
    if (added.empty()) {
      level = memory[i];
    } else if (const auto known = added.find(unknown[i]); known != added.end()) {
      level = memory[i] + known->second;
    } else {
      level += size * came(processes[before], processes[i], unknown[i] - unknown[before]);
    }
    added.try_emplace(unknown[i], level - memory[i]);
    made[i] = level;
    before = i;
  }
  if (added.empty()) return made;
  for (double& value : made) value -= added.begin()->second;
  return made;
}

std::string unread_text(const Observed& observed, const SampleSeries& group) {
  double fewest = kNaN, most = kNaN;
  for (const double unread : observed.groups.values(group, "memory_unknown")) {
    fewest = std::fmin(fewest, unread);
    most = std::fmax(most, unread);
  }
  if (!(most > 0)) return {};
  const std::string number = amount(most, Unit::kCount);
  if (fewest == most) return fmt::format(" Of {} of them the memory was not read.", number);
  return fmt::format(
      " Of {} to {} of them the memory was not read; what that alone changed is left out.",
      amount(fewest, Unit::kCount), number);
}

}  // namespace beamtape
