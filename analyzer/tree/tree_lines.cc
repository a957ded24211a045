#include "analyzer/tree/tree_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "analyzer/load/text.h"
#include "schema/model/group.h"
#include "schema/model/ref.h"

namespace beamtape {
namespace {

std::int64_t sorted_number(const std::string& sort, const TreeTotals& below) {
  if (sort == "processes") return below.processes;
  if (sort == "message_queue_len") return below.message_queue_len;
  if (sort == "reductions") return below.reductions;
  if (sort == "restarts") return below.restarts;
  return below.memory;
}

class Drawer {
 public:
  Drawer(const Tree& tree, const TreeOptions& options)
      : tree_(tree),
        options_(options),
        table_(tree.processes->table()),
        columns_(shown_columns(table_)) {}

  Expected<std::vector<TreeLine>> draw() {
    std::vector<Item> roots;
    if (options_.below.empty()) {
      for (const std::size_t root : tree_.roots) roots.push_back(single(root));
      order(roots);
    } else {
      const auto chosen = find(options_.below);
      if (!chosen) return tl::unexpected(chosen.error());
      roots.push_back(single(*chosen));
    }
    std::vector<std::pair<Item, std::size_t>> stack;  // with its depth; the next one last
    const auto push = [&](const std::vector<Item>& items, std::size_t depth) {
      for (auto item = items.rbegin(); item != items.rend(); ++item)
        stack.emplace_back(*item, depth);
    };
    push(roots, 0);
    while (!stack.empty()) {
      const auto [item, depth] = std::move(stack.back());
      stack.pop_back();
      add_line(item, depth);
      TreeLine& line = lines_.back();
      if (item.members > 1) {
        line.hidden = item.below.processes;
      } else if (options_.depth > 0 && depth + 1 >= options_.depth) {
        line.hidden = item.below.processes - (line.pid.empty() ? 0 : 1);
      } else {
        push(children(item.node), depth + 1);
      }
    }
    return std::move(lines_);
  }

 private:
  // A node, or several children of one kind, of which `node` is the first.
  struct Item {
    std::size_t node = kNobody;
    std::size_t members = 1;
    TreeTotals below;
  };

  Item single(std::size_t node) const { return {node, 1, tree_.nodes[node].below}; }

  std::vector<Item> children(std::size_t parent) const {
    const TreeNode& node = tree_.nodes[parent];
    std::map<std::pair<Cell, std::string>, std::vector<std::size_t>> kinds;
    for (std::size_t i = 0; i < node.child_count; ++i) {
      const std::size_t child = tree_.children[node.first_child + i];
      kinds[kind_of(child)].push_back(child);
    }
    std::vector<Item> items;
    for (const auto& [kind, members] : kinds) {
      if (options_.expand || members.size() < kFoldFrom || is_missing(kind.first)) {
        for (const std::size_t child : members) items.push_back(single(child));
        continue;
      }
      Item item{members.front(), members.size(), {}};
      for (const std::size_t child : members) item.below.add(tree_.nodes[child].below);
      items.push_back(std::move(item));
    }
    order(items);
    return items;
  }

  void order(std::vector<Item>& items) const {
    const bool by_number = options_.sort != "pid";
    std::sort(items.begin(), items.end(), [&](const Item& a, const Item& b) {
      const bool a_outside = is_outside(a), b_outside = is_outside(b);
      if (a_outside != b_outside) return b_outside;
      const auto number_a = sorted_number(options_.sort, a.below);
      const auto number_b = sorted_number(options_.sort, b.below);
      if (by_number && number_a != number_b) return number_a > number_b;
      return std::pair{pid_cell(a.node), a.node} < std::pair{pid_cell(b.node), b.node};
    });
  }
  bool is_outside(const Item& item) const {
    return tree_.nodes[item.node].kind == TreeNode::Kind::kOutside;
  }
  Cell pid_cell(std::size_t node) const { return cell(node, 0); }

  Cell cell(std::size_t node, const std::optional<std::size_t>& column) const {
    const std::size_t slot = tree_.nodes[node].slot;
    if (slot == kNobody || !column) return missing(Missing::kNotRecorded);
    return tree_.processes->row(slot).cell(*column);
  }
  std::string text(std::size_t node, const char* column) const {
    const std::size_t slot = tree_.nodes[node].slot;
    const Shown* shown = find_shown(columns_, column);
    if (slot == kNobody || shown == nullptr) return {};
    const Value value = value_of(tree_.processes->row(slot), *shown);
    return no_value(value) ? std::string() : display(value, Unit::kNone);
  }

  // Its initial call, and its registered name with the numbers folded.
  std::pair<Cell, std::string> kind_of(std::size_t node) const {
    Cell call = cell(node, call_);
    if (is_missing(call)) call = cell(node, initial_call_);
    const Cell name = cell(node, name_);
    if (is_missing(name)) return {call, {}};
    return {call, fold_name(text(node, "registered_name"))};
  }

  void add_line(const Item& item, std::size_t depth) {
    TreeLine line;
    line.depth = depth;
    line.members = item.members;
    line.below = item.below;
    const TreeNode& node = tree_.nodes[item.node];
    if (item.members > 1) {
      line.name = kind_of(item.node).second;
      if (line.name.empty()) line.name = text(item.node, "dictionary_initial_call");
      if (line.name.empty()) line.name = text(item.node, "initial_call");
    } else {
      line.node = item.node;
      line.pid = text(item.node, "pid");
      if (node.kind == TreeNode::Kind::kApplication) {
        line.name = printable(tree_.applications[item.node].name);
      } else if (node.kind == TreeNode::Kind::kOutside) {
        line.name = "outside of all applications";
      } else {
        line.name = text(item.node, "name");
      }
    }
    lines_.push_back(std::move(line));
  }

  Expected<std::size_t> find(const std::string& subject) const {
    const auto ref = parse_ref(subject);
    std::vector<std::string> names;
    for (std::size_t i = 0; i < tree_.nodes.size(); ++i) {
      const TreeNode& node = tree_.nodes[i];
      if (node.kind == TreeNode::Kind::kApplication && node.below.processes > 0) {
        if (tree_.applications[i].name == subject) return i;
        names.push_back(tree_.applications[i].name);
      }
      if (node.slot == kNobody) continue;
      if (ref && pid_cell(i) == pack(*ref)) return i;
      std::string name = ref ? std::string() : text(i, "registered_name");
      if (!name.empty() && name == subject) return i;
      if (!name.empty()) names.push_back(std::move(name));
    }
    return fail(
        Error::Code::kUsage,
        fmt::format("cannot show what is below '{}': no application and no process has that "
                    "name or pid at that time{}",
                    subject, ref ? "" : suggestion(subject, names)));
  }

  const Tree& tree_;
  const TreeOptions& options_;
  const Table& table_;
  const std::vector<Shown> columns_;
  const std::optional<std::size_t> name_ = table_.find("registered_name"),
                                   call_ = table_.find("dictionary_initial_call"),
                                   initial_call_ = table_.find("initial_call");
  std::vector<TreeLine> lines_;
};

}  // namespace

const std::vector<std::string>& tree_sorts() {
  static const std::vector<std::string> sorts{"memory",     "processes", "message_queue_len",
                                              "reductions", "restarts",  "pid"};
  return sorts;
}

Expected<std::vector<TreeLine>> tree_lines(const Tree& tree, const TreeOptions& options) {
  const auto& sorts = tree_sorts();
  if (std::find(sorts.begin(), sorts.end(), options.sort) == sorts.end()) {
    return fail(Error::Code::kUsage, fmt::format("cannot sort by '{}': it is one of {}",
                                                 options.sort, joined(sorts, ", ")));
  }
  return Drawer(tree, options).draw();
}

}  // namespace beamtape
