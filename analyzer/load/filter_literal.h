#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "schema/tables/column.h"

namespace beamtape {

// "10MiB" of a size, "1.5s" of a time, "20k" of a count, in the column's own unit, rounded.
// Nothing if it is no number or its unit does not fit.
std::optional<std::int64_t> parse_quantity(std::string_view text, Unit unit);
// The units that parse_quantity understands there, for a message: "B, KiB, …".
std::string quantity_units(Unit unit);

// True if `text` contains `pattern`, whatever the case of ASCII letters; "*" in the pattern
// stands for any characters.
bool contains(std::string_view text, std::string_view pattern);

}  // namespace beamtape
