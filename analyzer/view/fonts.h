#pragma once

#include <string_view>

namespace beamtape {

// Font files that are part of the program, so that it looks the same on every machine.
std::string_view inter_font();           // text
std::string_view jetbrains_mono_font();  // numbers, pids, functions: digits of one width
std::string_view dejavu_font();          // what the other two lack

}  // namespace beamtape
