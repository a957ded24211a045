#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <future>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "recorder/node/address.h"
#include "recorder/node/cookie.h"
#include "recorder/node/ei_link.h"
#include "recorder/node/epmd.h"
#include "recorder/options.h"
#include "recorder/session/clock.h"
#include "recorder/session/recorder.h"
#include "recorder/telling.h"
#include "schema/store/writer.h"
#include "schema/terminal/standard_streams.h"
#include "schema/terminal/text.h"

namespace beamtape {
namespace {

constexpr std::chrono::seconds kConnectTimeout{10};
constexpr std::chrono::milliseconds kLook{20};
constexpr int kNiceness = 5;
constexpr int kUsageExit = 2;
constexpr int kCannotOpenExit = 3;
constexpr int kEndedEarlyExit = 4;

// A program that ends another may send its signal twice: to it, and to its group, as timeout(1).
constexpr std::int64_t kOneSignalMs = 1000;

std::atomic<bool> snapshot_asked = false;
std::atomic<std::int64_t> first_signal_ms = 0;

// The first one finishes the snapshot; another, a second later, ends the program at once.
void on_signal(int signal) {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  const std::int64_t now_ms = std::int64_t{time.tv_sec} * 1000 + time.tv_nsec / 1'000'000 + 1;
  std::int64_t first_ms = 0;
  stop_asked = true;
  if (first_signal_ms.compare_exchange_strong(first_ms, now_ms)) return;
  if (now_ms - first_ms < kOneSignalMs) return;
  std::signal(signal, SIG_DFL);
  raise(signal);
}

// A terminal that goes away may send it several times, too, and that much later.
void on_hangup(int) { stop_asked = true; }

void on_snapshot_signal(int) { snapshot_asked = true; }

void handle_signals() {
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  // `nohup` had it ignored, and so it stays.
  if (std::signal(SIGHUP, on_hangup) == SIG_IGN) std::signal(SIGHUP, SIG_IGN);
  std::signal(SIGUSR1, on_snapshot_signal);
  // Sent by mistake for SIGUSR1, it must not end a recording.
  std::signal(SIGUSR2, SIG_IGN);
  std::signal(SIGPIPE, SIG_IGN);
  // A limit of file sizes (`ulimit -f`) is a full disk, not an end.
  std::signal(SIGXFSZ, SIG_IGN);
}

int give_up(const Error& error, int exit_code) {
  complain(error.message);
  return error.code == Error::Code::kUsage ? kUsageExit : exit_code;
}

// The cookie is read anew each time: a node that was restarted may have another. --address is that
// of the one node that was given.
Expected<std::unique_ptr<Link>> connect_to(const RecorderOptions& options,
                                           const std::string& node) {
  auto address = parse_node(node);
  if (!address) return tl::unexpected(address.error());
  if (options.address && address->node() == options.nodes.front()) {
    auto endpoint = parse_endpoint(*options.address);
    if (!endpoint) return tl::unexpected(endpoint.error());
    address->endpoint = *endpoint;
  }
  auto cookie = find_cookie(options.cookie_file);
  if (!cookie) return tl::unexpected(cookie.error());
  return connect(*address, *cookie, kConnectTimeout, &stop_asked);
}

Watch watch_for(const Telling& telling) {
  return {.stop = [] { return stop_asked.load(); },
          .snapshot_now = [] { return snapshot_asked.exchange(false); },
          .stored = [&](const Status& status) { telling.stored(status); },
          .news = [&](const std::string& news) { telling.news(news); }};
}

// Full names, each once. Also looks at what is the same for all nodes, to say it once.
Expected<void> complete(RecorderOptions& options) {
  std::vector<std::string> names;
  for (const std::string& node : options.nodes) {
    auto address = parse_node(node);
    if (!address) return tl::unexpected(std::move(address.error()));
    const std::string name = address->node();
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  options.nodes = std::move(names);
  if (options.address) return {};
  return epmd_port().map([](std::uint16_t) {});
}

// Waits until one node has let us in, and no longer: none may hold up the others. Fails when none
// did.
Expected<std::vector<Subject>> connect_to_first(const RecorderOptions& options,
                                                const Connect& connect) {
  using Connected = Expected<std::unique_ptr<Link>>;
  std::vector<Subject> subjects;
  for (const std::string& node : options.nodes) subjects.push_back(begin_to_connect(node, connect));
  std::vector<std::optional<Error>> errors(subjects.size());
  for (std::size_t failed = 0; failed < subjects.size();) {
    for (std::size_t at = 0; at < subjects.size(); ++at) {
      auto& link = subjects[at].link;
      if (errors[at] || link.wait_for(kLook) != std::future_status::ready) continue;
      Connected connected = link.get();
      if (!connected) errors[at] = connected.error();
      failed += connected ? 0 : 1;
      std::promise<Connected> result;
      result.set_value(std::move(connected));
      link = result.get_future();
      if (!errors[at]) return subjects;
    }
  }
  for (std::size_t at = 1; at < errors.size(); ++at) complain(errors[at]->message);
  return tl::unexpected(*errors.front());
}

// What files may not be larger than (`ulimit -f`); nothing if there is no such limit.
std::optional<std::int64_t> file_limit() {
  struct rlimit limit {};
  if (getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return std::nullopt;
  constexpr rlim_t kMost = std::numeric_limits<std::int64_t>::max();
  return static_cast<std::int64_t>(std::min(limit.rlim_cur, kMost));
}

// A bounded recording never comes to the limit: once the file and its -wal are that large, nothing
// could be dropped any more.
Expected<void> keep_below(std::int64_t limit, RecorderOptions& options, const Telling& telling) {
  if (options.max_bytes > limit) {
    return fail(Error::Code::kUsage,
                fmt::format("cannot keep to --max-size: {} is above the limit on a file's size, {} "
                            "(ulimit -f); give less, or raise the limit",
                            size_text(options.max_bytes), size_text(limit)));
  }
  if (options.max_bytes == 0 && options.keep.count() > 0) {
    options.max_bytes = limit;
    telling.news(
        fmt::format("files may not be larger than {} here (ulimit -f): the oldest "
                    "snapshots are dropped for that, too",
                    size_text(limit)));
  }
  return {};
}

Expected<std::unique_ptr<Writer>> open_file(const RecorderOptions& options) {
  const Writer::Options wanted{.recorder_version = BEAMTAPE_VERSION,
                               .max_bytes = options.max_bytes,
                               .keep_us = std::chrono::microseconds(options.keep).count(),
                               .nodes = options.nodes};
  if (!options.append || access(options.file.c_str(), F_OK) != 0) {
    return Writer::create(options.file, wanted);
  }
  return Writer::append(options.file, wanted);
}

Expected<void> add_notes(const RecorderOptions& options, Writer& writer) {
  for (const std::string& note : options.notes) {
    if (auto added = writer.add_note({wall_now_us(), note}); !added) return added;
  }
  return {};
}

// "1 snapshot of shop@db1 is", "40 snapshots of 2 nodes are", "the last 96 of 2000 snapshots of
// shop@db1 are".
std::string stored_text(const RecorderOptions& options, const Outcome& outcome,
                        std::int64_t dropped) {
  const bool is_one = outcome.nodes <= 1 && options.nodes.size() == 1;
  const std::int64_t kept = outcome.stored - dropped;
  return fmt::format("{}{} of {} {}", dropped == 0 ? "" : fmt::format("the last {} of ", kept),
                     counted(static_cast<std::size_t>(outcome.stored), "snapshot"),
                     is_one ? options.nodes.front() : counted(outcome.nodes, "node"),
                     kept == 1 ? "is" : "are");
}

// Everything that can be wrong is found out before the file is made, but what only the file tells.
int run(RecorderOptions options) {
  if (auto known = complete(options); !known) return give_up(known.error(), kCannotOpenExit);
  const Telling telling(options.show);
  if (const auto limit = file_limit()) {
    if (auto kept = keep_below(*limit, options, telling); !kept) {
      return give_up(kept.error(), kUsageExit);
    }
  }
  const Connect connect = [&](const std::string& node) { return connect_to(options, node); };
  auto subjects = connect_to_first(options, connect);
  if (!subjects) return give_up(subjects.error(), kCannotOpenExit);
  auto writer = open_file(options);
  if (!writer) return give_up({Error::Code::kOther, writer.error().message}, kCannotOpenExit);
  if (auto added = add_notes(options, **writer); !added) {
    return give_up(added.error(), kCannotOpenExit);
  }
  const Plan plan{.interval = options.interval,
                  .duration = options.duration,
                  .count = options.count,
                  .budget = options.budget,
                  .reconnect = options.reconnect,
                  .scheduler_time = options.scheduler_time,
                  .all_nodes = options.all_nodes};
  const Watch watch = watch_for(telling);
  telling.beginning(options.budget);
  auto outcome = record(std::move(*subjects), connect, **writer, plan, watch);
  telling.end_live_line();
  auto closed = (*writer)->close();
  if (!outcome) return give_up(outcome.error(), kCannotOpenExit);
  const std::string stored = stored_text(options, *outcome, (*writer)->dropped_snapshots());
  if (outcome->ended_early || !closed) {
    const bool is_lost = !closed && closed.error().code == Error::Code::kNotFound;
    std::string message = outcome->ended_early ? "cannot go on recording: " : "";
    message +=
        outcome->ended_early && !is_lost ? outcome->ended_early->message : closed.error().message;
    if (!is_lost) message += fmt::format("; {} in {}", stored, options.file);
    if (!is_lost && !closed) message += fmt::format(" and {}-wal: keep both", options.file);
    return give_up({Error::Code::kOther, message}, kEndedEarlyExit);
  }
  telling.result(fmt::format("{} in {}", stored, options.file));
  return 0;
}

// Where the node and the recorder are on one machine and want the same processor, the node has it.
void let_others_go_first() {
  if (getpriority(PRIO_PROCESS, 0) < kNiceness) setpriority(PRIO_PROCESS, 0, kNiceness);
}

}  // namespace
}  // namespace beamtape

int main(int argc, char** argv) {
  beamtape::fill_missing_standard_streams();
  const auto parsed = beamtape::parse_command_line(argc, argv);
  if (!parsed.options) {
    beamtape::print(parsed.exit_code == 0 ? stdout : stderr, parsed.text);
    return parsed.exit_code;
  }
  beamtape::handle_signals();
  beamtape::let_others_go_first();
  return beamtape::run(*parsed.options);
}
