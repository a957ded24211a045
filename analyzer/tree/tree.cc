#include "analyzer/tree/tree.h"

#include <algorithm>
#include <map>
#include <utility>

#include "analyzer/load/time.h"
#include "analyzer/load/window_start.h"
#include "analyzer/tree/replacements.h"
#include "schema/model/ref.h"

namespace beamtape {
namespace {

class TreeReader {
 public:
  TreeReader(const Recording& recording, const Table& table, const SnapshotRecord& snapshot)
      : recording_(recording), table_(table), texts_(recording.reader(), snapshot.epoch) {
    tree_.snapshot = &snapshot;
    if (const NodeRecord* node = recording.node(snapshot.node)) {
      tree_.applications = node->applications;
    }
  }

  Expected<Tree> read(std::int64_t window_us) {
    tree_.from = window_start(recording_, *tree_.snapshot, window_us);
    if (tree_.from != nullptr) {
      tree_.seconds = static_cast<double>(micros_between(*tree_.from, *tree_.snapshot)) / 1e6;
    }
    if (const auto done = read_window(); !done) return tl::unexpected(done.error());
    plant();
    add_restarts();
    add_up();
    return std::move(tree_);
  }

 private:
  // Steps through the window; leaves the rows of its end in the tree.
  Expected<void> read_window() {
    Reader& reader = recording_.reader();
    const SnapshotRecord& begin = tree_.from ? *tree_.from : *tree_.snapshot;
    auto data = reader.rows(table_, begin.id, &tree_.damage);
    if (!data) return tl::unexpected(data.error());
    Replacements replacements(table_);
    for (const SnapshotRecord& one : reader.snapshots()) {
      if (one.node != begin.node || one.id < begin.id || one.id > tree_.snapshot->id) continue;
      if (one.id != begin.id) {
        const auto stepped = reader.step(table_, one.id, *data, &tree_.damage);
        if (!stepped) return tl::unexpected(stepped.error());
      } else {
        remember_work(*data);
      }
      replacements.look(one, *data, Texts(reader, one.epoch));
    }
    replaced_ = replacements.take();
    places_ = find_places(table_, *data, texts_, tree_.applications);
    tree_.processes.emplace(table_, *tree_.snapshot, std::move(*data), texts_);
    return {};
  }

  void remember_work(const TableData& data) {
    if (!reductions_ || !first_seen_) return;
    work_before_.resize(data.slots());
    for (std::size_t slot = 0; slot < data.slots(); ++slot) {
      work_before_[slot] = {data.at(slot, *first_seen_), data.at(slot, *reductions_)};
    }
  }

  Cell cell(std::size_t slot, const std::optional<std::size_t>& column) const {
    return column ? tree_.processes->row(slot).cell(*column) : missing(Missing::kNotRecorded);
  }

  TreeTotals totals_of(std::size_t slot) const {
    TreeTotals one;
    one.processes = 1;
    const Cell memory = cell(slot, memory_), queue = cell(slot, queue_);
    if (is_missing(memory)) {
      one.memory_unknown = 1;
    } else {
      one.memory = memory;
    }
    if (!is_missing(queue)) one.message_queue_len = one.max_message_queue_len = queue;
    if (tree_.from == nullptr) return one;
    const Cell born = cell(slot, first_seen_), reductions = cell(slot, reductions_);
    one.appeared = !is_missing(born) && born > tree_.from->id ? 1 : 0;
    if (!is_missing(reductions) && one.appeared) {
      one.reductions = reductions;
    } else if (!is_missing(reductions) && slot < work_before_.size() &&
               work_before_[slot].first == born && !is_missing(work_before_[slot].second)) {
      one.reductions = std::max<Cell>(0, reductions - work_before_[slot].second);
    } else {
      one.reductions_unknown = 1;
    }
    return one;
  }

  // OTP's, Elixir's and RabbitMQ's own all call themselves so: "supervisor:shop_sup/1".
  bool is_supervisor(std::size_t slot) const {
    const Cell call = cell(slot, call_);
    const auto text = is_missing(call) ? std::nullopt : texts_.text(call);
    return text && text->starts_with("supervisor");
  }

  // Makes the nodes and hangs them below each other.
  void plant() {
    const std::size_t applications = tree_.applications.size();
    tree_.nodes.resize(applications + 1);
    for (std::size_t i = 0; i < applications; ++i) {
      tree_.nodes[i].kind = TreeNode::Kind::kApplication;
    }
    tree_.nodes[applications].kind = TreeNode::Kind::kOutside;
    node_of_.assign(places_.size(), kNobody);
    for (const std::size_t slot : tree_.processes->slots()) {
      const Place& place = places_[slot];
      node_of_[slot] = place.is_master ? place.application : tree_.nodes.size();
      if (!place.is_master) tree_.nodes.emplace_back();
      TreeNode& node = tree_.nodes[node_of_[slot]];
      node.slot = slot;
      node.found_by = place.found_by;
      node.below = totals_of(slot);
      node.supervisor = is_supervisor(slot);
    }
    for (const std::size_t slot : tree_.processes->slots()) {
      const Place& place = places_[slot];
      if (place.is_master) continue;
      TreeNode& node = tree_.nodes[node_of_[slot]];
      if (place.parent != kNobody) {
        node.parent = node_of_[place.parent];
      } else {
        node.parent = place.application != kNobody ? place.application : applications;
      }
    }
    list_children();
  }

  void list_children() {
    auto& nodes = tree_.nodes;
    for (const TreeNode& node : nodes) {
      if (node.parent != kNobody) ++nodes[node.parent].child_count;
    }
    std::size_t next = 0;
    for (TreeNode& node : nodes) {
      node.first_child = next;
      next += node.child_count;
      node.child_count = 0;
    }
    tree_.children.resize(next);
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      if (nodes[i].parent == kNobody) continue;
      TreeNode& parent = nodes[nodes[i].parent];
      tree_.children[parent.first_child + parent.child_count++] = i;
    }
  }

  void add_restarts() {
    if (replaced_.empty()) return;
    std::map<std::string, std::size_t> known;  // pid or name -> node
    for (const Replaced& one : replaced_) {
      for (const auto& event : one.events) known[event.parent] = kNobody;
    }
    const auto columns = shown_columns(table_);
    const Shown* name = find_shown(columns, "registered_name");
    for (const std::size_t slot : tree_.processes->slots()) {
      const RowView row = tree_.processes->row(slot);
      const auto by_pid = known.find(display(value_of(row, columns[0]), Unit::kNone));
      if (by_pid != known.end()) by_pid->second = node_of_[slot];
      if (name == nullptr || no_value(value_of(row, *name))) continue;
      const auto by_name = known.find(display(value_of(row, *name), Unit::kNone));
      if (by_name != known.end()) by_name->second = node_of_[slot];
    }
    std::map<std::size_t, std::vector<std::int64_t>> times;  // by the parent's node
    for (const Replaced& one : replaced_) {
      std::int64_t count = 0;
      std::size_t last_parent = tree_.applications.size();
      for (const auto& event : one.events) {
        const std::size_t parent = known[event.parent];
        // Whoever else starts one after the other may do so on purpose.
        if (!one.registered && (parent == kNobody || !tree_.nodes[parent].supervisor)) continue;
        ++count;
        if (parent == kNobody) continue;
        last_parent = parent;
        times[parent].push_back(event.mono_us);
      }
      // Who has no holder now counts at who started it last.
      TreeNode& node = tree_.nodes[one.slot == kNobody ? last_parent : node_of_[one.slot]];
      node.below.restarts += count;
      if (one.slot != kNobody) node.own_restarts = count;
    }
    for (auto& [node, all] : times) tree_.nodes[node].most_at_once = most_at_once(all);
  }

  static std::int64_t most_at_once(std::vector<std::int64_t>& times) {
    std::sort(times.begin(), times.end());
    std::size_t most = 0, from = 0;
    for (std::size_t to = 0; to < times.size(); ++to) {
      while (times[to] - times[from] > std::int64_t{kIntensitySeconds} * 1'000'000) ++from;
      most = std::max(most, to - from + 1);
    }
    return static_cast<std::int64_t>(most);
  }

  // Sums from the leaves up, without recursion: a chain may be a million long.
  void add_up() {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < tree_.nodes.size(); ++i) {
      if (tree_.nodes[i].parent == kNobody) order.push_back(i);
    }
    for (std::size_t at = 0; at < order.size(); ++at) {
      const TreeNode& node = tree_.nodes[order[at]];
      for (std::size_t i = 0; i < node.child_count; ++i) {
        order.push_back(tree_.children[node.first_child + i]);
      }
    }
    for (auto at = order.rbegin(); at != order.rend(); ++at) {
      const TreeNode& node = tree_.nodes[*at];
      if (node.parent != kNobody) tree_.nodes[node.parent].below.add(node.below);
    }
    for (std::size_t i = 0; i <= tree_.applications.size(); ++i) {
      if (tree_.nodes[i].below.processes > 0) tree_.roots.push_back(i);
    }
  }

  const Recording& recording_;
  const Table& table_;
  const Texts texts_;
  const std::optional<std::size_t> first_seen_ = table_.find("first_seen"),
                                   reductions_ = table_.find("reductions"),
                                   memory_ = table_.find("memory"),
                                   queue_ = table_.find("message_queue_len"),
                                   call_ = table_.find("dictionary_initial_call");
  Tree tree_;
  std::vector<std::pair<Cell, Cell>> work_before_;  // first_seen and reductions, by slot
  std::vector<Replaced> replaced_;
  std::vector<Place> places_;
  std::vector<std::size_t> node_of_;  // by slot
};

}  // namespace

void TreeTotals::add(const TreeTotals& other) {
  processes += other.processes;
  memory += other.memory;
  memory_unknown += other.memory_unknown;
  message_queue_len += other.message_queue_len;
  max_message_queue_len = std::max(max_message_queue_len, other.max_message_queue_len);
  reductions += other.reductions;
  reductions_unknown += other.reductions_unknown;
  appeared += other.appeared;
  restarts += other.restarts;
}

Expected<Tree> read_tree(const Recording& recording, const SnapshotRecord& snapshot,
                         std::int64_t window_us) {
  const Table* table = recording.reader().table("process");
  if (table == nullptr) {
    return fail(Error::Code::kUsage, "cannot build the tree: the recording has no processes");
  }
  return TreeReader(recording, *table, snapshot).read(window_us);
}

}  // namespace beamtape
