#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/diff/things.h"

namespace beamtape {

// Where a node's memory went: its total by type, processes by group and down to those that changed
// most, ETS tables by name. The parts of a part always add up to it: what they do not explain is a
// part of its own, "not attributed".
struct GrowthPart {
  // total, type, group, process, table, others (the smaller ones together), unattributed
  std::string kind;
  std::string id;  // a pid; else empty
  std::string name;
  std::int64_t a = 0;  // bytes; 0 for what was not there
  std::int64_t b = 0;
  std::vector<GrowthPart> parts;  // largest difference first, then others and unattributed

  std::int64_t difference() const { return b - a; }
};

// The rows of both sides that growth is explained by.
struct GrowthInput {
  const Things& node;
  const Things& groups;
  const Things& processes;
  const Things& ets_names;  // by name
};

// Nothing where one side's memory was not read.
std::optional<GrowthPart> memory_growth(const GrowthInput& a, const GrowthInput& b);

}  // namespace beamtape
