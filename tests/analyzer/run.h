#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "analyzer/commands/program.h"
#include "tests/analyzer/fake_reader.h"

namespace beamtape {

// A small real recording of a node with every story of samples/.
inline const std::string kDemo = BEAMTAPE_SOURCE_DIR "/samples/recordings/demo-format-1.beamtape";

// What a run of beamtape-analyzer left behind.
struct RunResult {
  int code = 0;
  std::string out;
  std::string err;
};

// Runs the program on a story; every path opens it. `prepare` may damage it.
RunResult run_on(const Story& story, const std::vector<std::string>& arguments,
                 const std::function<void(FakeReader&)>& prepare = {});

// Runs it with files opened as `open` does.
RunResult run_with(const Opener& open, const std::vector<std::string>& arguments);

// Runs it on real files.
RunResult run_on_files(const std::vector<std::string>& arguments);

}  // namespace beamtape
