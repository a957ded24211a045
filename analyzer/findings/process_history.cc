#include "analyzer/findings/process_history.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "analyzer/load/elixir_names.h"
#include "analyzer/load/frame.h"
#include "analyzer/load/process_group.h"

namespace beamtape {
namespace {

std::string text_of(const RowView& row, const char* column) {
  const auto at = row.table->find(column);
  if (!at) return {};
  const Value value = decode(row.cell(*at), row.table->columns[*at], row.texts);
  return no_value(value) ? std::string() : display(value, Unit::kNone);
}

// The elements of a list column, each as people read it.
std::vector<std::string> elements_of(const RowView& row, const char* column) {
  std::vector<std::string> texts;
  const auto at = row.table->find(column);
  if (!at) return texts;
  const Value value = decode(row.cell(*at), row.table->columns[*at], row.texts);
  const auto* list = std::get_if<ListValue>(&value);
  for (std::size_t i = 0; list != nullptr && i < list->elements.size(); ++i) {
    texts.push_back(display(list->elements[i][0], Unit::kNone));
  }
  return texts;
}

bool is_busy(const std::string& status) {
  return status == "running" || status == "runnable" || status == "garbage_collecting";
}

class HistoryReader {
 public:
  HistoryReader(const Table& table, Observed& observed) : table_(table), observed_(observed) {
    for (const Shown& one : shown_columns(table)) {
      if (one.name == "name") name_ = one;
    }
    memory_ = table.find("memory");
    for (std::size_t i = 0; i < observed.segment.snapshots.size(); ++i) {
      index_[observed.segment.snapshots[i]->id] = i;
    }
  }

  // `candidates` in order of their slots, none twice.
  Expected<void> read(const std::vector<Candidate>& candidates) {
    for (const Candidate& one : candidates) {
      followed_[one.slot / kRowsPerGroup].push_back({observed_.processes.size(), 0});
      observed_.processes.push_back(empty(one));
    }
    std::vector<std::size_t> groups;
    for (const auto& one : followed_) groups.push_back(one.first);
    const auto& snapshots = observed_.segment.snapshots;
    return observed_.recording->reader().histories(
        table_, groups, snapshots.front()->id, snapshots.back()->id,
        [&](const SnapshotRecord& snapshot, std::size_t group, const RowGroup& rows) {
          const auto at = index_.find(snapshot.id);
          if (at == index_.end()) return true;
          for (Followed& one : followed_[group]) add(one, at->second, snapshot, rows);
          return true;
        },
        &observed_.damage);
  }

 private:
  struct Followed {
    std::size_t process = 0;          // in observed_.processes
    std::int64_t epoch_of_names = 0;  // of which it was identified last
  };

  ProcessSeries empty(const Candidate& candidate) const {
    ProcessSeries process;
    process.id = {candidate.slot, candidate.first_seen};
    const Values none(observed_.size(), kNaN);
    process.memory = process.message_queue_len = process.reductions = process.minor_gcs = none;
    process.function.assign(observed_.size(), 0);
    process.status.assign(observed_.size(), 0);
    return process;
  }

  void add(Followed& one, std::size_t at, const SnapshotRecord& snapshot, const RowGroup& rows) {
    ProcessSeries& process = observed_.processes[one.process];
    const std::size_t row = process.id.slot % kRowsPerGroup;
    const RowView view{&table_, &rows, row, Texts(observed_.recording->reader(), snapshot.epoch)};
    const bool there =
        row < rows.rows && number(view, "first_seen") == static_cast<double>(process.id.first_seen);
    ++process.looked;
    process.ended = !there && !process.pid.empty();
    if (!there) return;
    process.last = at;
    process.memory[at] = number(view, "memory");
    process.message_queue_len[at] = number(view, "message_queue_len");
    process.reductions[at] = number(view, "reductions");
    process.minor_gcs[at] = number(view, "minor_gcs");
    process.function[at] = word(text_of(view, "current_function"));
    process.status[at] = word(text_of(view, "status"));
    if (memory_ && view.cell(*memory_) == missing(Missing::kLongMailbox)) {
      process.long_mailbox = true;
    }
    // Who it is may be known only later than its first snapshot.
    if (at + 1 == observed_.size() || process.name.empty() ||
        snapshot.epoch != one.epoch_of_names) {
      identify(process, view);
      one.epoch_of_names = snapshot.epoch;
    }
    auto stack = elements_of(view, "current_stacktrace");
    if (is_busy(observed_.words[process.status[at]])) count_frames(process, stack);
    // What it did rather than where it waited afterwards.
    if (stack.empty()) return;
    if (process.stack.empty() || !waits_for_work(stack.front())) process.stack = std::move(stack);
  }

  // Each module and function once for each snapshot.
  static void count_frames(ProcessSeries& process, const std::vector<std::string>& stack) {
    std::set<std::string> modules, functions;
    for (const std::string& function : stack) {
      functions.insert(function);
      modules.insert(module_of(function));
    }
    for (const auto& one : modules) ++process.busy_modules[one];
    for (const auto& one : functions) ++process.busy_functions[one];
  }

  void identify(ProcessSeries& process, const RowView& view) {
    process.pid = text_of(view, "pid");
    process.name = display(value_of(view, name_), Unit::kNone);
    process.group = written_term(process_group(view));
    const auto ancestors = elements_of(view, "ancestors");
    process.supervisor = ancestors.empty() ? std::string() : ancestors.front();
  }

  double number(const RowView& view, const char* column) const {
    const auto at = table_.find(column);
    if (!at || is_missing(view.cell(*at))) return kNaN;
    return static_cast<double>(view.cell(*at));
  }

  std::uint32_t word(const std::string& text) {
    if (text.empty()) return 0;
    const auto [at, is_new] =
        words_.try_emplace(text, static_cast<std::uint32_t>(observed_.words.size()));
    if (is_new) observed_.words.push_back(text);
    return at->second;
  }

  const Table& table_;
  Observed& observed_;
  Shown name_;
  std::optional<std::size_t> memory_;
  std::map<std::int64_t, std::size_t> index_;              // of snapshots in the segment
  std::map<std::size_t, std::vector<Followed>> followed_;  // by row group
  std::map<std::string, std::uint32_t> words_;
};

}  // namespace

bool waits_for_work(const std::string& function) {
  for (const char* loop : {"gen_server:loop/", "gen_statem:loop_receive/", "gen_event:fetch_msg/",
                           "gen_fsm:loop/", "erlang:hibernate/"}) {
    if (function.starts_with(loop)) return true;
  }
  return false;
}

Expected<void> read_histories(const Table& table, std::vector<Candidate> candidates,
                              Observed& observed) {
  const auto place = [](const Candidate& one) { return std::pair(one.slot, one.first_seen); };
  std::sort(candidates.begin(), candidates.end(),
            [&](const Candidate& a, const Candidate& b) { return place(a) < place(b); });
  const auto last =
      std::unique(candidates.begin(), candidates.end(),
                  [&](const Candidate& a, const Candidate& b) { return place(a) == place(b); });
  candidates.erase(last, candidates.end());
  return HistoryReader(table, observed).read(candidates);
}

}  // namespace beamtape
