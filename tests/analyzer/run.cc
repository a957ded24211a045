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

}  // namespace

RunResult run_with(const Opener& open, const std::vector<std::string>& arguments) {
  RunResult result;
  Text out(result.out);
  Text err(result.err);
  result.code = run_program(arguments, open, out, err);
  return result;
}

RunResult run_on(const Story& story, const std::vector<std::string>& arguments,
                 const std::function<void(FakeReader&)>& prepare) {
  return run_with(
      [&](const std::string&) -> Expected<std::unique_ptr<Reader>> {
        auto reader = std::make_unique<FakeReader>(story);
        if (prepare) prepare(*reader);
        return reader;
      },
      arguments);
}

RunResult run_on_files(const std::vector<std::string>& arguments) {
  return run_with(Reader::open, arguments);
}

}  // namespace beamtape
