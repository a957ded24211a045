#include "recorder/options.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <ctime>

#include "recorder/session/recorder.h"
#include "schema/terminal/text.h"

namespace beamtape {
namespace {

constexpr std::chrono::milliseconds kLongest = std::chrono::hours(24 * 3660);
constexpr std::chrono::milliseconds kShortestInterval{100};
constexpr std::int64_t kSmallestBound = 4 << 20;
constexpr double kLargestBound = 1024.0 * 1024 * 1024 * 1024 * 1024;

constexpr std::string_view kFooter = R"(
Durations are 500ms, 5s, 10m or 2h; sizes 64MiB or 1GiB. NODE is name@host, or a short name on this host.
Of several nodes each has its own connection and pace; they share the file, its bounds and its time.
The cookie comes from --cookie-file, else BEAMTAPE_COOKIE, else ~/.erlang.cookie; never from
an argument. ERL_EPMD_PORT is honoured. Ctrl-C finishes the running snapshot and closes the file; so
do SIGTERM and SIGHUP, this one not under nohup. SIGUSR1 takes a snapshot now, SIGUSR2 is ignored;
beamtape-analyzer note FILE TEXT adds a remark meanwhile. A node that goes away is connected to
again when it is back; the time between is stored as a gap.

Exit codes: 0 done; 2 wrong usage; 3 the node or the file cannot be opened; 4 ended early, with
what there was stored.

Example: beamtape-recorder shop@prod-01 -o incident.beamtape -i 2s -d 10m
Then:    beamtape-analyzer info incident.beamtape)";

ParsedCommandLine usage_error(const std::string& reason) {
  return {std::nullopt,
          fmt::format("beamtape-recorder: cannot read the command line: {}; see "
                      "beamtape-recorder --help\n",
                      printable(reason)),
          2};
}

std::string default_file(const std::string& node) {
  std::string name = node;
  std::replace(name.begin(), name.end(), '/', '_');
  return fmt::format("{}-{:%Y%m%d-%H%M%S}.beamtape", name, fmt::gmtime(std::time(nullptr)));
}

// What CLI11 leaves as text.
struct Words {
  std::optional<std::string> file, interval, duration, count, keep, max_size, budget;
  bool once = false, no_reconnect = false, json = false, quiet = false;
};

Expected<std::int64_t> parse_count(const std::string& text) {
  std::int64_t count = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, count);
  if (error == std::errc{} && stop == end && count >= 1) return count;
  return fail(Error::Code::kUsage,
              fmt::format("-n: '{}' is not a number of snapshots, 1 or more", text));
}

// An empty text is a variable of a script that was never set, not a wish for what is done without.
Expected<void> understand_texts(const Words& words, RecorderOptions& options) {
  if (words.file && words.file->empty()) {
    return fail(Error::Code::kUsage, "-o: the name of the file is empty");
  }
  options.file = words.file.value_or("");
  if (std::any_of(options.notes.begin(), options.notes.end(),
                  [](const std::string& note) { return note.empty(); })) {
    return fail(Error::Code::kUsage, "--note: the remark is empty");
  }
  return {};
}

Expected<void> understand(const Words& words, RecorderOptions& options) {
  const auto duration = [](const std::string& option, const std::string& text) {
    return parse_duration(text).map_error([&](Error error) {
      return Error{error.code, option + ": " + error.message};
    });
  };
  if (words.interval) {
    auto interval = duration("-i", *words.interval);
    if (!interval) return tl::unexpected(interval.error());
    if (*interval < kShortestInterval) {
      return fail(
          Error::Code::kUsage,
          fmt::format("-i: {} is too short: the shortest interval is 100ms", *words.interval));
    }
    options.interval = *interval;
  }
  if (words.duration) {
    auto length = duration("-d", *words.duration);
    if (!length) return tl::unexpected(length.error());
    options.duration = *length;
  }
  if (words.count) {
    auto count = parse_count(*words.count);
    if (!count) return tl::unexpected(count.error());
    options.count = *count;
  }
  if (words.keep) {
    auto keep = duration("--keep", *words.keep);
    if (!keep) return tl::unexpected(keep.error());
    if (*keep <= options.interval) {
      return fail(Error::Code::kUsage, fmt::format("--keep: {} is not longer than the interval, {}",
                                                   *words.keep, options.interval));
    }
    options.keep = *keep;
  }
  if (words.max_size) {
    auto size = parse_size(*words.max_size);
    if (!size) return fail(Error::Code::kUsage, "--max-size: " + size.error().message);
    if (*size < kSmallestBound) {
      return fail(
          Error::Code::kUsage,
          fmt::format("--max-size: {} is too small: the smallest bound is 4MiB", *words.max_size));
    }
    options.max_bytes = *size;
  }
  if (words.budget) {
    auto share = parse_share(*words.budget);
    if (!share) return fail(Error::Code::kUsage, "--budget: " + share.error().message);
    options.budget = *share;
  }
  if (words.once) options.count = 1;
  options.reconnect = !words.no_reconnect;
  if (words.json) options.show = RecorderOptions::Show::kJson;
  if (words.quiet) options.show = RecorderOptions::Show::kNothing;
  return {};
}

// Which nodes, into which file, when.
void declare_what(CLI::App& app, RecorderOptions& options, Words& words) {
  app.add_option("node", options.nodes, "The node, or several: name@host")
      ->type_name("")
      ->required();
  app.add_flag("--all-nodes", options.all_nodes,
               "Record also the nodes that these are connected to, now or later");
  auto* file = app.add_option("-o,--output", words.file,
                              "File to make; by default NODE-DATE-TIME.beamtape in this folder")
                   ->type_name("FILE");
  app.add_flag("--append", options.append, "Go on in FILE if it is there")->needs(file);
  app.add_option("-i,--interval", words.interval, "From snapshot to snapshot; by default 5s")
      ->type_name("TIME");
  auto* duration =
      app.add_option("-d,--duration", words.duration, "How long to record")->type_name("TIME");
  auto* count =
      app.add_option("-n,--count", words.count, "How many snapshots to record")->type_name("COUNT");
  app.add_flag("--once", words.once, "One snapshot")->excludes(count)->excludes(duration);
}

// How to get there, within which bounds, and what to tell.
void declare_how(CLI::App& app, RecorderOptions& options, Words& words) {
  app.add_option("--cookie-file", options.cookie_file, "File that holds the cookie")
      ->type_name("FILE");
  app.add_option("--address", options.address,
                 "Where the node listens, without asking epmd: through a tunnel")
      ->type_name("HOST:PORT");
  app.add_option("--note", options.notes, "A remark to keep with the recording")
      ->allow_extra_args(false)
      ->type_name("TEXT");
  app.add_option("--budget", words.budget,
                 fmt::format("Share of one scheduler that snapshots may take on the node; by "
                             "default 5%.\n"
                             "After a dear one the next comes later than -i says. The first of a "
                             "node,\nand so --once, may take up to {:.0f}%: it reads everything",
                             100 * kFirstBudget))
      ->type_name("SHARE");
  app.add_option("--keep", words.keep, "Drop what is older than this, in groups of snapshots")
      ->type_name("TIME");
  app.add_option("--max-size", words.max_size,
                 "Drop the oldest snapshots rather than let the file with its -wal grow beyond\n"
                 "this. While another program keeps it from folding the -wal in, new ones are lost")
      ->type_name("SIZE");
  app.add_flag("--no-reconnect", words.no_reconnect,
               "End when the node goes away, instead of waiting for it");
  app.add_flag("--scheduler-time", options.scheduler_time,
               "Have the node measure its schedulers' working time while it is recorded.\n"
               "Without this, it is recorded where somebody else has switched it on");
  auto* json = app.add_flag("--json", words.json, "One JSON object per snapshot on stdout");
  app.add_flag("--quiet", words.quiet, "Print nothing but errors")->excludes(json);
}

}  // namespace

Expected<std::chrono::milliseconds> parse_duration(std::string_view text) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  const std::string_view unit(stop, static_cast<std::size_t>(end - stop));
  const double scale = unit == "ms"  ? 1
                       : unit == "s" ? 1000
                       : unit == "m" ? 60e3
                       : unit == "h" ? 3600e3
                                     : 0;
  if (error != std::errc{} || scale == 0) {
    return fail(Error::Code::kUsage,
                fmt::format("'{}' is not a duration; write 500ms, 5s, 10m or 2h", text));
  }
  const double milliseconds = number * scale;
  if (!(milliseconds >= 1)) {
    return fail(Error::Code::kUsage, fmt::format("'{}' is not more than zero", text));
  }
  if (milliseconds > static_cast<double>(kLongest.count())) {
    return fail(Error::Code::kUsage, fmt::format("'{}' is more than ten years", text));
  }
  return std::chrono::milliseconds(static_cast<std::int64_t>(milliseconds));
}

Expected<double> parse_share(std::string_view text) {
  double percent = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, percent);
  if (error != std::errc{} || std::string_view(stop, static_cast<std::size_t>(end - stop)) != "%") {
    return fail(Error::Code::kUsage, fmt::format("'{}' is not a share; write 5% or 0.5%", text));
  }
  if (!(percent > 0 && percent <= 100)) {
    return fail(Error::Code::kUsage,
                fmt::format("'{}' is not more than 0% and at most 100%", text));
  }
  return percent / 100;
}

Expected<std::int64_t> parse_size(std::string_view text) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  const std::string_view unit(stop, static_cast<std::size_t>(end - stop));
  const double scale = unit == "KiB"   ? 1024.0
                       : unit == "MiB" ? 1024.0 * 1024
                       : unit == "GiB" ? 1024.0 * 1024 * 1024
                       : unit == "TiB" ? 1024.0 * 1024 * 1024 * 1024
                                       : 0;
  if (error != std::errc{} || scale == 0) {
    return fail(Error::Code::kUsage, fmt::format("'{}' is not a size; write 64MiB or 1GiB", text));
  }
  const double bytes = number * scale;
  if (!(bytes >= 1))
    return fail(Error::Code::kUsage, fmt::format("'{}' is not more than zero", text));
  if (bytes > kLargestBound) {
    return fail(Error::Code::kUsage, fmt::format("'{}' is more than 1024TiB", text));
  }
  return static_cast<std::int64_t>(bytes);
}

ParsedCommandLine parse_command_line(int argc, const char* const* argv) {
  RecorderOptions options;
  Words words;
  CLI::App app(
      "Records all processes, ETS tables, ports and allocators of running Erlang or\n"
      "Elixir nodes into one file. Installs nothing on a node and changes nothing there,\n"
      "unless asked to with --scheduler-time.",
      "beamtape-recorder");
  app.set_version_flag("--version", "beamtape-recorder " BEAMTAPE_VERSION);
  declare_what(app, options, words);
  declare_how(app, options, words);
  app.footer(std::string(kFooter));
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return {std::nullopt, app.help(), 0};
  } catch (const CLI::CallForVersion&) {
    return {std::nullopt, "beamtape-recorder " BEAMTAPE_VERSION "\n", 0};
  } catch (const CLI::ParseError& error) {
    return usage_error(options.nodes.empty() && argc < 2 ? "no node was given" : error.what());
  }
  for (const auto step : {understand_texts, understand}) {
    if (auto understood = step(words, options); !understood) {
      return usage_error(understood.error().message);
    }
  }
  if (options.address && options.nodes.size() > 1) {
    return usage_error("--address is of one node, and several were given");
  }
  if (options.file.empty()) options.file = default_file(options.nodes.front());
  return {std::move(options), "", 0};
}

}  // namespace beamtape
