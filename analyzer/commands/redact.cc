#include "analyzer/copy/redact.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <system_error>

#include "analyzer/commands/all_commands.h"
#include "analyzer/commands/options.h"
#include "analyzer/load/text.h"

namespace beamtape {
namespace redact_command {
namespace {

struct Options {
  std::string file;
  std::string from = "first";
  std::string to = "last";
  std::string out;
};

Expected<int> run(const Options& options, Context& context) {
  const auto recording = open_recording(context, options.file);
  if (!recording) return tl::unexpected(recording.error());
  const auto range = recording->range(options.from, options.to);
  if (!range) return tl::unexpected(range.error());
  Redactor redactor;
  const auto copied = copy_recording(*recording, *range, options.out, redactor.changes());
  if (!copied) return tl::unexpected(copied.error());
  std::error_code unknown;
  const auto bytes = std::filesystem::file_size(options.out, unknown);
  context.out.write(fmt::format("{}: snapshots #{} to #{} of {}, {}\n", options.out, copied->first,
                                copied->second, options.file,
                                unknown ? "" : size_text(static_cast<std::int64_t>(bytes))));
  return kDone;
}

Command::Run declare(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  add_file(app, options->file);
  add_range(app, options->from, options->to);
  app.add_option("-o,--output", options->out, "The new recording; nothing is overwritten")
      ->required()
      ->type_name("OUT");
  app.footer(
      "Kept: numbers, times, pids, and the names of OTP and Elixir themselves. schema/FORMAT.md "
      "lists\n"
      "what changes. The same name is the same everywhere in OUT; two recordings have nothing to "
      "do\n"
      "with each other.\nExample: redact FILE -o OUT");
  return [options](Context& context) { return run(*options, context); };
}

}  // namespace
}  // namespace redact_command

const Command kRedactCommand{"redact", "A copy without names, addresses and labels",
                             redact_command::declare};

}  // namespace beamtape
