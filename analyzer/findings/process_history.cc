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

  // All candidates of one row group.
  Expected<void> read(std::size_t group, std::span<const Candidate> candidates) {
    const std::size_t first = observed_.processes.size();
    for (const Candidate& one : candidates) observed_.processes.push_back(empty(one));
    const auto processes = std::span(observed_.processes).subspan(first);
    const auto& snapshots = observed_.segment.snapshots;
    return observed_.recording->reader().history(
        table_, group, snapshots.front()->id, snapshots.back()->id,
        [&](const SnapshotRecord& snapshot, const RowGroup& rows) {
          const auto at = index_.find(snapshot.id);
          if (at == index_.end()) return true;
          for (ProcessSeries& process : processes) add(process, at->second, snapshot, rows);
          return true;
        },
        &observed_.damage);
  }

 private:
  ProcessSeries empty(const Candidate& candidate) const {
    ProcessSeries process;
    process.id = {candidate.slot, candidate.first_seen};
    const Values none(observed_.size(), kNaN);
    process.memory = process.message_queue_len = process.reductions = process.minor_gcs = none;
    process.function.assign(observed_.size(), 0);
    process.status.assign(observed_.size(), 0);
    return process;
  }

  void add(ProcessSeries& process, std::size_t at, const SnapshotRecord& snapshot,
           const RowGroup& rows) {
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
    // Who it is may be known only later than its first snapshot, its stack is the last one.
    if (at + 1 == observed_.size() || process.name.empty() || snapshot.epoch != epoch_of_names_) {
      identify(process, view);
      epoch_of_names_ = snapshot.epoch;
    }
    auto stack = elements_of(view, "current_stacktrace");
    if (is_busy(observed_.words[process.status[at]])) count_frames(process, stack);
    if (!stack.empty()) process.stack = std::move(stack);
  }

  // Each module and function once for each snapshot.
  static void count_frames(ProcessSeries& process, const std::vector<std::string>& stack) {
    std::set<std::string> modules, functions;
    for (const std::string& function : stack) {
      functions.insert(function);
      modules.insert(function.substr(0, function.rfind(':')));
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
  std::int64_t epoch_of_names_ = 0;
  std::map<std::int64_t, std::size_t> index_;  // of snapshots in the segment
  std::map<std::string, std::uint32_t> words_;
};

}  // namespace

Expected<void> read_histories(const Table& table, std::vector<Candidate> candidates,
                              Observed& observed) {
  const auto place = [](const Candidate& one) { return std::pair(one.slot, one.first_seen); };
  std::sort(candidates.begin(), candidates.end(),
            [&](const Candidate& a, const Candidate& b) { return place(a) < place(b); });
  const auto last =
      std::unique(candidates.begin(), candidates.end(),
                  [&](const Candidate& a, const Candidate& b) { return place(a) == place(b); });
  candidates.erase(last, candidates.end());
  HistoryReader reader(table, observed);
  for (auto from = candidates.begin(); from != candidates.end();) {
    const std::size_t group = from->slot / kRowsPerGroup;
    const auto to = std::find_if(from, candidates.end(), [&](const Candidate& one) {
      return one.slot / kRowsPerGroup != group;
    });
    const auto read = reader.read(group, std::span(from, to));
    if (!read) return read;
    from = to;
  }
  return {};
}

}  // namespace beamtape
