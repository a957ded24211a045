#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "recorder/collect/asker.h"
#include "recorder/session/aggregator.h"
#include "recorder/session/board.h"
#include "recorder/session/capture.h"
#include "recorder/session/recorder.h"
#include "recorder/session/storing.h"

namespace beamtape {

// What is missing of a node since its last snapshot. It is stored with the next one, as one gap:
// the connection may be lost again before there is one.
struct MissedTime {
  std::int64_t node = 0;  // that the last snapshot is of
  std::int64_t to_wall_us = 0;
  std::string first;   // why there was nothing before this session
  std::string reason;  // the last one of it
};

// What a file tells of a node before a session of it, and why it tells nothing since.
struct Earlier {
  Writer::Life life;
  std::string why_nothing_since;
};

// Records one node, over any number of connections and lives. One thread.
class Session {
 public:
  using Linking = std::future<Expected<std::unique_ptr<Link>>>;

  // `earlier`: if the file tells of the node already. What is referred to must outlive it.
  Session(std::string node, std::optional<Earlier> earlier, Storing& storing, const Plan& plan,
          const Connect& connect, Board& board);

  enum class Role {
    kOnly,   // the one that was asked for: if it cannot be recorded at first, that is all
    kAsked,  // one of several
    kSeen,   // another is connected to it: one that is gone for long is given up
  };
  // Records until the plan is fulfilled, somebody asked to stop, or there is no going on, which it
  // returns. The connection ends with it.
  std::optional<Error> run(Linking first, Role role);
  const std::string& name() const { return name_; }
  // True if the node introduced itself at least once. From any thread.
  bool was_reached() const { return was_reached_; }
  // True if it was not there at first, or is not for so long that it is seldom tried. From any
  // thread.
  bool is_out_of_reach() const { return is_out_of_reach_; }
  // True if it was given up; once run() has ended.
  bool was_given_up() const { return was_given_up_; }
  // What the file tells of the node by now, if anything; once run() has ended.
  std::optional<Writer::Life> told() const;
  // Why it did not, so far; once run() has ended.
  const std::string& why_unreached() const { return why_unreached_; }

 private:
  using Clock = std::chrono::steady_clock;

  Expected<void> attach(Expected<std::unique_ptr<Link>> link);
  Expected<void> begin_life(std::unique_ptr<RecordedNode> found);
  void go_on(std::int64_t life, RecordedNode& found);
  std::optional<Error> record(Linking first);
  void hang_up();
  std::optional<Error> serve();
  bool is_over() const;
  Expected<void> wait_for_next();
  Expected<void> take();
  Expected<void> hand_over(Batch batch);
  Expected<void> serve_for(std::chrono::milliseconds time);
  void begin_epoch_if_due();
  std::int64_t longest_filling() const;
  std::int64_t plan_next(Clock::time_point began, const SnapshotRecord& record);
  void see_others() const;
  bool come_back(Error& lost);
  Expected<void> try_again(const std::string& first, Error& lost);
  bool sleep(std::chrono::milliseconds pause) const;
  bool should_end() const { return board_.stopped() || storing_.failure(); }
  void miss_since_earlier();
  void miss(std::int64_t node, const std::string& reason);
  void store_missed();

  const std::string name_;
  const std::optional<Earlier> earlier_;
  Storing& storing_;
  const Plan& plan_;
  const Connect& connect_;
  Board& board_;
  std::unique_ptr<Link> link_;  // each needs those before it
  std::unique_ptr<Asker> asker_;
  std::unique_ptr<RecordedNode> node_;
  std::unique_ptr<Capture> capture_;
  std::atomic<bool> was_reached_ = false;
  std::atomic<bool> is_out_of_reach_ = false;
  bool was_given_up_ = false;
  Role role_ = Role::kOnly;
  std::chrono::milliseconds pause_;  // before the next attempt to connect again
  std::string why_unreached_;
  Aggregator aggregator_;
  Clock::time_point due_;
  Clock::time_point soonest_;  // of the next snapshot, if somebody asks for one
  std::int64_t covered_to_wall_us_ = 0;
  std::int64_t covered_life_ = 0;  // that the last snapshot, or the gap after it, is of
  std::optional<MissedTime> missed_;
  std::int64_t snapshots_asked_ = 0;
  std::int64_t taken_ = 0;   // snapshots
  std::int64_t number_ = 0;  // of the last one, or of one that was broken off
  bool filling_ = true;      // not everybody of this life has been read once
  std::int64_t node_id_ = 0;
  std::int64_t creation_ = 0;  // of that life
  std::int64_t epoch_ = 0;
  std::int64_t snapshots_in_epoch_ = 0;
  std::size_t texts_stored_ = 0;  // of the interner, in this keyframe group
  std::size_t lists_stored_ = 0;
};

}  // namespace beamtape
