#include "analyzer/findings/process_scan.h"

#include <algorithm>
#include <numeric>
#include <optional>

#include "analyzer/findings/huge_pages.h"
#include "analyzer/findings/process_history.h"
#include "analyzer/findings/restart_scan.h"
#include "analyzer/findings/wait_scan.h"

namespace beamtape {
namespace {

struct ScanColumns {
  std::optional<std::size_t> first_seen, memory, queue, reductions;
  explicit ScanColumns(const Table& table)
      : first_seen(table.find("first_seen")),
        memory(table.find("memory")),
        queue(table.find("message_queue_len")),
        reductions(table.find("reductions")) {}
  bool complete() const { return first_seen && memory && queue && reductions; }
};

// What is kept of every process while stepping.
struct Seen {
  std::int64_t first_seen = 0;  // 0: nobody lives in the slot
  std::int64_t lowest_memory = -1, memory = -1;
  std::int64_t first_reductions = -1, reductions = -1;
  std::int64_t queue = 0;
  std::int64_t messages = 0;  // summed over the snapshots in which the mailbox was loud
  bool loud = false;          // is among those that are
  bool grew = false;          // was kLeastGrowth above its lowest
};

// What is kept does not fit into a cache: memory is asked for it so many rows before it is needed.
constexpr std::size_t kAhead = 12;

// The `most` candidates with the largest scores, all above `least`.
class Largest {
 public:
  Largest(std::size_t most, std::int64_t least) : most_(most), least_(least) {}
  void offer(const Candidate& one) {
    if (one.score <= least_) return;
    kept_.push_back(one);
    if (kept_.size() >= 4 * most_) shrink();
  }
  std::vector<Candidate> take() {
    shrink();
    return std::move(kept_);
  }

 private:
  void shrink() {
    std::sort(kept_.begin(), kept_.end(),
              [](const Candidate& a, const Candidate& b) { return a.score > b.score; });
    if (kept_.size() < most_) return;
    kept_.resize(most_);
    least_ = kept_.back().score;
  }
  std::size_t most_;
  std::int64_t least_;
  std::vector<Candidate> kept_;
};

// The reductions of a worker, at least: it is there in four fifths of the snapshots, and at its
// rate or above in half of its intervals.
std::int64_t least_work(const std::vector<double>& seconds) {
  std::vector<double> intervals;
  for (std::size_t i = 1; i < seconds.size(); ++i) intervals.push_back(seconds[i] - seconds[i - 1]);
  std::sort(intervals.begin(), intervals.end());
  const auto some = static_cast<std::ptrdiff_t>(intervals.size() * 3 / 10);
  const double time = std::accumulate(intervals.begin(), intervals.begin() + some, 0.0);
  return static_cast<std::int64_t>(kLeastWorkRate * time);
}

class ProcessScan {
 public:
  ProcessScan(const Table& table, Observed& observed)
      : table_(table),
        columns_(table),
        observed_(observed),
        restarts_(table, observed),
        waits_(table, observed),
        workers_(kMostWorkers, least_work(observed.seconds())) {}

  Expected<void> run() {
    Reader& reader = observed_.recording->reader();
    const auto& snapshots = observed_.segment.snapshots;
    auto data = reader.rows(table_, snapshots.front()->id, &observed_.damage);
    if (!data) return tl::unexpected(data.error());
    for (std::size_t at = 0; at < snapshots.size(); ++at) {
      bool all_changed = at == 0;
      // Also through those that are left out: what is stored are the differences.
      for (auto id = at > 0 ? snapshots[at - 1]->id + 1 : 1; at > 0 && id <= snapshots[at]->id;
           ++id) {
        const SnapshotRecord* one = observed_.recording->snapshot(id);
        if (one == nullptr || one->node != snapshots[at]->node) continue;
        const auto stepped = reader.step(table_, id, *data, &observed_.damage);
        if (!stepped) return stepped;
        all_changed = all_changed || id < snapshots[at]->id;
      }
      if (all_changed) data->changed.clear();
      look(*data, at);
    }
    for (std::size_t slot = 0; slot < seen_.size(); ++slot) retire(slot);
    const SnapshotRecord& last = observed_.last_snapshot();
    observed_.last_processes.emplace(table_, last, std::move(*data), Texts(reader, last.epoch));
    return {};
  }

  std::vector<Candidate> candidates() {
    std::vector<Candidate> all = waits_.finish();
    for (Largest* kind : {&growers_, &mailboxes_, &workers_}) {
      for (const Candidate& one : kind->take()) all.push_back(one);
    }
    return all;
  }

 private:
  void look(const TableData& data, std::size_t at) {
    seen_.resize(std::max(seen_.size(), data.slots()));
    restarts_.begin(data, at);
    for (std::size_t g = 0; g < data.groups.size(); ++g) {
      if (data.groups[g].rows != 0) look(data.groups[g], g * kRowsPerGroup, data.changed_rows(g));
    }
    count_messages(data);
    restarts_.end();
    waits_.look(data, at);
  }

  void look(const RowGroup& group, std::size_t first_slot, std::span<const std::uint16_t> rows) {
    const auto gather = [&](std::size_t column, std::vector<Cell>& cells) {
      cells.resize(rows.size());
      group.columns[column].gather(rows, cells);
    };
    gather(*columns_.first_seen, first_seen_);
    gather(*columns_.memory, memory_);
    gather(*columns_.queue, queue_);
    gather(*columns_.reductions, reductions_);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (i + kAhead < rows.size()) __builtin_prefetch(&seen_[first_slot + rows[i + kAhead]], 1);
      look_at(first_slot + rows[i], i);
    }
  }

  // `at` is the position among the gathered cells.
  void look_at(std::size_t slot, std::size_t at) {
    Seen& seen = seen_[slot];
    const Cell first_seen = is_missing(first_seen_[at]) ? 0 : first_seen_[at];
    if (first_seen != seen.first_seen) {
      retire(slot);
      seen.first_seen = first_seen;
      if (first_seen != 0) restarts_.born(slot, first_seen);
    }
    if (first_seen == 0) return;
    if (const Cell memory = memory_[at]; !is_missing(memory)) {
      seen.memory = memory;
      if (seen.lowest_memory < 0 || memory < seen.lowest_memory) seen.lowest_memory = memory;
      seen.grew = seen.grew || memory - seen.lowest_memory > kLeastGrowth;
    }
    seen.queue = is_missing(queue_[at]) ? 0 : queue_[at];
    if (seen.queue >= kLoudMailbox && !seen.loud) loud_.push_back(slot);
    seen.loud = seen.loud || seen.queue >= kLoudMailbox;
    if (const Cell reductions = reductions_[at]; !is_missing(reductions)) {
      if (seen.first_reductions < 0) seen.first_reductions = reductions;
      seen.reductions = reductions;
    }
  }

  // A mailbox counts in every snapshot in which it is loud, whether it changed or not.
  void count_messages(const TableData& data) {
    std::erase_if(loud_, [&](std::size_t slot) {
      Seen& seen = seen_[slot];
      seen.loud = seen.queue >= kLoudMailbox;
      const std::size_t group = slot / kRowsPerGroup;
      const bool there =
          group < data.groups.size() && slot % kRowsPerGroup < data.groups[group].rows;
      if (seen.loud && there) seen.messages += seen.queue;
      return !seen.loud;
    });
  }

  void retire(std::size_t slot) {
    Seen& seen = seen_[slot];
    if (seen.first_seen != 0) {
      if (seen.grew) {
        growers_.offer({slot, seen.first_seen, seen.memory - seen.lowest_memory});
      }
      mailboxes_.offer({slot, seen.first_seen, seen.messages});
      workers_.offer({slot, seen.first_seen, seen.reductions - seen.first_reductions});
      restarts_.gone(slot);
    }
    // It stays in the list of loud ones until that is gone through.
    seen = {.loud = seen.loud};
  }

  const Table& table_;
  ScanColumns columns_;
  Observed& observed_;
  RestartScan restarts_;
  WaitScan waits_;
  std::vector<Seen, HugePages<Seen>> seen_;
  std::vector<std::size_t> loud_;  // slots
  // Of the changed rows of the present row group.
  std::vector<Cell> first_seen_, memory_, queue_, reductions_;
  Largest growers_{kMostGrowers, 0};
  Largest mailboxes_{kMostMailboxes, 0};
  Largest workers_;
};

}  // namespace

Expected<void> scan_processes(Observed& observed) {
  const Table* table = observed.recording->reader().table("process");
  if (table == nullptr || !ScanColumns(*table).complete()) return {};
  ProcessScan scan(*table, observed);
  if (auto done = scan.run(); !done) return done;
  return read_histories(*table, scan.candidates(), observed);
}

}  // namespace beamtape
