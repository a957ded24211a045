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

  std::vector<std::string> nodes;
  std::string file;
  bool append = false;  // the file may be there
  std::chrono::milliseconds interval{5000};
  std::optional<std::chrono::milliseconds> duration;
  std::optional<std::int64_t> count;
  std::optional<std::string> cookie_file;
  std::optional<std::string> address;
  std::vector<std::string> notes;
  double budget = 0.05;  // share of one scheduler
  bool reconnect = true;
  bool scheduler_time = false;
  bool all_nodes = false;
  std::int64_t max_bytes = 0;         // of the file; 0: no bound
  std::chrono::milliseconds keep{0};  // time kept at least; 0: all
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
// "5%", "0.5%", as a share: more than 0, at most 1. kUsage otherwise.
Expected<double> parse_share(std::string_view text);
// "64MiB", "1GiB", in bytes: more than zero, at most 1024 TiB. kUsage otherwise.
Expected<std::int64_t> parse_size(std::string_view text);

}  // namespace beamtape
