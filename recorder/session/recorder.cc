#include "recorder/session/recorder.h"

#include <memory>

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

// One recording of one connection.
class Session {
 public:
  Session(Link& link, Writer& writer, const Plan& plan)
      : writer_(writer), plan_(plan), asker_(link, connection_number()) {}

  Expected<void> attach(const std::string& name) {
    auto node = hello(asker_, name);
    if (!node) return tl::unexpected(node.error());
    node_ = std::move(*node);
    capture_.emplace(asker_, *node_);
    if (auto prepared = capture_->prepare(); !prepared) return prepared;
    node_->record.attached_wall_us = wall_now_us();
    auto id = writer_.add_node(node_->record);
    if (!id) return tl::unexpected(id.error());
    node_id_ = *id;
    return {};
  }

  Outcome run(const std::function<bool()>& stop, const std::function<void(const Status&)>& tell) {
    Storing storing(writer_);
    Outcome outcome;
    const auto report = [&] {
      for (const Storing::Stored& one : storing.take_stored()) {
        ++outcome.stored;
        tell({one.record, node_->facts.name, one.file_bytes, one.took});
      }
    };
    const auto is_interrupted = [&] {
      report();
      return stop() || storing.failure();
    };
    const auto began = Clock::now();
    auto due = began;
    for (std::int64_t taken = 0; !is_over(taken, due - began); ++taken) {
      auto waited = wait_until(due, is_interrupted);
      if (waited && is_interrupted()) break;
      auto record = waited ? take(taken) : tl::unexpected(waited.error());
      if (!record) {
        outcome.ended_early = record.error();
        break;
      }
      storing.put(std::move(batch_));
      do {
        due += plan_.interval;
      } while (due < Clock::now());
    }
    storing.close();
    report();
    if (auto failure = storing.failure()) outcome.ended_early = failure;
    return outcome;
  }

  std::int64_t node_id() const { return node_id_; }

 private:
  // Answers to an earlier connection of this process must not be taken for this one's.
  static std::uint32_t connection_number() {
    static std::uint32_t last = 0;
    return ++last;
  }

  bool is_over(std::int64_t taken, Clock::duration since_start) const {
    if (plan_.count && taken >= *plan_.count) return true;
    return plan_.duration && taken > 0 && since_start >= *plan_.duration;
  }

  // Serves the connection meanwhile: the node's ticks are answered inside.
  Expected<void> wait_until(Clock::time_point due, const std::function<bool()>& stop) {
    while (!stop()) {
      const auto left = std::chrono::ceil<milliseconds>(due - Clock::now());
      if (left.count() <= 0) return {};
      auto late = asker_.next(std::min(left, kStopCheck));
      if (!late && late.error().code != Error::Code::kTimeout) {
        return tl::unexpected(late.error());
      }
    }
    return {};
  }

  Expected<SnapshotRecord> take(std::int64_t taken) {
    const std::int64_t id = taken + 1;
    if (taken % kSnapshotsPerEpoch == 0) {
      epoch_ = id;
      node_->start_epoch();
      texts_stored_ = lists_stored_ = 0;
    }
    auto record = capture_->take(id);
    if (!record) return record;
    record->epoch = epoch_;
    record->node = node_id_;
    record->interval_us = std::chrono::microseconds(plan_.interval).count();
    Aggregates aggregates = aggregator_.sum_up(*node_, *record);
    batch_ = pack(*node_, *record, std::move(aggregates), texts_stored_, lists_stored_);
    return record;
  }

  Writer& writer_;
  const Plan& plan_;
  Asker asker_;
  std::unique_ptr<RecordedNode> node_;
  std::optional<Capture> capture_;
  Aggregator aggregator_;
  Batch batch_;
  std::int64_t node_id_ = 0;
  std::int64_t epoch_ = 0;
  std::size_t texts_stored_ = 0;  // of the interner, in this keyframe group
  std::size_t lists_stored_ = 0;
};

}  // namespace

Expected<Outcome> record(Link& link, Writer& writer, const Plan& plan,
                         const std::function<bool()>& stop,
                         const std::function<void(const Status&)>& tell) {
  Session session(link, writer, plan);
  if (auto attached = session.attach(link.node()); !attached) {
    return tl::unexpected(attached.error());
  }
  Outcome outcome = session.run(stop, tell);
  if (outcome.ended_early) {
    const std::int64_t now = wall_now_us();
    // If even this cannot be written, the reason is on its way to the user anyway.
    static_cast<void>(writer.add_gap({session.node_id(), now, now, outcome.ended_early->message}));
  }
  return outcome;
}

}  // namespace beamtape
