#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "analyzer/commands/all_commands.h"
#include "analyzer/commands/options.h"
#include "analyzer/commands/rows.h"
#include "analyzer/load/damage_words.h"
#include "analyzer/load/text.h"
#include "analyzer/load/time.h"

namespace beamtape {
namespace check_command {
namespace {

struct Options {
  std::string file;
  FormatOption format;
};

void write_json(const Recording& recording, const std::vector<Damage>& damage, Output& out) {
  const Reader& reader = recording.reader();
  Json parts = Json::array();
  for (const Damage& one : damage) {
    parts.push_back(
        {{"snapshot", one.snapshot == 0 ? Json(nullptr) : Json(one.snapshot)}, {"what", one.what}});
  }
  JsonDocument document(out);
  document.member("schema", 1);
  document.member("command", "check");
  document.member("ok", damage.empty());
  document.member("snapshots", reader.snapshots().size());
  document.member("bytes", reader.file_bytes());
  document.member("damage", parts);
  document.member("remarks", reader.remarks());
  document.end();
}

void write_text(const Recording& recording, const std::vector<Damage>& damage, Output& out) {
  const Reader& reader = recording.reader();
  for (const Damage& one : damage) {
    out.write(fmt::format("damaged: {}\n", printable(damage_text(one))));
  }
  const auto& snapshots = reader.snapshots();
  std::string span;
  if (!snapshots.empty()) {
    span = fmt::format(" ({} to {})", iso_time(snapshots.front().began_wall_us),
                       iso_time(snapshots.back().began_wall_us));
  }
  out.write(fmt::format(
      "{}: {}: {}{} of {}, {}, {}\n", damage.empty() ? "ok" : "not ok", recording.path(),
      counted(snapshots.size(), "snapshot"), span,
      recording.node_names().empty() ? "no node" : printable(joined(recording.node_names(), ", ")),
      size_text(reader.file_bytes()),
      damage.empty() ? "everything can be read" : counted(damage.size(), "damaged part")));
  for (const std::string& remark : reader.remarks()) {
    out.write(fmt::format("note: {}\n", printable(remark)));
  }
}

Expected<int> run(const Options& options, Context& context) {
  const auto recording = open_recording(context, options.file);
  if (!recording) return tl::unexpected(recording.error());
  const auto damage = recording->reader().check({});
  if (!damage) return tl::unexpected(damage.error());
  if (options.format.format() == Format::kJson) {
    write_json(*recording, *damage, context.out);
  } else {
    write_text(*recording, *damage, context.out);
  }
  if (damage->empty()) return kDone;
  context.warnings.push_back(fmt::format(
      "cannot read all of {}: {} damaged; the other commands answer from the rest", options.file,
      damage->size() == 1 ? "1 part is" : fmt::format("{} parts are", damage->size())));
  return kUnreadable;
}

Command::Run declare(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  add_file(app, options->file);
  add_format(app, options->format, false);
  app.footer("Exit code 0: all can be read; 3: something is damaged.\nExample: check FILE");
  return [options](Context& context) { return run(*options, context); };
}

}  // namespace
}  // namespace check_command

const Command kCheckCommand{"check", "Read everything, say what is damaged",
                            check_command::declare};

}  // namespace beamtape
