#include "tests/analyzer/run.h"

namespace beamtape {

namespace {

class Text : public Output {
 public:
  explicit Text(std::string& text) : text_(text) {}
  bool write(std::string_view more) override {
    text_ += more;
    return true;
  }

 private:
  std::string& text_;
};

RunResult run(const std::vector<std::string>& arguments, const Opener& open) {
  RunResult result;
  Text out(result.out);
  Text err(result.err);
  result.code = run_program(arguments, open, out, err);
  return result;
}

}  // namespace

RunResult run_on(const Story& story, const std::vector<std::string>& arguments,
                 const std::function<void(FakeReader&)>& prepare) {
  return run(arguments, [&](const std::string&) -> Expected<std::unique_ptr<Reader>> {
    auto reader = std::make_unique<FakeReader>(story);
    if (prepare) prepare(*reader);
    return reader;
  });
}

RunResult run_on_files(const std::vector<std::string>& arguments) {
  return run(arguments, Reader::open);
}

}  // namespace beamtape
