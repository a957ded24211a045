#include "recorder/telling.h"

#include <fmt/format.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string>

#include "recorder/display.h"
#include "schema/terminal/text.h"

namespace beamtape {

using Show = RecorderOptions::Show;

namespace {

constexpr int kPatienceMs = 100;

// Whether it takes escape sequences: where nothing says what it is, as in an editor's shell or a
// job's log, it is taken to understand none.
bool terminal_can_erase() {
  const char* const terminal = std::getenv("TERM");
  return terminal != nullptr && *terminal != '\0' && std::string_view(terminal) != "dumb";
}

}  // namespace

void print(std::FILE* stream, std::string_view text) {
  pollfd waits{fileno(stream), POLLOUT, 0};
  while (!text.empty()) {
    if (poll(&waits, 1, kPatienceMs) != 1) {
      if (stop_asked) return;
      continue;
    }
    // So much never blocks where a pipe says that it takes something.
    const auto written = write(waits.fd, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
    if (written < 0 && errno != EINTR && errno != EAGAIN) return;
    text.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
  }
}

void complain(std::string_view message) {
  print(stderr, fmt::format("beamtape-recorder: {}\n", printable(message)));
}

Telling::Telling(Show show)
    : show_(show),
      is_on_terminal_(show == Show::kTerminal && isatty(STDOUT_FILENO) == 1),
      has_live_line_(is_on_terminal_ && terminal_can_erase()) {}

void Telling::beginning(double budget) const {
  if (!is_on_terminal_) return;
  print(stdout, fmt::format("the first snapshot of a node reads everything: it may take up to "
                            "{:.0f} % of one scheduler there\n",
                            100 * std::max(kFirstBudget, budget)));
}

void Telling::stored(const Status& status) const {
  if (show_ == Show::kJson) print(stdout, json_line(status) + "\n");
  if (!is_on_terminal_) return;
  const std::string line = printable(live_line(status));
  print(stdout, has_live_line_ ? fmt::format("\r{}\x1b[K", line) : line + "\n");
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
