#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "analyzer/commands/program.h"
#include "schema/terminal/standard_streams.h"

namespace {

// A stream of the process. Remembers the first error; what comes after it is dropped.
class Stream : public beamtape::Output {
 public:
  explicit Stream(std::FILE* file) : file_(file) {}

  bool write(std::string_view text) override {
    if (error_ == 0 && std::fwrite(text.data(), 1, text.size(), file_) != text.size()) {
      error_ = errno;
    }
    return error_ == 0;
  }

  // 0 if all was taken.
  int finish() {
    if (error_ == 0 && std::fflush(file_) != 0) error_ = errno;
    return error_;
  }

 private:
  std::FILE* file_;
  int error_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  beamtape::fill_missing_standard_streams();
  // `| head` closes the pipe: seen as an error of write, not as a signal.
  std::signal(SIGPIPE, SIG_IGN);
  // The same of a limit of file sizes (`ulimit -f`).
  std::signal(SIGXFSZ, SIG_IGN);
  Stream out(stdout);
  Stream err(stderr);
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  int code = beamtape::run_program(arguments, beamtape::Reader::open, out, err);
  const int error = out.finish();
  if (error != 0 && error != EPIPE) {
    err.write(
        fmt::format("beamtape-analyzer: cannot write the answer: {}\n", std::strerror(error)));
    code = beamtape::kStoppedEarly;
  }
  err.finish();
  return code;
}
