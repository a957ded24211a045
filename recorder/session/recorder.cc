#include "recorder/session/recorder.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <thread>

#include "recorder/collect/asker.h"
#include "recorder/collect/hello.h"
#include "recorder/session/aggregator.h"
#include "recorder/session/batch.h"
#include "recorder/session/capture.h"
#include "recorder/session/storing.h"

namespace beamtape {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kStopCheck{100};

std::int64_t wall_now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// Pauses between attempts to connect again.
constexpr milliseconds kFirstPause{250};
constexpr milliseconds kLongestPause{30'000};

// Answers to an earlier connection of this process must not be taken for a later one's.
std::uint32_t connection_number() {
  static std::uint32_t last = 0;
  return ++last;
}

// One node, over any number of connections.
class Session {
 public:
  Session(Writer& writer, const Plan& plan, const Watch& watch)
      : writer_(writer), plan_(plan), watch_(watch) {}

  // Has the node introduce itself and prepares the questions. After an error everything is as it
  // was.
  Expected<void> attach(std::unique_ptr<Link> link) {
    auto asker = std::make_unique<Asker>(*link, connection_number());
    auto found = hello(*asker, link->node());
    if (!found) return tl::unexpected(found.error());
    const bool another_life = !node_ || node_->record.creation != (*found)->record.creation;
    RecordedNode& node = another_life ? **found : *node_;
    auto capture = std::make_unique<Capture>(*asker, node);
    if (auto prepared = capture->prepare(); !prepared) return prepared;
    if (another_life) {
      node.record.attached_wall_us = wall_now_us();
      auto id = writer_.add_node(node.record);
      if (!id) return tl::unexpected(id.error());
      node_id_ = *id;
      node_ = std::move(*found);
      aggregator_ = {};
    }
    capture_ = std::move(capture);
    asker_ = std::move(asker);
    link_ = std::move(link);
    snapshots_in_epoch_ = kSnapshotsPerEpoch;
    return {};
  }

  Outcome run(const Connect& connect) {
    Outcome outcome;
    began_ = due_ = Clock::now();
    covered_to_wall_us_ = wall_now_us();
    while (auto lost = serve(outcome)) {
      const bool may_come_back = lost->code == Error::Code::kClosed && plan_.reconnect;
      if (may_come_back && come_back(*lost, connect)) continue;
      if (!may_come_back) add_gap(node_id_, lost->message);
      if (!watch_.stop() || !may_come_back) outcome.ended_early = lost;
      break;
    }
    return outcome;
  }

 private:
  // Takes snapshots until there is a reason not to. Nothing if the plan is fulfilled or somebody
  // asked to stop.
  std::optional<Error> serve(Outcome& outcome) {
    Storing storing(writer_);
    std::optional<Error> lost;
    const auto report = [&] {
      for (const Storing::Stored& one : storing.take_stored()) {
        ++outcome.stored;
        if (one.wants_keyframe) snapshots_in_epoch_ = kSnapshotsPerEpoch;
        const bool stretched =
            one.record.interval_us > std::chrono::microseconds(plan_.interval).count();
        watch_.stored({one.record, node_->facts.name, stretched, one.file_bytes, one.took});
      }
    };
    const auto is_interrupted = [&] {
      report();
      return watch_.stop() || storing.failure();
    };
    while (!is_over()) {
      auto waited = wait_for_next(is_interrupted);
      if (waited && is_interrupted()) break;
      auto taken = waited ? take() : waited;
      if (!taken) {
        lost = taken.error();
        break;
      }
      storing.put(std::move(batch_));
    }
    storing.close();
    report();
    return storing.failure() ? storing.failure() : lost;
  }

  bool is_over() const {
    if (plan_.count && taken_ >= *plan_.count) return true;
    return plan_.duration && taken_ > 0 && due_ - began_ >= *plan_.duration;
  }

  // Serves the connection meanwhile: the node's ticks are answered inside.
  Expected<void> wait_for_next(const std::function<bool()>& is_interrupted) {
    while (!is_interrupted()) {
      const auto left = std::chrono::ceil<milliseconds>(due_ - Clock::now());
      if (left.count() <= 0 || watch_.snapshot_now()) return {};
      auto late = asker_->next(std::min(left, kStopCheck));
      if (!late && late.error().code != Error::Code::kTimeout) {
        return tl::unexpected(late.error());
      }
    }
    return {};
  }

  Expected<void> take() {
    const std::int64_t id = taken_ + 1;
    const auto began = Clock::now();
    if (snapshots_in_epoch_ >= kSnapshotsPerEpoch) {
      epoch_ = id;
      snapshots_in_epoch_ = 0;
      node_->start_epoch();
      texts_stored_ = lists_stored_ = 0;
    }
    auto record = capture_->take(id);
    if (!record) return tl::unexpected(record.error());
    record->epoch = epoch_;
    record->node = node_id_;
    record->interval_us = plan_next(began, *record);
    covered_to_wall_us_ = record->ended_wall_us;
    Aggregates aggregates = aggregator_.sum_up(*node_, *record);
    batch_ = pack(*node_, *record, std::move(aggregates), texts_stored_, lists_stored_);
    ++taken_;
    ++snapshots_in_epoch_;
    return {};
  }

  // Moves due_ to the next grid point that the budget allows. Returns the microseconds till then,
  // from when it was due (or from `began`, if it was taken before it was due). What it cost is wall
  // time in our workers on the node: an upper bound of what they took from the schedulers.
  std::int64_t plan_next(Clock::time_point began, const SnapshotRecord& record) {
    const double budget = taken_ == 0 ? std::max(kFirstBudget, plan_.budget) : plan_.budget;
    const auto pause =
        std::chrono::duration<double, std::micro>(static_cast<double>(record.target_us) / budget);
    const auto earliest =
        std::max(Clock::now(), began + std::chrono::duration_cast<Clock::duration>(pause));
    const auto from = std::min(due_, began);
    while (due_ <= earliest) due_ += plan_.interval;
    return std::chrono::duration_cast<std::chrono::microseconds>(due_ - from).count();
  }

  // Connects again. False if there was no time for that; the gap is stored in any case.
  bool come_back(const Error& lost, const Connect& connect) {
    const std::string name = node_->facts.name;
    const std::int64_t node = node_id_;
    watch_.news(lost.message + "; connecting again");
    milliseconds pause = kFirstPause;
    for (;; pause = std::min(pause * 2, kLongestPause)) {
      if (!sleep(pause)) {
        add_gap(node, lost.message);
        return false;
      }
      auto link = connect();
      if (link && attach(std::move(*link))) break;
    }
    const bool restarted = node != node_id_;
    add_gap(node, restarted ? lost.message + "; the node was restarted" : lost.message);
    watch_.news(fmt::format("{} is back{}", name, restarted ? ", restarted" : ""));
    while (due_ < Clock::now()) due_ += plan_.interval;
    return true;
  }

  // False if it was told to stop or the recording's time was over before the end of the pause.
  bool sleep(milliseconds pause) const {
    const auto until = Clock::now() + pause;
    for (;;) {
      const auto now = Clock::now();
      if (watch_.stop() || (plan_.duration && now - began_ >= *plan_.duration)) return false;
      if (now >= until) return true;
      std::this_thread::sleep_for(std::min<Clock::duration>(until - now, kStopCheck));
    }
  }

  // From the end of the last snapshot till now. If even this cannot be written, the reason is on
  // its way to the user anyway.
  void add_gap(std::int64_t node, const std::string& reason) {
    const std::int64_t now = wall_now_us();
    static_cast<void>(writer_.add_gap({node, std::min(covered_to_wall_us_, now), now, reason}));
  }

  Writer& writer_;
  const Plan& plan_;
  const Watch& watch_;
  std::unique_ptr<Link> link_;  // each needs those before it
  std::unique_ptr<Asker> asker_;
  std::unique_ptr<RecordedNode> node_;
  std::unique_ptr<Capture> capture_;
  Aggregator aggregator_;
  Batch batch_;
  Clock::time_point began_, due_;
  std::int64_t covered_to_wall_us_ = 0;
  std::int64_t taken_ = 0;  // snapshots
  std::int64_t node_id_ = 0;
  std::int64_t epoch_ = 0;
  std::int64_t snapshots_in_epoch_ = 0;
  std::size_t texts_stored_ = 0;  // of the interner, in this keyframe group
  std::size_t lists_stored_ = 0;
};

}  // namespace

Expected<Outcome> record(std::unique_ptr<Link> link, const Connect& connect, Writer& writer,
                         const Plan& plan, const Watch& watch) {
  Session session(writer, plan, watch);
  if (auto attached = session.attach(std::move(link)); !attached) {
    return tl::unexpected(attached.error());
  }
  return session.run(connect);
}

}  // namespace beamtape
