#include "analyzer/view/tree_view.h"

#include <fmt/format.h>

#include "analyzer/load/damage_words.h"
#include "analyzer/load/text.h"
#include "analyzer/tree/tree_lines.h"

namespace beamtape {

namespace {

TreeText::Line line_of(const Tree& tree, const TreeLine& line) {
  TreeText::Line made;
  made.depth = line.depth;
  made.name = printable(line.name.empty() ? "?" : line.name);
  made.pid = line.pid;
  made.below = line.below;
  if (line.members > 1) {
    made.name = fmt::format("{} × {}", grouped(static_cast<std::int64_t>(line.members)), made.name);
    return made;
  }
  const TreeNode& node = tree.nodes[line.node];
  made.supervisor = node.supervisor;
  made.application = node.kind == TreeNode::Kind::kApplication;
  if (made.application) {
    made.name += " " + printable(tree.applications[line.node].version);
    if (line.pid.empty()) made.remark = "it has ended";
  }
  if (node.kind == TreeNode::Kind::kProcess) {
    made.remark = fmt::format("its parent is told by: {}", found_by_name(node.found_by));
  }
  if (node.own_restarts > 0) {
    made.remark += fmt::format("\nreplaced {} times", grouped(node.own_restarts));
  }
  if (node.most_at_once > 0) {
    made.remark += fmt::format("\nreplaced {} of its children within {} s", node.most_at_once,
                               kIntensitySeconds);
  }
  return made;
}

// Lines stand after the one they are below.
void count_inside(std::vector<TreeText::Line>& lines) {
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i <= lines.size(); ++i) {
    while (!open.empty() && (i == lines.size() || lines[open.back()].depth >= lines[i].depth)) {
      lines[open.back()].inside = i - open.back() - 1;
      open.pop_back();
    }
    if (i < lines.size()) open.push_back(i);
  }
}

}  // namespace

TreeText read_tree_text(const Recording& recording, std::int64_t snapshot,
                        const std::string& sort) {
  TreeText text;
  text.of = {snapshot, sort};
  const SnapshotRecord* at = recording.snapshot(snapshot);
  const auto tree = at ? read_tree(recording, *at, kTreeWindowUs)
                       : Expected<Tree>(fail(Error::Code::kNotFound, "there is no such snapshot"));
  if (!tree) {
    text.error = tree.error().message;
    return text;
  }
  TreeOptions options;
  options.sort = sort;
  const auto lines = tree_lines(*tree, options);
  if (!lines) {
    text.error = lines.error().message;
    return text;
  }
  text.seconds = tree->from ? tree->seconds : 0;
  for (const TreeLine& line : *lines) text.lines.push_back(line_of(*tree, line));
  count_inside(text.lines);
  text.damage = damage_texts(tree->damage);
  return text;
}

}  // namespace beamtape
