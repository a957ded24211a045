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
  std::optional<std::size_t> links, parent, first_seen;  // of those that start another
  explicit WaitColumns(const Table& table)
      : function(table.find("current_function")),
        monitors(table.find("monitors")),
        monitored_by(table.find("monitored_by")),
        queue(table.find("message_queue_len")),
        name(table.find("registered_name")),
        links(table.find("links")),
        parent(table.find("parent")),
        first_seen(table.find("first_seen")) {}
  bool complete() const { return function && monitors && monitored_by && queue && name; }
};

// A waiter and those it monitors; of one that starts another: and those it is linked to.
struct Waiter {
  std::size_t slot = 0;
  std::vector<Cell> monitors;
  bool starts = false;
};

// OTP's proc_lib.erl: a process that has started another one stands in these until that one's init
// is done.
bool is_start_function(std::string_view function) {
  return function == "proc_lib:sync_start_link/2" || function == "proc_lib:sync_start/2" ||
         function == "proc_lib:sync_start_monitor/2";
}

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
  enum class Kind : signed char { kUnknown, kNone, kCall, kStart };

  Kind kind_of(Cell function) {
    if (is_missing(function)) return Kind::kNone;
    const auto id = static_cast<std::size_t>(function);
    if (id < kinds_.size() && kinds_[id] != Kind::kUnknown) return kinds_[id];
    const auto text = texts_.text(function);
    const auto& all = wait_functions();
    const bool waits = text && std::find(all.begin(), all.end(), *text) != all.end();
    const Kind kind = !waits ? Kind::kNone : is_start_function(*text) ? Kind::kStart : Kind::kCall;
    constexpr std::size_t kMostRemembered = 1 << 20;  // ids of a damaged file may be anything
    if (id < kMostRemembered) {
      if (id >= kinds_.size()) kinds_.resize(id + 1, Kind::kUnknown);
      kinds_[id] = kind;
    }
    return kind;
  }

  void find_waiters() {
    std::array<Cell, kRowsPerGroup> functions{};
    for (std::size_t g = 0; g < rows_.groups.size(); ++g) {
      const RowGroup& group = rows_.groups[g];
      if (group.rows == 0) continue;
      group.columns[*columns_.function].copy_to(std::span(functions).first(group.rows));
      for (std::size_t row = 0; row < group.rows; ++row) {
        const Kind kind = kind_of(functions[row]);
        if (kind == Kind::kNone) continue;
        Waiter waiter{g * kRowsPerGroup + row, {}, kind == Kind::kStart};
        bool known = add_list(waiter, columns_.monitors);
        if (waiter.starts) known = known && columns_.parent && add_list(waiter, columns_.links);
        if (known) waiters_.push_back(std::move(waiter));
      }
    }
  }

  bool add_list(Waiter& waiter, std::optional<std::size_t> column) const {
    const Cell cell = column ? rows_.at(waiter.slot, *column) : missing(Missing::kNotRecorded);
    const auto list = is_missing(cell) ? std::nullopt : texts_.list(cell);
    if (!list) return false;
    waiter.monitors.insert(waiter.monitors.end(), list->items.begin(), list->items.end());
    // In a list that was cut the youngest child may be missing.
    return !waiter.starts || list->true_count <= list->items.size();
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

  // Its youngest child: whom it starts now it started last.
  std::optional<WaitEdge> started_by(const Waiter& waiter) const {
    const Cell self = rows_.at(waiter.slot, 0);
    const auto age = [&](std::size_t slot) {
      const Cell seen = columns_.first_seen ? rows_.at(slot, *columns_.first_seen) : 0;
      return std::pair(seen, rows_.at(slot, 0));
    };
    std::optional<std::size_t> youngest;
    for (const Cell one : waiter.monitors) {
      const auto slot = slot_of(one);
      if (!slot || rows_.at(*slot, *columns_.parent) != self) continue;
      if (!youngest || age(*slot) > age(*youngest)) youngest = slot;
    }
    if (!youngest) return std::nullopt;
    return WaitEdge{waiter.slot, *youngest, {}, WaitEdge::Certainty::kLikely};
  }

  std::optional<WaitEdge> edge_of(const Waiter& waiter) const {
    if (waiter.starts) return started_by(waiter);
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
  std::vector<Kind> kinds_;  // by text id
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
      "proc_lib:sync_start_link/2",
      "proc_lib:sync_start/2",
      "proc_lib:sync_start_monitor/2",
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

WaitStates::WaitStates(const Table& process_table)
    : first_seen_(process_table.find("first_seen")),
      reductions_(process_table.find("reductions")),
      queue_(process_table.find("message_queue_len")) {}

WaitState WaitStates::of(const WaitEdge& edge, const TableData& processes) const {
  const auto cell = [&](std::size_t slot, std::optional<std::size_t> column) {
    return column ? processes.at(slot, *column) : missing(Missing::kNotRecorded);
  };
  WaitState state;
  state.reductions = cell(edge.waiter, reductions_);
  state.queue = cell(edge.waiter, queue_);
  if (edge.certainty == WaitEdge::Certainty::kOutside) {
    state.outside = edge.outside;
  } else {
    state.callee = edge.callee;
    state.callee_first_seen = cell(edge.callee, first_seen_);
  }
  return state;
}

bool is_same_wait(const WaitState& before, const WaitState& now) {
  if (before.callee != now.callee || before.callee_first_seen != now.callee_first_seen ||
      before.outside != now.outside) {
    return false;
  }
  if (is_missing(before.reductions) || is_missing(now.reductions)) return true;
  const bool queues = !is_missing(before.queue) && !is_missing(now.queue);
  return !worked(static_cast<double>(now.reductions) - static_cast<double>(before.reductions),
                 queues ? static_cast<double>(now.queue) - static_cast<double>(before.queue) : 0,
                 1);
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
