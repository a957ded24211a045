#include "analyzer/report/report.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "analyzer/commands/all_commands.h"
#include "analyzer/commands/new_file.h"
#include "analyzer/commands/options.h"
#include "analyzer/load/text.h"

namespace beamtape {
namespace report_command {
namespace {

struct Options {
  std::string file;
  std::string out;
};

using Writer = std::string (*)(const Report&);

// By the end of the file's name.
Expected<Writer> writer_for(const std::string& path) {
  constexpr std::pair<const char*, Writer> kWriters[] = {
      {".html", report_html}, {".md", report_markdown}, {".json", report_json}};
  for (const auto& [ending, writer] : kWriters) {
    const std::string end = ending;
    if (path.size() > end.size() && path.ends_with(end)) return writer;
  }
  return fail(
      Error::Code::kUsage,
      fmt::format("cannot write a report to '{}': its name has to end in .html, .md or .json",
                  path));
}

Expected<int> run(const Options& options, Context& context) {
  const auto writer = writer_for(options.out);
  if (!writer) return tl::unexpected(writer.error());
  const auto recording = open_recording(context, options.file);
  if (!recording) return tl::unexpected(recording.error());
  const auto report = make_report(*recording);
  if (!report) return tl::unexpected(report.error());
  const auto written = write_new_file(options.out, (*writer)(*report));
  if (!written) return tl::unexpected(written.error());
  context.out.write(
      fmt::format("{}: {}\n", options.out, counted(report->findings.findings.size(), "finding")));
  return warn_of_damage(context, options.file, damage_texts(*recording, report->damage));
}

Command::Run declare(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  add_file(app, options->file);
  app.add_option("-o,--output", options->out,
                 "File to make, whose name ends in .html, .md or .json")
      ->required();
  app.footer("Example: report FILE -o incident.html");
  return [options](Context& context) { return run(*options, context); };
}

}  // namespace
}  // namespace report_command

const Command kReportCommand{"report", "One file for a postmortem: HTML, Markdown or JSON",
                             report_command::declare};

}  // namespace beamtape
