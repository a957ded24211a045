#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analyzer/load/recording.h"

namespace beamtape {

// A process, table or port that somebody looks for by a part of its name.
struct Named {
  std::string kind, id;  // as links.h follows them
  std::string text;      // "order_server  <0.135.0>"
};

struct NamedThings {
  std::string part;
  std::vector<Named> found;  // the largest of each kind, not many
};

// Runs on a desk.
NamedThings find_named(const Recording& recording, std::int64_t snapshot, const std::string& part);

}  // namespace beamtape
