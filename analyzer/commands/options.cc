#include "analyzer/commands/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <vector>

#include "analyzer/load/damage_words.h"

namespace beamtape {
Format FormatOption::format() const {
  if (json || name == "json") return Format::kJson;
  return name == "csv" ? Format::kCsv : Format::kTable;
}

void add_file(CLI::App& app, std::string& file) {
  app.add_option("FILE", file, "Recording")->required()->type_name("");
}

void add_format(CLI::App& app, FormatOption& format, bool with_csv) {
  std::vector<std::string> names{"table", "json"};
  if (with_csv) names.push_back("csv");
  auto* option =
      app.add_option("--format", format.name, with_csv ? "table, json or csv" : "table or json");
  option->check(CLI::IsMember(names).description(""))->type_name("NAME");
  app.add_flag("--json", format.json, "Short for --format json");
}

void add_at(CLI::App& app, std::string& at) {
  app.add_option("--at", at,
                 "Instant: first, last (default), #12, 12:03:10, 2024-11-20T12:03:10Z, -90s")
      ->type_name("T");
}

void add_range(CLI::App& app, std::string& from, std::string& to) {
  app.add_option("--from", from, "Start, as 12:03:10, #12 or -90s; default first")->type_name("T");
  app.add_option("--to", to, "End, as --from; default last")->type_name("T");
}

void add_node(CLI::App& app, std::string& node) {
  app.add_option("--node", node, "Of several nodes in the file only this")->type_name("NAME");
}

void add_limit(CLI::App& app, std::optional<std::size_t>& limit, const std::string& usual) {
  app.add_option("--limit", limit, "Rows at most, 0 for all; " + usual)
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{1'000'000'000}).description(""))
      ->type_name("N");
}

std::size_t limited(std::size_t limit, std::size_t all) {
  return limit == 0 ? all : std::min(limit, all);
}

Expected<Recording> open_recording(Context& context, const std::string& file) {
  if (file.empty()) {
    return fail(Error::Code::kUsage, "cannot open '': a recording has a name");
  }
  auto reader = context.open(file);
  if (!reader) {
    // A file that cannot be opened is no usage error, whatever its reader thinks.
    Error error = std::move(reader.error());
    if (error.code == Error::Code::kUsage) error.code = Error::Code::kOther;
    return tl::unexpected(std::move(error));
  }
  for (const std::string& remark : (*reader)->remarks()) {
    if (!remark.starts_with("cut short")) continue;
    context.warnings.push_back(
        fmt::format("{} is {}; copy it again if there is more of it", file, remark));
  }
  return Recording(std::move(*reader), file);
}

std::vector<std::string> damage_texts(const Recording& recording, std::vector<Damage> damage) {
  recording.add_met(damage);
  return damage_texts(damage);
}

int warn_of_damage(Context& context, const std::string& file,
                   const std::vector<std::string>& damage) {
  if (damage.empty()) return kDone;
  context.warnings.push_back(
      fmt::format("cannot read all of {}: {}{}; the answer is what could be read, see "
                  "`beamtape-analyzer check`",
                  file, damage.front(),
                  damage.size() > 1 ? fmt::format(" (and {} more)", damage.size() - 1) : ""));
  return kUnreadable;
}

}  // namespace beamtape
