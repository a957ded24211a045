#pragma once

#include <string>

#include "analyzer/findings/observed.h"

namespace beamtape {

// The largest ETS table of a (folded) name in the last snapshot, and who owns it.
struct LargestTable {
  std::string id;
  std::string name;
  std::string owner;       // "shop_cache (<0.80.0>)"; empty if it is not known
  std::string supervisor;  // of the owner; may be empty
};
LargestTable largest_table(const Observed& observed, const std::string& folded_name);

}  // namespace beamtape
