#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "analyzer/commands/output.h"
#include "schema/error.h"
#include "schema/store/reader.h"

namespace CLI {
class App;
}

namespace beamtape {

// Exit codes (DESIGN: "Command line").
inline constexpr int kDone = 0;
inline constexpr int kFound = 1;  // a finding at or above --fail-on
inline constexpr int kWrongUsage = 2;
inline constexpr int kUnreadable = 3;  // not there, not a recording, damaged
inline constexpr int kStoppedEarly = 4;

using Opener = std::function<Expected<std::unique_ptr<Reader>>(const std::string& path)>;

// What a command gets from the program.
struct Context {
  Output& out;   // kept until the command is done and its recordings are closed
  Output& live;  // goes on as it comes, for what may have no end
  const Opener& open;
  // One line each, for stderr after the answer: what limits it.
  std::vector<std::string>& warnings;
};

// A command of beamtape-analyzer. To add one: a file that defines it and a line in
// all_commands.cc.
struct Command {
  using Run = std::function<Expected<int>(Context&)>;  // the exit code

  const char* name;
  const char* summary;
  // Declares the command's words on `app`; what it returns runs after they are parsed.
  Run (*declare)(CLI::App& app);
};

// The explicit list, in the order of --help.
const std::vector<Command>& all_commands();

}  // namespace beamtape
