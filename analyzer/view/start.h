#pragma once

#include <cstddef>
#include <optional>

#include "analyzer/load/recording.h"
#include "analyzer/view/window.h"

namespace beamtape {

// Where the options say that the window begins, as positions among the instants of the shown node.
struct Start {
  std::size_t at = 0;
  std::optional<std::size_t> a, b;
};

// kUsage: no such instant or node.
Expected<Start> starting_point(const Recording& recording, const WindowOptions& options);
void begin(Session& session, const Start& start, const WindowOptions& options);

}  // namespace beamtape
