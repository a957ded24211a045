#include "analyzer/waits/waits.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "analyzer/commands/all_commands.h"
#include "analyzer/commands/options.h"
#include "analyzer/commands/rows.h"
#include "analyzer/commands/text_table.h"
#include "analyzer/load/text.h"
#include "analyzer/load/time.h"

namespace beamtape {
namespace waits_command {
namespace {

struct Options {
  std::string file;
  std::string at = "last";
  std::string node;
  std::optional<std::size_t> limit;
  FormatOption format;
};

std::string called(const WaitingProcess& process) {
  return process.name.empty() ? process.pid : fmt::format("{} {}", process.pid, process.name);
}

std::string since_text(const Wait& wait, const SnapshotRecord& now) {
  return fmt::format("{}#{}, {}", wait.since_open ? "before " : "", wait.since->id,
                     duration_text(micros_between(*wait.since, now)));
}

std::string cycle_text(const Waits& waits, const std::vector<std::size_t>& cycle) {
  std::string text;
  for (const std::size_t at : cycle) text += called(waits.waits[at].waiter) + " waits for ";
  return text + called(waits.waits[cycle.front()].waiter);
}

std::size_t shown_of(const Waits& waits, const Options& options) {
  return limited(options.limit.value_or(20), waits.waits.size());
}

void write_text(const Recording& recording, const Waits& waits, const Options& options,
                Output& out) {
  const SnapshotRecord& now = *waits.snapshot;
  out.write(fmt::format("{}  {} {} UTC  snapshot #{}\n", printable(recording.node_name(now)),
                        date_text(now.began_wall_us), clock_text(now.began_wall_us, false),
                        now.id));
  if (waits.waits.empty()) {
    out.write(waits.damage.empty() ? "nobody waits inside a call\n"
                                   : "not known: what was recorded of the processes is damaged\n");
    return;
  }
  for (const auto& cycle : waits.cycles) {
    out.write(fmt::format("in a circle: {}\n", printable(cycle_text(waits, cycle))));
  }
  const std::size_t shown = shown_of(waits, options);
  out.write(fmt::format("{} of {} shown, the longest first\n\n", shown,
                        counted(waits.waits.size(), "wait")));
  TextTable table({{"waiter", false, true},
                   {"waits for", false, true},
                   {"since", false, false},
                   {"its mailbox", true, false},
                   {"its waiters", true, false},
                   {"certainty", false, false}});
  for (std::size_t i = 0; i < shown; ++i) {
    const Wait& wait = waits.waits[i];
    table.add(
        {printable(called(wait.waiter)), printable(called(wait.callee)), since_text(wait, now),
         is_missing(wait.callee_queue) ? "-" : grouped(wait.callee_queue),
         wait.callee_waiters == 0 ? "-" : grouped(static_cast<std::int64_t>(wait.callee_waiters)),
         certainty_name(wait.certainty)});
  }
  out.write(table.text(kTerminalWidth, ""));
}

Json process_json(const WaitingProcess& process) {
  return {{"pid", process.pid},
          {"name", process.name.empty() ? Json(nullptr) : Json(process.name)}};
}

void write_json(const Recording& recording, const Waits& waits, const Options& options,
                Output& out) {
  JsonDocument document(out);
  document.member("schema", 1);
  document.member("command", "waits");
  document.member("node", recording.node_name(*waits.snapshot));
  document.member("snapshot", waits.snapshot->id);
  document.member("time", iso_time(waits.snapshot->began_wall_us));
  Json cycles = Json::array();
  for (const auto& cycle : waits.cycles) {
    Json members = Json::array();
    for (const std::size_t at : cycle) members.push_back(process_json(waits.waits[at].waiter));
    cycles.push_back(members);
  }
  document.member("cycles", cycles);
  document.member("total", waits.waits.size());
  document.begin_array("rows");
  for (std::size_t i = 0; i < shown_of(waits, options); ++i) {
    const Wait& wait = waits.waits[i];
    document.element({{"waiter", process_json(wait.waiter)},
                      {"callee", process_json(wait.callee)},
                      {"certainty", certainty_name(wait.certainty)},
                      {"function", wait.function},
                      {"callee_message_queue_len",
                       is_missing(wait.callee_queue) ? Json(nullptr) : Json(wait.callee_queue)},
                      {"callee_waiters", wait.callee_waiters},
                      {"since_snapshot", wait.since->id},
                      {"since", iso_time(wait.since->began_wall_us)},
                      {"since_or_before", wait.since_open}});
  }
  document.end_array();
  document.member("damage", damage_texts(recording, waits.damage));
  document.end();
}

Expected<int> run(const Options& options, Context& context) {
  const auto recording = open_recording(context, options.file);
  if (!recording) return tl::unexpected(recording.error());
  const auto snapshots = recording->at(options.at, options.node);
  if (!snapshots) return tl::unexpected(snapshots.error());
  if (snapshots->size() > 1) {
    return fail(
        Error::Code::kUsage,
        fmt::format("cannot choose a node: the recording has several; say --node, one of {}",
                    joined(recording->node_names(), ", ")));
  }
  const auto waits = read_waits(*recording, *snapshots->front());
  if (!waits) return tl::unexpected(waits.error());
  if (options.format.format() == Format::kJson) {
    write_json(*recording, *waits, options, context.out);
  } else {
    write_text(*recording, *waits, options, context.out);
  }
  return warn_of_damage(context, options.file, damage_texts(*recording, waits->damage));
}

Command::Run declare(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  add_file(app, options->file);
  add_at(app, options->at);
  add_node(app, options->node);
  add_limit(app, options->limit, "default 20");
  add_format(app, options->format, false);
  app.footer(
      "certainty: `sure` where it watches one process only, `likely` where it is the best guess of "
      "several,\n"
      "`outside` where the callee is not among the recorded processes.\nExample: waits FILE --at "
      "-90s");
  return [options](Context& context) { return run(*options, context); };
}

}  // namespace
}  // namespace waits_command

const Command kWaitsCommand{"waits", "Who waits for whom, since when; circles",
                            waits_command::declare};

}  // namespace beamtape
