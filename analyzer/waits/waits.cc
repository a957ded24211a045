#include "analyzer/waits/waits.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "analyzer/load/frame.h"

namespace beamtape {
namespace {

// One life of a process.
using Id = std::pair<std::size_t, Cell>;  // slot, first_seen

struct Known {
  WaitState state;
  const SnapshotRecord* since = nullptr;
  bool open = false;
};

std::string text_of(const RowView& row, const std::vector<Shown>& columns, const char* name) {
  const Shown* column = find_shown(columns, name);
  if (column == nullptr) return {};
  const Value value = value_of(row, *column);
  return no_value(value) ? std::string() : display(value, Unit::kNone);
}

class WaitReader {
 public:
  WaitReader(const Recording& recording, const Table& table, const SnapshotRecord& snapshot)
      : recording_(recording), table_(table), snapshot_(snapshot) {}

  Expected<Waits> read() {
    Waits answer;
    answer.snapshot = &snapshot_;
    const auto chain = looked_back();
    auto data = recording_.reader().rows(table_, chain.front()->id, &answer.damage);
    if (!data) return tl::unexpected(data.error());
    for (const SnapshotRecord* one : chain) {
      if (one != chain.front()) {
        const auto stepped = recording_.reader().step(table_, one->id, *data, &answer.damage);
        if (!stepped) return tl::unexpected(stepped.error());
      }
      look(*one, *data, one == chain.front());
    }
    describe(*data, answer);
    return answer;
  }

 private:
  // The snapshots of the same life up to the one asked about.
  std::vector<const SnapshotRecord*> looked_back() const {
    std::vector<const SnapshotRecord*> chain;
    const auto& all = recording_.reader().snapshots();
    for (auto at = all.rbegin(); at != all.rend() && chain.size() <= kMostLookedBack; ++at) {
      if (at->id <= snapshot_.id && at->node == snapshot_.node) chain.push_back(&*at);
    }
    std::reverse(chain.begin(), chain.end());
    return chain;
  }

  void look(const SnapshotRecord& one, const TableData& data, bool first) {
    graph_ = wait_graph(table_, data, Texts(recording_.reader(), one.epoch));
    std::map<Id, Known> now;
    for (const WaitEdge& edge : graph_.edges) {
      const Id waiter{edge.waiter, first_seen_ ? data.at(edge.waiter, *first_seen_) : 0};
      Known known{states_.of(edge, data), &one, first || was_damaged(edge.waiter)};
      const auto before = known_.find(waiter);
      if (before != known_.end() && is_same_wait(before->second.state, known.state)) {
        known.since = before->second.since;
        known.open = before->second.open;
      }
      now[waiter] = std::move(known);
    }
    known_ = std::move(now);
    damaged_.clear();
    for (const RowGroup& group : data.groups) damaged_.push_back(group.damaged);
  }

  // In the snapshot before: it may have waited there too.
  bool was_damaged(std::size_t slot) const {
    const std::size_t group = slot / kRowsPerGroup;
    return damaged_.empty() || (group < damaged_.size() && damaged_[group]);
  }

  WaitingProcess process(const TableData& data, std::size_t slot) const {
    const RowView row = view(data, slot);
    return {text_of(row, columns_, "pid"), text_of(row, columns_, "name")};
  }
  RowView view(const TableData& data, std::size_t slot) const {
    return {&table_, &data.groups[slot / kRowsPerGroup], slot % kRowsPerGroup,
            Texts(recording_.reader(), snapshot_.epoch)};
  }

  void describe(const TableData& data, Waits& answer) const {
    const auto fan_in = graph_.fan_in();
    std::vector<std::pair<Wait, std::size_t>> waits;  // with the waiter's slot
    for (const WaitEdge& edge : graph_.edges) {
      Wait wait;
      wait.waiter = process(data, edge.waiter);
      wait.certainty = edge.certainty;
      wait.function = text_of(view(data, edge.waiter), columns_, "current_function");
      const Known& known =
          known_.at({edge.waiter, first_seen_ ? data.at(edge.waiter, *first_seen_) : 0});
      wait.since = known.since;
      wait.since_open = known.open;
      if (edge.certainty == WaitEdge::Certainty::kOutside) {
        wait.callee.pid = edge.outside;
      } else {
        wait.callee = process(data, edge.callee);
        wait.callee_queue = queue_ ? data.at(edge.callee, *queue_) : missing(Missing::kNotRecorded);
        wait.callee_waiters = fan_in.at(edge.callee);
      }
      waits.emplace_back(std::move(wait), edge.waiter);
    }
    std::stable_sort(waits.begin(), waits.end(), [](const auto& a, const auto& b) {
      return a.first.since->id < b.first.since->id;
    });
    std::map<std::size_t, std::size_t> position;  // by the waiter's slot
    for (auto& [wait, slot] : waits) {
      position[slot] = answer.waits.size();
      answer.waits.push_back(std::move(wait));
    }
    for (const auto& cycle : graph_.cycles()) {
      auto& positions = answer.cycles.emplace_back();
      for (const std::size_t slot : cycle) positions.push_back(position.at(slot));
    }
  }

  const Recording& recording_;
  const Table& table_;
  const SnapshotRecord& snapshot_;
  const std::vector<Shown> columns_ = shown_columns(table_);
  const WaitStates states_{table_};
  const std::optional<std::size_t> first_seen_ = table_.find("first_seen");
  const std::optional<std::size_t> queue_ = table_.find("message_queue_len");
  WaitGraph graph_;  // of the last snapshot looked at
  std::map<Id, Known> known_;
  std::vector<bool> damaged_;  // row groups of the snapshot before
};

}  // namespace

Expected<Waits> read_waits(const Recording& recording, const SnapshotRecord& snapshot) {
  const Table* table = recording.reader().table("process");
  if (table == nullptr) {
    return fail(Error::Code::kUsage, "cannot tell who waits: the recording has no processes");
  }
  return WaitReader(recording, *table, snapshot).read();
}

}  // namespace beamtape
