#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <string>

#include "recorder/display.h"
#include "recorder/node/address.h"
#include "recorder/node/cookie.h"
#include "recorder/node/ei_link.h"
#include "recorder/options.h"
#include "recorder/session/recorder.h"
#include "schema/store/writer.h"

namespace beamtape {
namespace {

constexpr std::chrono::seconds kConnectTimeout{10};
constexpr int kUsageExit = 2;
constexpr int kCannotOpenExit = 3;
constexpr int kEndedEarlyExit = 4;

std::atomic<bool> stop_asked = false;
std::atomic<bool> snapshot_asked = false;

// The first one finishes the snapshot; a second one ends the program at once.
void on_signal(int signal) {
  stop_asked = true;
  std::signal(signal, SIG_DFL);
}

void on_snapshot_signal(int) { snapshot_asked = true; }

int complain(const Error& error, int exit_code) {
  fmt::print(stderr, "beamtape-recorder: {}\n", error.message);
  return error.code == Error::Code::kUsage ? kUsageExit : exit_code;
}

// The cookie is read anew each time: a node that was restarted may have another.
Expected<std::unique_ptr<Link>> connect_to(const RecorderOptions& options) {
  auto address = parse_node(options.node);
  if (!address) return tl::unexpected(address.error());
  if (options.address) {
    auto endpoint = parse_endpoint(*options.address);
    if (!endpoint) return tl::unexpected(endpoint.error());
    address->endpoint = *endpoint;
  }
  auto cookie = find_cookie(options.cookie_file);
  if (!cookie) return tl::unexpected(cookie.error());
  return connect(*address, *cookie, kConnectTimeout);
}

void tell(const RecorderOptions& options, const Status& status) {
  switch (options.show) {
    case RecorderOptions::Show::kJson:
      fmt::print("{}\n", json_line(status));
      std::fflush(stdout);
      break;
    case RecorderOptions::Show::kTerminal:
      if (!isatty(STDOUT_FILENO)) break;
      fmt::print("\r{}\x1b[K", live_line(status));
      std::fflush(stdout);
      break;
    case RecorderOptions::Show::kNothing:
      break;
  }
}

void tell_news(const RecorderOptions& options, const std::string& news) {
  if (options.show == RecorderOptions::Show::kNothing) return;
  // Below the live line, which stands without an end.
  const bool after_line = options.show == RecorderOptions::Show::kTerminal && isatty(STDOUT_FILENO);
  fmt::print(stderr, "{}beamtape-recorder: {}\n", after_line ? "\n" : "", news);
}

Watch watch_for(const RecorderOptions& options) {
  return {.stop = [] { return stop_asked.load(); },
          .snapshot_now = [] { return snapshot_asked.exchange(false); },
          .stored = [&](const Status& status) { tell(options, status); },
          .news = [&](const std::string& news) { tell_news(options, news); }};
}

// Everything that can be wrong is found out before the file is made, but what only the file tells.
int run(const RecorderOptions& options) {
  auto link = connect_to(options);
  if (!link) return complain(link.error(), kCannotOpenExit);
  const std::string node = (*link)->node();
  auto writer =
      Writer::create(options.file, {.recorder_version = BEAMTAPE_VERSION,
                                    .max_bytes = options.max_bytes,
                                    .keep_us = std::chrono::microseconds(options.keep).count()});
  if (!writer) return complain({Error::Code::kOther, writer.error().message}, kCannotOpenExit);
  for (const std::string& note : options.notes) {
    const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::system_clock::now().time_since_epoch());
    if (auto added = (*writer)->add_note({now.count(), note}); !added) {
      return complain(added.error(), kCannotOpenExit);
    }
  }
  const Plan plan{options.interval, options.duration, options.count, options.budget,
                  options.reconnect};
  const Watch watch = watch_for(options);
  auto outcome = record(
      std::move(*link), [&] { return connect_to(options); }, **writer, plan, watch);
  const bool on_terminal =
      options.show == RecorderOptions::Show::kTerminal && isatty(STDOUT_FILENO);
  if (on_terminal) fmt::print("\n");
  auto closed = (*writer)->close();
  if (!outcome) return complain(outcome.error(), kCannotOpenExit);
  if (outcome->ended_early) {
    return complain({Error::Code::kOther,
                     fmt::format("cannot go on recording {}: {}; {} snapshots are in {}", node,
                                 outcome->ended_early->message, outcome->stored, options.file)},
                    kEndedEarlyExit);
  }
  if (!closed) return complain(closed.error(), kEndedEarlyExit);
  if (options.show == RecorderOptions::Show::kTerminal) {
    fmt::print("{} snapshots of {} are in {}\n", outcome->stored, node, options.file);
  }
  return 0;
}

}  // namespace
}  // namespace beamtape

int main(int argc, char** argv) {
  const auto parsed = beamtape::parse_command_line(argc, argv);
  if (!parsed.options) {
    fmt::print(parsed.exit_code == 0 ? stdout : stderr, "{}", parsed.text);
    return parsed.exit_code;
  }
  std::signal(SIGINT, beamtape::on_signal);
  std::signal(SIGTERM, beamtape::on_signal);
  std::signal(SIGUSR1, beamtape::on_snapshot_signal);
  std::signal(SIGPIPE, SIG_IGN);
  return beamtape::run(*parsed.options);
}
