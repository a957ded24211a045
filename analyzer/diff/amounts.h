#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "analyzer/diff/diff.h"

namespace beamtape {

// Numbers of a comparison as people read them: alike in `diff`, in reports and in the window. What
// is not there is "-".

std::string amount_text(std::optional<std::int64_t> number, Unit unit);
// "+12.3 MiB", "-4", "0".
std::string signed_text(std::optional<std::int64_t> number, Unit unit);
// "+4.2 %"; "-" where nothing changed.
std::string percent_text(std::optional<double> percent);
// Per second of the time between the two sides; "-" where nothing changed.
std::string rate_of(const Diff& diff, std::optional<std::int64_t> difference, Unit unit);
// Of what was there before; nothing where that was 0.
std::optional<double> percent_of(const GrowthPart& part);

}  // namespace beamtape
