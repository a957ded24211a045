#include "recorder/telling.h"

#include <fmt/format.h>
#include <unistd.h>

#include "recorder/display.h"
#include "schema/terminal/text.h"

namespace beamtape {

using Show = RecorderOptions::Show;

void print(std::FILE* stream, std::string_view text) {
  static_cast<void>(std::fwrite(text.data(), 1, text.size(), stream));
  static_cast<void>(std::fflush(stream));
}

void complain(std::string_view message) {
  print(stderr, fmt::format("beamtape-recorder: {}\n", printable(message)));
}

Telling::Telling(Show show)
    : show_(show), has_live_line_(show == Show::kTerminal && isatty(STDOUT_FILENO) == 1) {}

void Telling::stored(const Status& status) const {
  if (show_ == Show::kJson) print(stdout, json_line(status) + "\n");
  if (has_live_line_) print(stdout, fmt::format("\r{}\x1b[K", printable(live_line(status))));
}

void Telling::news(std::string_view text) const {
  if (show_ == Show::kNothing) return;
  end_live_line();
  complain(text);
}

void Telling::end_live_line() const {
  if (has_live_line_) print(stdout, "\n");
}

void Telling::result(std::string_view text) const {
  if (show_ == Show::kTerminal) print(stdout, fmt::format("{}\n", printable(text)));
}

}  // namespace beamtape
