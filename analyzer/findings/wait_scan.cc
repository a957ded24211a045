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

// One that did something else in between has begun another call.
void WaitScan::look_for_stuck(const WaitGraph& graph, const TableData& data, std::size_t at) {
  const auto first_seen = table_.find("first_seen"), reductions = table_.find("reductions"),
             queue = table_.find("message_queue_len");
  std::map<ProcessId, Stay> now;
  std::map<ProcessId, std::vector<ProcessId>> stuck;  // by callee
  if (!first_seen || !reductions || !queue) return;
  for (const WaitEdge& edge : graph.edges) {
    if (edge.certainty == WaitEdge::Certainty::kOutside) continue;
    const auto id_of = [&](std::size_t slot) {
      return ProcessId{slot, data.at(slot, *first_seen)};
    };
    const ProcessId waiter = id_of(edge.waiter);
    Stay stay{id_of(edge.callee), at, data.at(edge.waiter, *reductions),
              data.at(edge.waiter, *queue)};
    if (is_missing(stay.reductions) || is_missing(stay.queue)) continue;
    const auto before = stays_.find(waiter);
    if (before != stays_.end() && before->second.callee == stay.callee &&
        !worked(static_cast<double>(stay.reductions - before->second.reductions),
                static_cast<double>(stay.queue - before->second.queue), 1)) {
      stay.since = before->second.since;
    }
    if (observed_.seconds()[at] - observed_.seconds()[stay.since] >= kStuckSeconds) {
      stuck[stay.callee].push_back(waiter);
    }
    now[waiter] = stay;
  }
  stays_ = std::move(now);
  for (const auto& [callee, waiters] : stuck) {
    WaitCrowd* crowd = waiters.size() < kFewStuck ? nullptr : crowd_of(callee);
    if (crowd == nullptr) continue;
    crowd->stuck[at] = static_cast<double>(waiters.size());
    crowd->a_waiter = waiters.back();
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
