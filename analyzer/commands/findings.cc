#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "analyzer/commands/all_commands.h"
#include "analyzer/commands/findings_output.h"
#include "analyzer/commands/options.h"
#include "analyzer/findings/rule.h"

namespace beamtape {
namespace findings_command {
namespace {

struct Options {
  std::string file;
  std::string from = "first", to = "last";
  std::string node;
  std::string format = "text";
  bool json = false;
  std::string fail_on;
  std::string suppressions;
};

int exit_code(const FindingsAnswer& answer, const std::string& fail_on) {
  if (fail_on.empty()) return kDone;
  const auto& all = answer.found.findings;
  const bool grave = std::any_of(all.begin(), all.end(), [&](const Finding& one) {
    return one.severity >= severity_called(fail_on);
  });
  return grave ? kFound : kDone;
}

void write(const FindingsAnswer& answer, const Options& options, Output& out) {
  if (options.json || options.format == "json") return write_findings_json(answer, out);
  if (options.format == "junit") {
    const auto fail_on =
        options.fail_on.empty() ? Severity::kWarning : severity_called(options.fail_on);
    return write_findings_junit(answer, fail_on, out);
  }
  write_findings_text(answer, out);
}

Expected<int> run(const Options& options, Context& context) {
  const auto recording = open_recording(context, options.file);
  if (!recording) return tl::unexpected(recording.error());
  FindingsAnswer answer;
  answer.recording = &*recording;
  if (!options.suppressions.empty()) {
    auto read = read_suppressions(options.suppressions);
    if (!read) return tl::unexpected(read.error());
    answer.suppressions = std::move(*read);
  }
  const auto range = recording->range(options.from, options.to);
  if (!range) return tl::unexpected(range.error());
  if (!options.node.empty()) {
    if (const auto known = recording->at("last", options.node); !known)
      return tl::unexpected(known.error());
  }
  auto found = find_findings(*recording, options.node, *range);
  if (!found) return tl::unexpected(found.error());
  answer.found = std::move(*found);
  answer.suppressed = suppress(answer.found.findings, answer.suppressions);
  write(answer, options, context.out);
  const int damaged =
      warn_of_damage(context, options.file, damage_texts(*recording, answer.found.damage));
  const int code = exit_code(answer, options.fail_on);
  return code == kDone ? damaged : code;
}

// A few to a line.
std::string rules_text() {
  std::string text = "Rules:", line;
  for (const Rule& rule : all_rules()) {
    if (line.size() + std::string(rule.id).size() > 90) {
      text += "\n " + line;
      line.clear();
    }
    line += fmt::format(" {}", rule.id);
  }
  return text + "\n " + line + "\n";
}

Command::Run declare(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  add_file(app, options->file);
  add_range(app, options->from, options->to);
  add_node(app, options->node);
  app.add_option("--format", options->format, "text, json or junit")
      ->check(CLI::IsMember({"text", "json", "junit"}))
      ->capture_default_str();
  app.add_flag("--json", options->json, "The same as --format json");
  app.add_option("--fail-on", options->fail_on,
                 "Exit with code 1 if a finding is as grave: info, warning or critical")
      ->check(CLI::IsMember({"info", "warning", "critical"}));
  app.add_option("--suppress", options->suppressions,
                 "File of known findings to leave out; lines of RULE SUBJECT, * for any text");
  app.footer(rules_text() + "Example: findings FILE --fail-on warning");
  return [options](Context& context) { return run(*options, context); };
}

}  // namespace
}  // namespace findings_command

const Command kFindingsCommand{"findings", "What grows, floods, leaks or is stuck, with evidence",
                               findings_command::declare};

}  // namespace beamtape
