#include "analyzer/diff/diff.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>

#include "analyzer/commands/all_commands.h"
#include "analyzer/commands/diff_text.h"
#include "analyzer/commands/options.h"
#include "analyzer/commands/rows.h"
#include "analyzer/diff/growth_json.h"
#include "analyzer/load/text.h"
#include "analyzer/load/time.h"

namespace beamtape {
namespace diff_command {
namespace {

struct Options {
  std::string file;
  std::optional<std::string> other;
  std::string from;
  std::string to;
  std::string node;
  std::vector<std::string> only;
  std::optional<std::size_t> limit;
  FormatOption format;
};

Json number_json(std::optional<std::int64_t> number) { return number ? Json(*number) : Json(); }

// Two decimals are more than a difference means.
Json rounded_json(std::optional<double> number) {
  return number ? Json(static_cast<double>(std::llround(*number * 100)) / 100) : Json();
}

Json side_json(const DiffSide& side) {
  return {{"file", side.recording->path()},
          {"node", side.recording->node_name(*side.snapshot)},
          {"snapshot", side.snapshot->id},
          {"time", iso_time(side.snapshot->began_wall_us)}};
}

// A line of the long form: one number of one thing.
struct Line {
  const DiffTable* table;
  const DiffRow* row;
  std::size_t metric;
};

// What is the same on both sides is left out.
std::vector<Line> lines_of(const Diff& diff) {
  std::vector<Line> lines;
  for (const DiffTable& table : diff.tables) {
    for (const DiffRow& row : table.rows) {
      for (std::size_t i = 0; i < table.metrics.size(); ++i) {
        if (row.amounts[i].a != row.amounts[i].b) lines.push_back({&table, &row, i});
      }
    }
  }
  return lines;
}

void write_json(const DiffSide& a, const DiffSide& b, const Diff& diff, Output& out) {
  JsonDocument document(out);
  document.member("schema", 1);
  document.member("command", "diff");
  document.member("a", side_json(a));
  document.member("b", side_json(b));
  document.member("matched_by", diff.matching == Matching::kIdentity ? "identity" : "name");
  document.member("seconds", diff.seconds ? Json(*diff.seconds) : Json());
  document.member("growth", diff.growth ? growth_json(*diff.growth) : Json());
  Json counts = Json::array();
  for (const DiffTable& table : diff.tables) {
    counts.push_back({{"subject", table.subject},
                      {"appeared", table.count(DiffRow::Change::kAppeared)},
                      {"gone", table.count(DiffRow::Change::kGone)},
                      {"changed", table.count(DiffRow::Change::kChanged)},
                      {"same", table.same},
                      {"not_known", table.unknown}});
  }
  document.member("counts", counts);
  document.begin_array("rows");
  for (const Line& line : lines_of(diff)) {
    const DiffMetric& metric = line.table->metrics[line.metric];
    const Amount& amount = line.row->amounts[line.metric];
    const auto difference = line.row->difference(line.metric);
    const std::string unit = unit_name(metric.unit);
    if (!document.element({{"subject", line.table->subject},
                           {"change", change_name(line.row->change)},
                           {"id", line.row->id.empty() ? Json() : Json(line.row->id)},
                           {"name", line.row->name},
                           {"metric", metric.name},
                           {"unit", unit.empty() ? Json() : Json(unit)},
                           {"a", number_json(amount.a)},
                           {"b", number_json(amount.b)},
                           {"difference", number_json(difference)},
                           {"percent", rounded_json(line.row->percent(line.metric))},
                           {"per_second", rounded_json(diff.per_second(difference))}})) {
      return;
    }
  }
  document.end_array();
  document.member("damage", diff.damage);
  document.end();
}

void write_csv(const Diff& diff, Output& out) {
  out.write("subject,change,id,name,metric,a,b,difference,percent,per_second\n");
  const auto whole = [](std::optional<std::int64_t> number) {
    return number ? fmt::format("{}", *number) : std::string();
  };
  const auto rounded = [](std::optional<double> number) {
    return number ? fmt::format("{:.2f}", *number) : std::string();
  };
  for (const Line& line : lines_of(diff)) {
    const Amount& amount = line.row->amounts[line.metric];
    const auto difference = line.row->difference(line.metric);
    if (!out.write(fmt::format("{},{},{},{},{},{},{},{},{},{}\n", line.table->subject,
                               change_name(line.row->change), csv_quoted(line.row->id),
                               csv_quoted(line.row->name), line.table->metrics[line.metric].name,
                               whole(amount.a), whole(amount.b), whole(difference),
                               rounded(line.row->percent(line.metric)),
                               rounded(diff.per_second(difference))))) {
      return;
    }
  }
}

// The one snapshot of one node that a side is.
Expected<DiffSide> side_at(const Recording& recording, const std::string& time,
                           const std::string& node) {
  const auto found = recording.at(time, node);
  if (!found) return tl::unexpected(found.error());
  if (found->size() > 1) {
    return fail(Error::Code::kUsage,
                fmt::format("cannot compare {}: it has several nodes; say one with --node: {}",
                            recording.path(), joined(recording.node_names(), ", ")));
  }
  return DiffSide{&recording, found->front()};
}

Expected<void> keep_only(const std::vector<std::string>& only, Diff& diff) {
  if (only.empty()) return {};
  std::vector<std::string> known;
  for (const DiffTable& table : diff.tables) known.push_back(plural(table.subject));
  std::vector<DiffTable> kept;
  for (const std::string& word : only) {
    const auto found =
        std::find_if(diff.tables.begin(), diff.tables.end(), [&](const DiffTable& table) {
          return word == table.subject || word == plural(table.subject);
        });
    if (found == diff.tables.end()) {
      return fail(Error::Code::kUsage, fmt::format("cannot compare '{}': no such subject{}", word,
                                                   suggestion(word, known)));
    }
    kept.push_back(*found);
  }
  diff.tables = std::move(kept);
  return {};
}

// A redacted copy has names of its own; but two of one life have the same.
void warn_of_names(const DiffSide& a, const DiffSide& b, Context& context) {
  const auto life = [](const DiffSide& side) {
    const NodeRecord* node = side.recording->node(side.snapshot->node);
    return node == nullptr ? std::pair(std::string(), std::int64_t{0})
                           : std::pair(node->name, node->creation);
  };
  const bool of_a = a.recording->is_redacted(), of_b = b.recording->is_redacted();
  if ((!of_a && !of_b) || (of_a && of_b && life(a) == life(b))) return;
  context.warnings.push_back(
      fmt::format("{} is a redacted copy: its names are of its own, so that what is matched by "
                  "name seems gone or new",
                  (of_a ? a : b).recording->path()));
}

Expected<int> run(const Options& options, Context& context) {
  const bool two = options.other.has_value();
  const auto first = open_recording(context, options.file);
  if (!first) return tl::unexpected(first.error());
  const auto second = open_recording(context, options.other.value_or(options.file));
  if (two && !second) return tl::unexpected(second.error());
  const auto word = [](const std::string& said, const char* usual) {
    return said.empty() ? std::string(usual) : said;
  };
  const auto a = side_at(*first, word(options.from, two ? "last" : "first"), options.node);
  if (!a) return tl::unexpected(a.error());
  const auto b = side_at(two ? *second : *first, word(options.to, "last"), options.node);
  if (!b) return tl::unexpected(b.error());
  auto answer = diff(*a, *b);
  if (!answer) return tl::unexpected(answer.error());
  if (const auto kept = keep_only(options.only, *answer); !kept) {
    return tl::unexpected(kept.error());
  }
  if (two) warn_of_names(*a, *b, context);
  switch (options.format.format()) {
    case Format::kJson:
      write_json(*a, *b, *answer, context.out);
      break;
    case Format::kCsv:
      write_csv(*answer, context.out);
      break;
    case Format::kTable:
      context.out.write(diff_text(*a, *b, *answer, options.limit.value_or(10)));
  }
  return warn_of_damage(context, two ? "the two recordings" : options.file, answer->damage);
}

Command::Run declare(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  add_file(app, options->file);
  app.add_option("FILE_B", options->other,
                 "Another recording to compare with: things are matched by name, never by pid")
      ->type_name("");
  app.add_option("--from", options->from,
                 "The one instant, as 12:03:10, #12 or -90s; default first, of two files last")
      ->type_name("T");
  app.add_option("--to", options->to, "The other, in FILE_B if there is one; default last")
      ->type_name("T");
  app.add_option("--only", options->only,
                 "node, groups, processes, ets, ports, allocators; default all")
      ->delimiter(',')
      ->type_name("SUBJECT,...");
  add_limit(app, options->limit, "of each subject in the table, default 10; JSON and CSV have all");
  add_node(app, options->node);
  add_format(app, options->format, true);
  app.footer("Example: diff FILE --from -10m --to last --only groups,ets");
  return [options](Context& context) { return run(*options, context); };
}

}  // namespace
}  // namespace diff_command

const Command kDiffCommand{"diff", "What changed between two instants, and where memory went",
                           diff_command::declare};

}  // namespace beamtape
