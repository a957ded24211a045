#include "analyzer/view/wait_picture.h"

#include <algorithm>
#include <map>
#include <set>

namespace beamtape {

namespace {

using Box = WaitPicture::Box;

class Layout {
 public:
  explicit Layout(const Waits& waits) : waits_(waits) {
    for (std::size_t i = 0; i < waits.waits.size(); ++i) {
      waiters_[waits.waits[i].callee.pid].push_back(i);
      wait_of_[waits.waits[i].waiter.pid] = i;
    }
  }

  WaitPicture made() {
    for (const auto& cycle : waits_.cycles) add_circle(cycle);
    // The most waited for first; those that wait themselves hang on another.
    std::vector<std::string> roots;
    for (const auto& [pid, waiters] : waiters_) {
      if (!wait_of_.count(pid)) roots.push_back(pid);
    }
    std::stable_sort(roots.begin(), roots.end(), [&](const auto& a, const auto& b) {
      return waiters_.at(a).size() > waiters_.at(b).size();
    });
    for (const std::string& root : roots) {
      const Wait& wait = waits_.waits[waiters_.at(root).front()];
      Box box = box_of(wait.callee);
      box.links = wait.certainty != WaitEdge::Certainty::kOutside;
      add_tree(std::move(box));
      picture_.rows += 0.5;  // between what is not connected
    }
    count_left_out();
    return std::move(picture_);
  }

 private:
  static Box box_of(const WaitingProcess& process) {
    Box box;
    box.pid = process.pid;
    box.name = process.name.empty() ? process.pid : process.name;
    return box;
  }

  void add_circle(const std::vector<std::size_t>& cycle) {
    if (cycle.empty() || picture_.boxes.size() + cycle.size() > kMostBoxes) return;
    std::vector<std::size_t> members;
    for (const std::size_t at : cycle) in_circle_.insert(waits_.waits[at].waiter.pid);
    for (const std::size_t at : cycle) {
      Box box = box_of(waits_.waits[at].waiter);
      box.in_circle = true;
      box.wait = at;
      members.push_back(add_tree(std::move(box)));
      picture_.rows += 0.5;
    }
    for (std::size_t i = 0; i < members.size(); ++i) {
      picture_.boxes[members[i]].waits_for = members[(i + 1) % members.size()];
    }
    picture_.rows += 0.5;
  }

  // The box and, to its right, all that wait for it. Recursion is as deep as the longest chain of
  // waits, which kMostBoxes bounds.
  std::size_t add_tree(Box box) {
    const std::size_t at = picture_.boxes.size();
    const std::size_t column = box.column;
    picture_.columns = std::max(picture_.columns, column + 1);
    const auto found = waiters_.find(box.pid);
    if (found != waiters_.end()) {
      box.waited_by = found->second.size();
      box.queue = waits_.waits[found->second.front()].callee_queue;
    }
    picture_.boxes.push_back(std::move(box));
    const double first = picture_.rows;
    if (found != waiters_.end()) add_waiters(found->second, at, column + 1);
    if (picture_.rows == first) picture_.rows += 1;
    picture_.boxes[at].row = (first + picture_.rows - 1) / 2;
    return at;
  }

  void add_waiters(const std::vector<std::size_t>& waiters, std::size_t callee,
                   std::size_t column) {
    std::map<std::string, std::vector<std::size_t>> alike;  // for whom nobody waits, by name
    for (const std::size_t at : waiters) {
      const WaitingProcess& waiter = waits_.waits[at].waiter;
      if (in_circle_.count(waiter.pid)) continue;  // it has a place of its own
      if (!waiters_.count(waiter.pid)) {
        alike[waiter.name.empty() ? waiter.pid : waiter.name].push_back(at);
        continue;
      }
      add_waiter(box_of(waiter), at, 1, callee, column);
    }
    for (const auto& [name, all] : alike) {
      if (all.size() > kMostAlike) {
        Box box;
        box.name = name;
        add_waiter(std::move(box), all.front(), all.size(), callee, column);
        continue;
      }
      for (const std::size_t at : all) {
        add_waiter(box_of(waits_.waits[at].waiter), at, 1, callee, column);
      }
    }
  }

  void add_waiter(Box box, std::size_t wait, std::size_t folded, std::size_t callee,
                  std::size_t column) {
    if (picture_.boxes.size() >= kMostBoxes) return;
    box.wait = wait;
    box.folded = folded;
    box.column = column;
    box.waits_for = callee;
    add_tree(std::move(box));
  }

  void count_left_out() {
    std::size_t drawn = 0;
    for (const Box& box : picture_.boxes) {
      if (box.wait != Box::kNone) drawn += box.folded;
    }
    picture_.left_out = waits_.waits.size() - std::min(drawn, waits_.waits.size());
  }

  const Waits& waits_;
  std::map<std::string, std::vector<std::size_t>> waiters_;  // by the callee's pid
  std::map<std::string, std::size_t> wait_of_;               // by the waiter's pid
  std::set<std::string> in_circle_;
  WaitPicture picture_;
};

}  // namespace

WaitPicture wait_picture(const Waits& waits) { return Layout(waits).made(); }

}  // namespace beamtape
