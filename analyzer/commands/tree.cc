#include "analyzer/tree/tree.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <memory>

#include "analyzer/commands/all_commands.h"
#include "analyzer/commands/options.h"
#include "analyzer/commands/rows.h"
#include "analyzer/commands/text_table.h"
#include "analyzer/load/text.h"
#include "analyzer/load/time.h"
#include "analyzer/load/window_start.h"
#include "analyzer/tree/tree_lines.h"

namespace beamtape {
namespace tree_command {
namespace {

// Deeper lines are not moved further to the right: a chain of processes may be of any length.
constexpr std::size_t kDeepestIndent = 30;

struct Options {
  std::string file;
  std::string at = "last";
  std::string node;
  std::string window = "60s";
  TreeOptions tree;
  FormatOption format;
};

std::string kind_name(const Tree& tree, const TreeLine& line) {
  if (line.members > 1) return "kind";
  switch (tree.nodes[line.node].kind) {
    case TreeNode::Kind::kApplication:
      return "application";
    case TreeNode::Kind::kOutside:
      return "outside";
    case TreeNode::Kind::kProcess:
      break;
  }
  return "process";
}

std::int64_t per_second(const Tree& tree, const TreeLine& line) {
  return std::llround(static_cast<double>(line.below.reductions) / tree.seconds);
}

std::string work_text(const Tree& tree, const TreeLine& line) {
  if (tree.from == nullptr || !line.below.knows_reductions()) return "-";
  return grouped(per_second(tree, line)) + (line.below.reductions_unknown > 0 ? "+" : "");
}

// What stands in the first column: name, version of an application, how many there are.
std::string label(const Tree& tree, const TreeLine& line) {
  std::string text = line.name.empty() ? "?" : line.name;
  const std::string kind = kind_name(tree, line);
  if (kind == "application") {
    text += " " + printable(tree.applications[line.node].version);
    if (line.pid.empty()) text += ", which has ended";
  }
  if (line.members > 1) {
    text = fmt::format("{} x {}", grouped(static_cast<std::int64_t>(line.members)), text);
  } else if (line.hidden > 0) {
    text += fmt::format(" (+ {} below)", grouped(line.hidden));
  }
  if (kind == "process" && tree.nodes[line.node].found_by == FoundBy::kLink) text += " (by link)";
  return text;
}

// Supervisors that started children again, and what that says about them.
std::string restarts_text(const Tree& tree, const std::vector<TreeLine>& lines) {
  std::string text;
  for (const TreeLine& line : lines) {
    if (line.members > 1 || tree.nodes[line.node].most_at_once == 0) continue;
    const TreeNode& node = tree.nodes[line.node];
    text += fmt::format("{} had to start children again, {} times within {} s at most", line.name,
                        node.most_at_once, kIntensitySeconds);
    text +=
        node.kind == TreeNode::Kind::kProcess ? ", which it allows, as it did not give up\n" : "\n";
  }
  return text;
}

void write_text(const Recording& recording, const Tree& tree, const std::vector<TreeLine>& lines,
                Output& out) {
  const SnapshotRecord& now = *tree.snapshot;
  out.write(fmt::format("{}  {} {} UTC  snapshot #{}\n", printable(recording.node_name(now)),
                        date_text(now.began_wall_us), clock_text(now.began_wall_us, false),
                        now.id));
  if (now.filling) {
    out.write("still filling: not every process had been read in detail yet\n");
  }
  const auto all = counted(tree.processes->slots().size(), "process");
  if (tree.from == nullptr) {
    out.write(fmt::format("{}; no rates and restarts: there is no snapshot before\n\n", all));
  } else {
    out.write(
        fmt::format("{}; reductions per second and restarts over the {} before\n"
                    "(of named and of only children: where several of a kind live, who "
                    "replaces whom cannot be told)\n\n",
                    all, duration_text(std::llround(tree.seconds * 1e6))));
  }
  TextTable table({{"with everything below it", false, true},
                   {"pid", false, false},
                   {"processes", true, false},
                   {"memory", true, false},
                   {"queue", true, false},
                   {"largest", true, false},
                   {"reductions/s", true, false},
                   {"restarts", true, false}});
  std::int64_t unknown = 0, work_unknown = 0;
  for (const TreeLine& line : lines) {
    const bool rates = tree.from != nullptr;
    if (line.depth == 0) {
      unknown += line.below.memory_unknown;
      work_unknown += line.below.reductions_unknown;
    }
    table.add({std::string(2 * std::min(line.depth, kDeepestIndent), ' ') + label(tree, line),
               line.pid, grouped(line.below.processes),
               size_text(line.below.memory) + (line.below.memory_unknown > 0 ? "+" : ""),
               grouped(line.below.message_queue_len), grouped(line.below.max_message_queue_len),
               work_text(tree, line), rates ? grouped(line.below.restarts) : "-"});
  }
  out.write(table.text(kTerminalWidth, ""));
  std::string below;
  if (unknown > 0) {
    below += fmt::format("+ without {}, whose memory was not read\n",
                         counted(static_cast<std::size_t>(unknown), "process"));
  }
  if (work_unknown > 0) {
    below += fmt::format("reductions/s: without {}, whose work in that time is not known\n",
                         counted(static_cast<std::size_t>(work_unknown), "process"));
  }
  below += restarts_text(tree, lines);
  if (!below.empty()) out.write("\n" + below);
}

Json line_json(const Tree& tree, const TreeLine& line) {
  const TreeNode* node = line.members > 1 ? nullptr : &tree.nodes[line.node];
  const std::string kind = kind_name(tree, line);
  const bool rates = tree.from != nullptr;
  const bool process = kind == "process";
  return {{"depth", line.depth},
          {"kind", kind},
          {"name", line.name.empty() ? Json(nullptr) : Json(line.name)},
          {"pid", line.pid.empty() ? Json(nullptr) : Json(line.pid)},
          {"version", kind == "application" ? Json(tree.applications[line.node].version) : nullptr},
          {"found_by", process ? Json(found_by_name(node->found_by)) : Json(nullptr)},
          {"members", line.members},
          {"hidden", line.hidden},
          {"processes", line.below.processes},
          {"memory", line.below.memory},
          {"memory_unknown", line.below.memory_unknown},
          {"message_queue_len", line.below.message_queue_len},
          {"max_message_queue_len", line.below.max_message_queue_len},
          {"reductions_per_second",
           rates && line.below.knows_reductions() ? Json(per_second(tree, line)) : Json(nullptr)},
          {"reductions_unknown", rates ? Json(line.below.reductions_unknown) : Json(nullptr)},
          {"appeared", rates ? Json(line.below.appeared) : Json(nullptr)},
          {"restarts", rates ? Json(line.below.restarts) : Json(nullptr)},
          {"own_restarts", rates && node ? Json(node->own_restarts) : Json(nullptr)},
          {"most_restarts_in_5s", rates && node ? Json(node->most_at_once) : Json(nullptr)}};
}

void write_json(const Recording& recording, const Tree& tree, const std::vector<TreeLine>& lines,
                Output& out) {
  JsonDocument document(out);
  document.member("schema", 1);
  document.member("command", "tree");
  document.member("node", recording.node_name(*tree.snapshot));
  document.member("snapshot", tree.snapshot->id);
  document.member("time", iso_time(tree.snapshot->began_wall_us));
  document.member("filling", tree.snapshot->filling);
  document.member("from_snapshot", tree.from ? Json(tree.from->id) : Json(nullptr));
  document.member("window_seconds", tree.from ? Json(tree.seconds) : Json(nullptr));
  document.member("processes", tree.processes->slots().size());
  document.begin_array("rows");
  for (const TreeLine& line : lines) {
    if (!document.element(line_json(tree, line))) return;
  }
  document.end_array();
  document.member("damage", damage_texts(recording, tree.damage));
  document.end();
}

Expected<int> run(const Options& options, Context& context) {
  const auto recording = open_recording(context, options.file);
  if (!recording) return tl::unexpected(recording.error());
  const auto window = parse_window(options.window);
  if (!window) return tl::unexpected(window.error());
  const auto snapshots = recording->at(options.at, options.node);
  if (!snapshots) return tl::unexpected(snapshots.error());
  if (snapshots->size() > 1) {
    return fail(
        Error::Code::kUsage,
        fmt::format("cannot choose a node: the recording has several; say --node, one of {}",
                    joined(recording->node_names(), ", ")));
  }
  const auto tree = read_tree(*recording, *snapshots->front(), *window);
  if (!tree) return tl::unexpected(tree.error());
  const auto lines = tree_lines(*tree, options.tree);
  if (!lines) return tl::unexpected(lines.error());
  if (options.format.format() == Format::kJson) {
    write_json(*recording, *tree, *lines, context.out);
  } else {
    write_text(*recording, *tree, *lines, context.out);
  }
  return warn_of_damage(context, options.file, damage_texts(*recording, tree->damage));
}

Command::Run declare(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  add_file(app, options->file);
  add_at(app, options->at);
  app.add_option("--below", options->tree.below, "Only this application or process and its tree")
      ->type_name("NAME|PID");
  app.add_option("--depth", options->tree.depth, "Levels that are shown; 0, the default: all")
      ->check(CLI::Range(std::size_t{0}, std::size_t{1'000'000'000}).description(""))
      ->type_name("N");
  app.add_flag("--expand", options->tree.expand,
               "A line for each child, also of many with one initial call");
  app.add_option("--sort", options->tree.sort,
                 "Children from the largest: " + joined(tree_sorts(), ", "))
      ->capture_default_str()
      ->type_name("NAME");
  app.add_option("--window", options->window, "Time before, for rates and restarts")
      ->capture_default_str()
      ->type_name("TIME");
  add_node(app, options->node);
  add_format(app, options->format, false);
  app.footer(
      "Numbers are of a process and everything below it. A process is below who spawned it, as "
      "far\n"
      "as that one lives; `by link`: only its link tells. A restart that began and ended between\n"
      "two snapshots is not seen.\nExample: tree FILE --depth 3 --sort restarts");
  return [options](Context& context) { return run(*options, context); };
}

}  // namespace
}  // namespace tree_command

const Command kTreeCommand{"tree", "Applications and supervision tree, with sums",
                           tree_command::declare};

}  // namespace beamtape
