#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>

#include "analyzer/commands/all_commands.h"
#include "analyzer/commands/options.h"
#include "analyzer/load/time.h"
#include "schema/store/add_note.h"

namespace beamtape {
namespace note_command {
namespace {

// A remark, not a log.
constexpr std::size_t kLongestNote = 10'000;

struct Options {
  std::string file;
  std::string text;
  std::string at;
};

std::int64_t wall_now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// Of a file that is being recorded, now is past its end.
Expected<std::int64_t> instant(const Options& options, Context& context) {
  if (options.at.empty() && is_being_recorded(options.file)) return wall_now_us();
  const auto recording = open_recording(context, options.file);
  if (!recording) return tl::unexpected(recording.error());
  return recording->instant(options.at.empty() ? "last" : options.at);
}

Expected<int> run(const Options& options, Context& context) {
  if (options.text.empty() || options.text.size() > kLongestNote) {
    return fail(Error::Code::kUsage,
                fmt::format("cannot add a note of {} bytes: at least 1, at most {}",
                            options.text.size(), kLongestNote));
  }
  const auto wall_us = instant(options, context);
  if (!wall_us) return tl::unexpected(wall_us.error());
  auto done = add_note(options.file, {*wall_us, options.text});
  if (!done) return tl::unexpected(std::move(done.error()));
  context.out.write(fmt::format("{}: noted at {}\n", options.file, iso_time(*wall_us)));
  return kDone;
}

Command::Run declare(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  add_file(app, options->file);
  app.add_option("TEXT", options->text, "The note")->required()->type_name("");
  app.add_option("--at", options->at,
                 "The instant that it is about; by default now while it is recorded, else the end")
      ->type_name("T");
  app.footer("Example: note FILE \"deployed 1.4.2\" --at 12:03:10");
  return [options](Context& context) { return run(*options, context); };
}

}  // namespace
}  // namespace note_command

const Command kNoteCommand{"note", "Add a remark to a recording, also while it is made",
                           note_command::declare};

}  // namespace beamtape
