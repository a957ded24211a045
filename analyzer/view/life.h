#pragma once

#include <string>
#include <utility>
#include <vector>

#include "analyzer/load/recording.h"
#include "analyzer/view/overview.h"

namespace beamtape {

// One process as the inspector shows it: what `process FILE PID` answers, as text and curves.
struct LifeText {
  std::string subject;  // as asked
  std::string error;    // nobody of that name at that instant
  std::string pid, name;
  std::string span;  // "#1 to #20, lives at the end"
  struct Fact {
    std::string name, text, explanation;
  };
  std::vector<Fact> facts;  // at the asked instant
  struct Curve {
    std::string name;
    Unit unit = Unit::kNone;
    bool is_rate = false;
    std::vector<double> seconds;  // as Overview::seconds
    std::vector<double> values;
  };
  std::vector<Curve> curves;
  struct Link {
    std::string relation, ref, name;
  };
  std::vector<Link> links;
  std::vector<std::string> owned;  // tables and ports, with their size
  std::string stack_span;
  std::vector<std::string> stack;  // at the asked instant, innermost first
};

// Runs on a desk. `start_us` is where Overview::seconds begins.
LifeText read_life_text(const Recording& recording, const std::string& subject,
                        const std::string& node, std::int64_t snapshot, std::int64_t start_us);

}  // namespace beamtape
