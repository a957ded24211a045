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
  std::string error;    // nobody of that name in the recording
  std::string pid, name;
  std::string span;    // "#1 to #20, lives at the end"
  std::string absent;  // it was not there at the asked instant; what follows is of the nearest
  struct Fact {
    std::string name, text, explanation;
  };
  std::vector<Fact> facts;      // at the asked instant: texts, and numbers that never change
  std::vector<double> seconds;  // of each row of its life, as Overview::seconds
  struct Curve {
    std::string name, explanation;
    Unit unit = Unit::kNone;
    bool is_rate = false;
    std::vector<double> values;  // one for each of LifeText::seconds; NaN: not read
    std::string text;            // at the asked instant
    std::string why;             // there is no value then; empty: there is, or nobody can tell
  };
  std::vector<Curve> curves;  // of every number that changes; the `telling` ones first
  std::size_t telling = 0;    // mailbox, memory, work, heap: shown large
  struct Link {
    std::string relation, ref, name;
  };
  std::vector<Link> links;
  struct Holding {
    std::string kind, id, text;  // "ets" or "port"; "prices: 12 rows, 4.2 MiB"
  };
  std::vector<Holding> owned;
  struct Stack {
    std::string span;
    double from_s = 0;                // as Overview::seconds
    std::vector<std::string> frames;  // innermost first
    bool shown = false;               // the one at the asked instant
  };
  std::vector<std::string> damage;  // rows of its life that are damaged
  std::vector<Stack> stacks;        // in order of time; at most kMostStacks around the shown one
  std::size_t stacks_in_all = 0;
};

inline constexpr std::size_t kMostStacks = 30;

// Runs on a desk. `start_us` is where Overview::seconds begins.
LifeText read_life_text(const Recording& recording, const std::string& subject,
                        const std::string& node, std::int64_t snapshot, std::int64_t start_us);

}  // namespace beamtape
