#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "recorder/collect/asker.h"
#include "recorder/collect/collector.h"
#include "recorder/collect/recorded_node.h"
#include "schema/error.h"
#include "schema/store/records.h"

namespace beamtape {

// Takes snapshots of one node over one connection: has every collector ask its questions, a few
// at a time, and lets none of them hold up the others. One thread.
class Capture : private Inquiry {
 public:
  // `asker` and `node` must outlive it.
  Capture(Asker& asker, RecordedNode& node);

  // Has the node parse all questions. Once, before the first snapshot.
  Expected<void> prepare();

  // From now on a snapshot asks its next question only when what the node did for it so far
  // (SnapshotRecord::target_us) is no more than this share of one scheduler. Without it: as soon as
  // it can.
  void set_pace(double share) { pace_ = share; }

  // Brings the node's state to now. `id` is the snapshot's number in the file. Fills in all of
  // the record but epoch and interval. kClosed: the connection broke, the state is
  // partly updated and must be thrown away.
  Expected<SnapshotRecord> take(std::int64_t id);

 private:
  using Clock = std::chrono::steady_clock;
  struct Waiting {
    const Question* question;
    Bytes given;
  };
  struct Active {
    std::uint32_t request;
    const Question* question;
    Bytes given;
    Clock::time_point last_heard;
    Clock::time_point asked;
  };

  void ask(const Question& question, Bytes given) override;
  Expected<void> run(SnapshotRecord& record);
  Expected<void> ask_next(SnapshotRecord& record);
  void do_without_process(Waiting waiting, SnapshotRecord& record);
  bool is_busy() const;
  std::chrono::milliseconds rest(const SnapshotRecord& record) const;
  void begin_others();
  void receive(const Answer& answer, SnapshotRecord& record);
  void give_up_silent(SnapshotRecord& record);
  void end(const Question& question, Missing reason, SnapshotRecord& record);
  void note_failure(const Question& question, Missing reason, SnapshotRecord& record);
  // `asked`: when its question was sent.
  void record_question(const Answer& answer, std::size_t rows, Clock::time_point asked,
                       SnapshotRecord& record);
  Collector& collector_of(const Question& question);

  Asker& asker_;
  RecordedNode& node_;
  std::vector<std::unique_ptr<Collector>> collectors_;
  std::vector<std::vector<std::pair<const Question*, Bytes>>> questions_;  // by collector
  std::deque<Waiting> waiting_;
  std::vector<Active> active_;
  std::optional<double> pace_;
  bool others_began_ = false;
  Clock::time_point began_;  // the snapshot
  std::int64_t answers_ = 0;
  bool is_full_ = false;                    // the node has had no process to spare
  std::optional<std::int64_t> node_began_;  // node's clock at the first chunk, native unit
};

}  // namespace beamtape
