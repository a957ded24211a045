#include "recorder/session/recorder.h"

#include <fmt/format.h>

#include <algorithm>
#include <list>
#include <map>
#include <set>
#include <thread>
#include <utility>

#include "recorder/session/clock.h"
#include "recorder/session/session.h"
#include "recorder/session/storing.h"

namespace beamtape {
namespace {

constexpr std::chrono::milliseconds kLook{50};

// A file has room for many nodes; a cluster that says it has more is recorded in several files.
constexpr std::size_t kMostNodes = 100;

// All nodes of one recording.
class Recording {
 public:
  Recording(const Connect& connect, Writer& writer, const Plan& plan, const Watch& watch)
      : connect_(connect),
        plan_(plan),
        watch_(watch),
        storing_(writer, [this](const std::string& news) { board_.tell(news); }) {
    for (const Writer::Life& life : writer.earlier()) {
      earlier_[life.name] = {life, "the recorder was not running"};
    }
  }

  Expected<Outcome> run(std::vector<Subject> subjects) {
    const auto role = subjects.size() == 1 ? Session::Role::kOnly : Session::Role::kAsked;
    for (Subject& subject : subjects) start(std::move(subject), role);
    while (!is_over()) {
      look();
      forget_given_up();
      if (plan_.all_nodes && !board_.stopped()) start_seen();
    }
    board_.stop();
    for (Run& run : runs_) run.thread.join();
    note_unreached();
    storing_.close();
    look();
    return outcome();
  }

 private:
  // What one thread does; its results are read when it has ended.
  struct Run {
    std::unique_ptr<Session> session;
    std::optional<Error> lost;
    std::atomic<bool> is_over = false;
    std::thread thread;
  };

  // With a number of snapshots to take, nobody waits for a node that is not there; but for one that
  // is still being tried for the first time, or has just gone.
  bool is_over() const {
    const bool may_be_missing = plan_.count && !plan_.duration;
    return std::all_of(runs_.begin(), runs_.end(),
                       [&](const Run& run) {
                         return run.is_over || (may_be_missing && run.session->is_out_of_reach());
                       }) &&
           std::any_of(runs_.begin(), runs_.end(),
                       [](const Run& run) { return run.is_over.load(); });
  }

  void start(Subject subject, Session::Role role) {
    std::optional<Earlier> earlier;
    if (const auto told = earlier_.find(subject.node); told != earlier_.end()) {
      earlier = told->second;
    }
    names_.insert(subject.node);
    Run& run = runs_.emplace_back();
    run.session = std::make_unique<Session>(subject.node, std::move(earlier), storing_, plan_,
                                            connect_, board_);
    run.thread = std::thread([&run, role, link = std::move(subject.link)]() mutable {
      run.lost = run.session->run(std::move(link), role);
      run.is_over = true;
    });
  }

  void start_seen() {
    for (const std::string& node : board_.take_seen()) {
      if (names_.contains(node)) continue;
      if (names_.size() >= kMostNodes) {
        refuse(node);
        continue;
      }
      watch_.news(node + " is recorded, too");
      start(begin_to_connect(node, connect_), Session::Role::kSeen);
    }
  }

  // The file says so once.
  void refuse(const std::string& node) {
    if (!refused_.insert(node).second) return;
    watch_.news(fmt::format("{} is not recorded: {} nodes are the most", node, kMostNodes));
    if (refused_.size() > 1) return;
    static_cast<void>(storing_.with_writer([&](Writer& writer) {
      return writer.add_note({wall_now_us(), fmt::format("{} nodes are recorded at most: {} is not",
                                                         kMostNodes, node)});
    }));
  }

  // They may be seen again, and others may take their place.
  void forget_given_up() {
    runs_.remove_if([&](Run& run) {
      if (!run.is_over || !run.session->was_given_up()) return false;
      run.thread.join();
      if (const auto told = run.session->told()) {
        earlier_[told->name] = {*told, "it was away for long, and no longer tried"};
      }
      names_.erase(run.session->name());
      return true;
    });
  }

  void look() {
    for (const Storing::Stored& one : storing_.take_stored(kLook)) {
      ++outcome_.stored;
      stored_of_.insert(one.node);
      const double interval = std::chrono::duration<double, std::micro>(plan_.interval).count();
      const double budget =
          one.record.filling ? std::max(kFirstBudget, plan_.budget) : plan_.budget;
      const auto cost = static_cast<double>(one.record.target_us);
      const bool stretched =
          static_cast<double>(one.record.interval_us) > interval && cost > budget * interval;
      watch_.stored({one.record, one.node, runs_.size() > 1, stretched, one.file_bytes, one.took});
    }
    for (const std::string& news : board_.take_news()) watch_.news(news);
    if (watch_.stop()) board_.ask_to_stop();
    if (watch_.snapshot_now()) board_.ask_for_snapshot();
  }

  // That they are missing must be in the file, though they have no life there.
  void note_unreached() {
    for (Run& run : runs_) {
      if (run.session->was_reached()) continue;
      const std::string& why = run.session->why_unreached();
      static_cast<void>(storing_.with_writer([&](Writer& writer) {
        return writer.add_note({wall_now_us(), "not recorded: " + why});
      }));
      if (!run.lost && !board_.was_asked_to_stop()) run.lost = Error{Error::Code::kNotFound, why};
    }
  }

  Expected<Outcome> outcome() {
    outcome_.nodes = stored_of_.size();
    outcome_.ended_early = storing_.failure();
    std::size_t reached = 0;
    for (const Run& run : runs_) {
      if (run.session->was_reached()) ++reached;
      if (run.lost && !outcome_.ended_early) outcome_.ended_early = run.lost;
    }
    if (reached > 0 || !outcome_.ended_early) return outcome_;
    return tl::unexpected(*outcome_.ended_early);
  }

  const Connect& connect_;
  const Plan& plan_;
  const Watch& watch_;
  std::map<std::string, Earlier> earlier_;  // by the node's name
  Board board_;
  Storing storing_;
  std::list<Run> runs_;            // each stays where it is
  std::set<std::string> names_;    // that are recorded, or tried
  std::set<std::string> refused_;  // more than kMostNodes
  std::set<std::string> stored_of_;
  Outcome outcome_;
};

}  // namespace

Subject begin_to_connect(const std::string& node, const Connect& connect) {
  return {node, std::async(std::launch::async, [node, connect] { return connect(node); })};
}

Expected<Outcome> record(std::vector<Subject> subjects, const Connect& connect, Writer& writer,
                         const Plan& plan, const Watch& watch) {
  return Recording(connect, writer, plan, watch).run(std::move(subjects));
}

}  // namespace beamtape
