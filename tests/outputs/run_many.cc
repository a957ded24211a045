// Runs beamtape-analyzer's commands one after another in one process, for outputs_test under a
// sanitizer, where to start the program takes longer than most commands: a line of standard input
// is a JSON list of arguments; the answer is a line "EXIT_CODE BYTES BYTES", and so many of output
// and of errors.

#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "analyzer/commands/program.h"

namespace {

struct Text : beamtape::Output {
  std::string text;
  bool write(std::string_view more) override {
    text += more;
    return true;
  }
};

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    const auto arguments = nlohmann::json::parse(line).get<std::vector<std::string>>();
    Text out, err;
    const int code = beamtape::run_program(arguments, beamtape::Reader::open, out, err);
    std::cout << code << ' ' << out.text.size() << ' ' << err.text.size() << '\n'
              << out.text << err.text << std::flush;
  }
  return 0;
}
