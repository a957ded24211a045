#include "analyzer/commands/program.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <new>

#include "analyzer/commands/held_output.h"
#include "analyzer/load/text.h"

namespace beamtape {
namespace {

constexpr const char* kName = "beamtape-analyzer";

void complain(Output& err, const std::string& message) {
  // One line, whatever a library put into its message.
  std::string line = message;
  std::replace(line.begin(), line.end(), '\n', ' ');
  err.write(fmt::format("{}: {}\n", kName, printable(line)));
}

std::vector<std::string> command_names() {
  std::vector<std::string> names;
  for (const Command& command : all_commands()) names.push_back(command.name);
  return names;
}

bool is_command(const std::string& word) {
  const auto names = command_names();
  return std::find(names.begin(), names.end(), word) != names.end();
}

bool is_path(const std::string& word) { return word.find_first_of("./") != std::string::npos; }

// A file without a command is opened in the window.
std::vector<std::string> with_command(const std::vector<std::string>& arguments) {
  auto all = arguments;
  if (!all.empty() && !is_command(all[0]) && all[0].rfind('-', 0) != 0) {
    all.insert(all.begin(), "view");
  }
  return all;
}

// What is wrong with arguments that name no command; empty if nothing is.
std::string without_command(const std::vector<std::string>& arguments) {
  if (arguments.empty()) {
    return fmt::format(
        "cannot start without a command: say one of {}, as in `{} info FILE`; see "
        "--help",
        joined(command_names(), ", "), kName);
  }
  const std::string& first = arguments[0];
  if (is_command(first) || first == "-h" || first == "--help" || first == "--version") return {};
  if (!first.empty() && first[0] == '-') {
    return fmt::format("cannot understand '{}': no such option before a command; see --help",
                       first);
  }
  const auto near = nearest(first, command_names());
  if (!near.empty() && !is_path(first)) {
    return fmt::format("cannot run '{}': no such command; nearest: {}", first, joined(near, ", "));
  }
  return {};
}

int exit_code(const Error& error) {
  switch (error.code) {
    case Error::Code::kUsage:
      return kWrongUsage;
    case Error::Code::kDiskFull:
    case Error::Code::kNoMemory:
      return kStoppedEarly;
    default:
      return kUnreadable;
  }
}

// What is asked for may need more memory than there is.
Expected<int> run_in_memory(const Command::Run& run, Context& context) {
  try {
    return run(context);
  } catch (const std::bad_alloc&) {
    context.warnings.emplace_back(
        "cannot finish the answer: not enough memory; ask for less, as fewer rows, columns or a "
        "shorter time");
    return kStoppedEarly;
  }
}

void describe(CLI::App& app) {
  app.set_help_flag("-h,--help", "Print this");
  app.set_version_flag("--version", fmt::format("{} {}", kName, BEAMTAPE_VERSION));
  app.require_subcommand(1);
  app.footer(
      fmt::format("Example: {} show processes FILE --sort message_queue_len --limit 5\n"
                  "`{} COMMAND --help` tells the options of a command. Times are UTC.",
                  kName, kName));
}

}  // namespace

int run_program(const std::vector<std::string>& words, const Opener& open, Output& out,
                Output& err) {
  const auto arguments = with_command(words);
  if (const auto problem = without_command(words); !problem.empty()) {
    complain(err, problem);
    return kWrongUsage;
  }
  CLI::App app{"Reads recordings of Erlang and Elixir nodes made by beamtape-recorder.", kName};
  describe(app);
  std::map<const CLI::App*, Command::Run> runs;
  for (const Command& command : all_commands()) {
    CLI::App* one = app.add_subcommand(command.name, command.summary);
    runs[one] = command.declare(*one);
  }
  try {
    // CLI11 takes them last first.
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::CallForHelp&) {
    const auto chosen = app.get_subcommands();
    out.write(chosen.empty() ? app.help() : chosen.front()->help(kName));
    return kDone;
  } catch (const CLI::CallForVersion& version) {
    out.write(std::string(version.what()) + "\n");
    return kDone;
  } catch (const CLI::ParseError& error) {
    const std::string command = is_command(arguments[0]) ? arguments[0] + " " : "";
    complain(err, fmt::format("cannot understand the command line: {}; see `{} {}--help`",
                              error.what(), kName, command));
    return kWrongUsage;
  }
  std::vector<std::string> warnings;
  HeldOutput held(out, kMostHeldBytes);
  Context context{held, out, open, warnings};
  const auto result = run_in_memory(runs[app.get_subcommands().front()], context);
  held.release();
  for (const std::string& warning : warnings) complain(err, warning);
  if (result) return *result;
  complain(err, result.error().message);
  return exit_code(result.error());
}

}  // namespace beamtape
