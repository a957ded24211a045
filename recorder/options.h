#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/error.h"

namespace beamtape {

// What the command line asks for.
struct RecorderOptions {
  enum class Show { kTerminal, kJson, kNothing };

  std::string node;
  std::string file;
  std::chrono::milliseconds interval{5000};
  std::optional<std::chrono::milliseconds> duration;
  std::optional<std::int64_t> count;
  std::optional<std::string> cookie_file;
  std::optional<std::string> address;
  std::vector<std::string> notes;
  bool reconnect = true;
  Show show = Show::kTerminal;
};

// Either options to run with, or a text to print and an exit code (help, version, wrong usage).
struct ParsedCommandLine {
  std::optional<RecorderOptions> options;
  std::string text;
  int exit_code = 0;
};
ParsedCommandLine parse_command_line(int argc, const char* const* argv);

// "500ms", "5s", "10m", "2h": more than zero, at most 10 years. kUsage otherwise.
Expected<std::chrono::milliseconds> parse_duration(std::string_view text);

}  // namespace beamtape
