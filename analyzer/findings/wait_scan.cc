#include "analyzer/findings/wait_scan.h"

#include <algorithm>

namespace beamtape {

void WaitScan::look(const TableData& data, std::size_t at) {
  // A node has always some processes.
  const bool damaged =
      data.slots() == 0 || std::any_of(data.groups.begin(), data.groups.end(),
                                       [](const auto& one) { return one.damaged; });
  if (damaged) damaged_.push_back(at);
  const Texts texts(observed_.recording->reader(), observed_.segment.snapshots[at]->epoch);
  const WaitGraph graph = wait_graph(table_, data, texts);
  // Whoever cannot be read may still wait.
  if (!damaged) look_for_stuck(graph, data, at);
  if (graph.edges.empty()) return;
  const auto first_seen = table_.find("first_seen");
  if (!first_seen) return;
  const auto id_of = [&](std::size_t slot) { return ProcessId{slot, data.at(slot, *first_seen)}; };
  for (const auto& slots : graph.cycles()) {
    std::vector<ProcessId> members;
    for (const std::size_t slot : slots) members.push_back(id_of(slot));
    if (cycles_.size() >= kMostWaits && !cycles_.contains(members)) continue;
    WaitCycle& cycle = cycles_[members];
    cycle.at.push_back(at);
    cycle.sure = true;
    std::size_t around = 0;
    for (const WaitEdge& edge : graph.edges) {
      if (edge.certainty == WaitEdge::Certainty::kOutside) continue;
      const bool into = std::find(slots.begin(), slots.end(), edge.callee) != slots.end();
      const bool from = std::find(slots.begin(), slots.end(), edge.waiter) != slots.end();
      if (into && from) cycle.sure = cycle.sure && edge.certainty == WaitEdge::Certainty::kSure;
      if (into && !from) ++around;
    }
    cycle.waiters = std::max(cycle.waiters, around);
  }
  for (const auto& crowded : graph.fan_in()) {
    // clang 14 captures no structured bindings.
    const std::size_t callee = crowded.first, waiters = crowded.second;
    if (waiters < kCrowd) continue;
    WaitCrowd* crowd = crowd_of(id_of(callee));
    if (crowd == nullptr) continue;
    crowd->waiters[at] = static_cast<double>(waiters);
    // The last one: members of a cycle, servers mostly, have lower slots than their clients.
    const auto one = std::find_if(graph.edges.rbegin(), graph.edges.rend(), [&](const WaitEdge& e) {
      return e.certainty != WaitEdge::Certainty::kOutside && e.callee == callee;
    });
    crowd->a_waiter = id_of(one->waiter);
  }
}

WaitCrowd* WaitScan::crowd_of(const ProcessId& callee) {
  if (crowds_.size() >= kMostWaits && !crowds_.contains(callee)) return nullptr;
  WaitCrowd& crowd = crowds_[callee];
  if (crowd.waiters.empty()) crowd.waiters = crowd.stuck = Values(observed_.size(), 0.0);
  return &crowd;
}

void WaitScan::look_for_stuck(const WaitGraph& graph, const TableData& data, std::size_t at) {
  const auto first_seen = table_.find("first_seen");
  if (!first_seen) return;
  struct Stuck {
    std::size_t count = 0;
    ProcessId last;
  };
  std::map<ProcessId, Stuck> stuck;  // by callee
  std::vector<Stay> now;
  auto before = stays_.begin();
  for (const WaitEdge& edge : graph.edges) {
    if (edge.certainty == WaitEdge::Certainty::kOutside) continue;
    Stay stay{{edge.waiter, data.at(edge.waiter, *first_seen)}, states_.of(edge, data), at};
    while (before != stays_.end() && before->waiter < stay.waiter) ++before;
    if (before != stays_.end() && before->waiter == stay.waiter &&
        is_same_wait(before->state, stay.state)) {
      stay.since = before->since;
    }
    if (observed_.seconds()[at] - observed_.seconds()[stay.since] >= kStuckSeconds) {
      Stuck& one = stuck[{stay.state.callee, stay.state.callee_first_seen}];
      ++one.count;
      one.last = stay.waiter;
    }
    now.push_back(std::move(stay));
  }
  stays_ = std::move(now);
  for (const auto& [callee, waiters] : stuck) {
    WaitCrowd* crowd = waiters.count < kFewStuck ? nullptr : crowd_of(callee);
    if (crowd == nullptr) continue;
    crowd->stuck[at] = static_cast<double>(waiters.count);
    crowd->a_waiter = waiters.last;
  }
}

std::vector<Candidate> WaitScan::finish() {
  std::vector<Candidate> wanted;
  const auto want = [&](const ProcessId& id) { wanted.push_back({id.slot, id.first_seen, 1}); };
  for (auto& [members, cycle] : cycles_) {
    cycle.members = members;
    for (const ProcessId& id : members) want(id);
    observed_.wait_cycles.push_back(std::move(cycle));
  }
  for (auto& [callee, crowd] : crowds_) {
    crowd.callee = callee;
    for (const std::size_t at : damaged_) {
      if (crowd.waiters[at] == 0) crowd.waiters[at] = kNaN;
    }
    want(callee);
    want(crowd.a_waiter);
    observed_.wait_crowds.push_back(std::move(crowd));
  }
  return wanted;
}

}  // namespace beamtape
