#include "analyzer/waits/wait_graph.h"

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "schema/model/ref.h"

namespace beamtape {
namespace {

struct WaitColumns {
  std::optional<std::size_t> function, monitors, monitored_by, queue, name;
  explicit WaitColumns(const Table& table)
      : function(table.find("current_function")),
        monitors(table.find("monitors")),
        monitored_by(table.find("monitored_by")),
        queue(table.find("message_queue_len")),
        name(table.find("registered_name")) {}
  bool complete() const { return function && monitors && monitored_by && queue && name; }
};

// A waiter and those it monitors.
struct Waiter {
  std::size_t slot = 0;
  std::vector<Cell> monitors;
};

// "stock_server" of "{stock_server,shop@here}"; empty for any other text.
std::string registered_part(std::string_view text) {
  const auto comma = text.rfind(',');
  if (text.size() < 4 || text.front() != '{' || text.back() != '}' ||
      comma == std::string_view::npos) {
    return {};
  }
  return std::string(text.substr(1, comma - 1));
}

class GraphMaker {
 public:
  GraphMaker(const Table& table, const TableData& rows, const Texts& texts)
      : columns_(table), rows_(rows), texts_(texts) {}

  WaitGraph make() {
    WaitGraph graph;
    if (!columns_.complete()) return graph;
    find_waiters();
    if (waiters_.empty()) return graph;
    find_callees();
    for (const Waiter& waiter : waiters_) {
      if (auto edge = edge_of(waiter)) graph.edges.push_back(std::move(*edge));
    }
    return graph;
  }

 private:
  bool is_wait_function(Cell function) {
    if (is_missing(function)) return false;
    const auto id = static_cast<std::size_t>(function);
    if (id < known_.size() && known_[id] >= 0) return known_[id] == 1;
    const auto text = texts_.text(function);
    const auto& all = wait_functions();
    const bool waits = text && std::find(all.begin(), all.end(), *text) != all.end();
    constexpr std::size_t kMostRemembered = 1 << 20;  // ids of a damaged file may be anything
    if (id < kMostRemembered) {
      if (id >= known_.size()) known_.resize(id + 1, -1);
      known_[id] = waits ? 1 : 0;
    }
    return waits;
  }

  void find_waiters() {
    std::array<Cell, kRowsPerGroup> functions{};
    for (std::size_t g = 0; g < rows_.groups.size(); ++g) {
      const RowGroup& group = rows_.groups[g];
      if (group.rows == 0) continue;
      group.columns[*columns_.function].copy_to(std::span(functions).first(group.rows));
      for (std::size_t row = 0; row < group.rows; ++row) {
        if (!is_wait_function(functions[row])) continue;
        const std::size_t slot = g * kRowsPerGroup + row;
        const Cell list = rows_.at(slot, *columns_.monitors);
        const auto monitors = is_missing(list) ? std::nullopt : texts_.list(list);
        if (monitors) waiters_.push_back({slot, {monitors->items.begin(), monitors->items.end()}});
      }
    }
  }

  // The slots of all that somebody who waits monitors: by pid, or by registered name.
  void find_callees() {
    std::unordered_set<Cell> wanted;
    std::unordered_set<std::string> names;
    for (const Waiter& waiter : waiters_) {
      for (const Cell monitored : waiter.monitors) {
        if (is_missing(monitored)) continue;
        if (unpack(monitored).tag == Ref::Tag::kPid) wanted.insert(monitored);
        if (auto name = name_of(monitored); !name.empty()) names.insert(std::move(name));
      }
    }
    std::array<Cell, kRowsPerGroup> pids{}, registered{};
    for (std::size_t g = 0; g < rows_.groups.size(); ++g) {
      const RowGroup& group = rows_.groups[g];
      if (group.rows == 0) continue;
      group.columns[0].copy_to(std::span(pids).first(group.rows));
      group.columns[*columns_.name].copy_to(std::span(registered).first(group.rows));
      for (std::size_t row = 0; row < group.rows; ++row) {
        const std::size_t slot = g * kRowsPerGroup + row;
        if (!is_missing(pids[row]) && wanted.contains(pids[row])) by_pid_[pids[row]] = slot;
        if (names.empty() || is_missing(registered[row])) continue;
        const auto text = texts_.text(registered[row]);
        if (text && names.contains(std::string(*text))) by_name_[std::string(*text)] = slot;
      }
    }
  }

  std::string name_of(Cell monitored) const {
    const Ref ref = unpack(monitored);
    if (ref.tag != Ref::Tag::kText) return {};
    const auto text = texts_.text(static_cast<Cell>(ref.value));
    return text ? registered_part(*text) : std::string();
  }

  std::optional<std::size_t> slot_of(Cell monitored) const {
    if (is_missing(monitored)) return std::nullopt;
    if (const auto at = by_pid_.find(monitored); at != by_pid_.end()) return at->second;
    const auto name = name_of(monitored);
    const auto at = name.empty() ? by_name_.end() : by_name_.find(name);
    return at == by_name_.end() ? std::nullopt : std::optional(at->second);
  }

  // Whether the callee's monitored_by has the waiter; a list that was cut may not.
  bool knows(std::size_t callee, Cell waiter) const {
    const Cell cell = rows_.at(callee, *columns_.monitored_by);
    const auto list = is_missing(cell) ? std::nullopt : texts_.list(cell);
    if (!list) return false;
    return list->true_count > list->items.size() ||
           std::find(list->items.begin(), list->items.end(), waiter) != list->items.end();
  }

  std::optional<WaitEdge> edge_of(const Waiter& waiter) const {
    const Cell self = rows_.at(waiter.slot, 0);
    std::vector<std::size_t> known, others;
    for (const Cell monitored : waiter.monitors) {
      const auto slot = slot_of(monitored);
      if (slot) (knows(*slot, self) ? known : others).push_back(*slot);
    }
    const auto& candidates = known.empty() ? others : known;
    if (candidates.empty()) return outside(waiter);
    const auto queue = [&](std::size_t slot) { return rows_.at(slot, *columns_.queue); };
    const auto best =
        *std::max_element(candidates.begin(), candidates.end(),
                          [&](std::size_t a, std::size_t b) { return queue(a) < queue(b); });
    const bool sure = waiter.monitors.size() == 1 && !known.empty();
    return WaitEdge{
        waiter.slot, best, {}, sure ? WaitEdge::Certainty::kSure : WaitEdge::Certainty::kLikely};
  }

  std::optional<WaitEdge> outside(const Waiter& waiter) const {
    if (waiter.monitors.empty() || is_missing(waiter.monitors.front())) return std::nullopt;
    const Ref ref = unpack(waiter.monitors.front());
    const auto text =
        ref.tag == Ref::Tag::kText ? texts_.text(static_cast<Cell>(ref.value)) : std::nullopt;
    return WaitEdge{waiter.slot, 0, text ? std::string(*text) : ref_text(ref),
                    WaitEdge::Certainty::kOutside};
  }

  WaitColumns columns_;
  const TableData& rows_;
  const Texts& texts_;
  std::vector<signed char> known_;  // by text id: 1 a wait function, 0 not, -1 not looked up
  std::vector<Waiter> waiters_;
  std::unordered_map<Cell, std::size_t> by_pid_;
  std::unordered_map<std::string, std::size_t> by_name_;
};

}  // namespace

const std::vector<std::string>& wait_functions() {
  static const std::vector<std::string> functions{
      "gen:do_call/4",
      "gen:do_call/5",
      "erpc:call/5",
      "erpc:receive_response/2",
      "'Elixir.Task':await/2",
      "'Elixir.Task':await/3",
      "'Elixir.Task':await_receive/3",
      "io:execute_request/3",
      "file:file_request/2",
      "disk_log:monitor_request/2",
      "dets:req/2",
  };
  return functions;
}

const char* certainty_name(WaitEdge::Certainty certainty) {
  return certainty == WaitEdge::Certainty::kSure     ? "sure"
         : certainty == WaitEdge::Certainty::kLikely ? "likely"
                                                     : "outside";
}

WaitGraph wait_graph(const Table& process_table, const TableData& processes, const Texts& texts) {
  return GraphMaker(process_table, processes, texts).make();
}

std::vector<std::vector<std::size_t>> WaitGraph::cycles() const {
  std::map<std::size_t, std::size_t> next;
  for (const WaitEdge& edge : edges) {
    if (edge.certainty != WaitEdge::Certainty::kOutside) next[edge.waiter] = edge.callee;
  }
  std::vector<std::vector<std::size_t>> found;
  std::map<std::size_t, std::size_t> walk_of;  // which walk came through first
  for (const auto& [start, callee] : next) {
    std::size_t at = start;
    while (next.contains(at) && walk_of.try_emplace(at, start).second) at = next.at(at);
    // A circle is closed where the walk meets itself.
    const auto met = walk_of.find(at);
    if (met == walk_of.end() || met->second != start || !next.contains(at)) continue;
    std::vector<std::size_t> cycle{at};
    for (std::size_t one = next.at(at); one != at; one = next.at(one)) cycle.push_back(one);
    std::rotate(cycle.begin(), std::min_element(cycle.begin(), cycle.end()), cycle.end());
    found.push_back(std::move(cycle));
  }
  return found;
}

std::map<std::size_t, std::size_t> WaitGraph::fan_in() const {
  std::map<std::size_t, std::size_t> counts;
  for (const WaitEdge& edge : edges) {
    if (edge.certainty != WaitEdge::Certainty::kOutside) ++counts[edge.callee];
  }
  return counts;
}

}  // namespace beamtape
