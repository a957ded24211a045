#include "analyzer/findings/observed.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <utility>

#include "analyzer/findings/comparable_memory.h"
#include "analyzer/findings/process_scan.h"
#include "analyzer/load/aggregate_tables.h"
#include "analyzer/load/elixir_names.h"

namespace beamtape {
namespace {

// More names than this of one kind are a population; the largest ones are what the recorder keeps.
constexpr std::size_t kMostNames = 4000;

double number(Cell cell) { return is_missing(cell) ? kNaN : static_cast<double>(cell); }

// "ets: no answer within the deadline; ports: ...": what is summed up then is a part.
bool was_answered(const SnapshotRecord& one, std::string_view question) {
  const std::string words = fmt::format("; {}: ", question);
  return fmt::format("; {}", one.not_answered).find(words) == std::string::npos;
}

// Gathers the aggregates of one kind.
class SampleGatherer {
 public:
  // `questions`: the recorder's, whose answers are summed up.
  SampleGatherer(const char* kind, std::vector<const char*> questions, std::size_t samples,
                 SampledTable& into)
      : source_(*find_aggregate(kind)),
        questions_(std::move(questions)),
        whole_(samples, false),
        into_(into) {
    into_.kind = kind;
    for (std::size_t i = 1; i < source_.table.columns.size(); ++i) {
      into_.columns.push_back(source_.table.columns[i].name);
    }
  }

  void add(const Aggregates& all, std::size_t sample, const SnapshotRecord& one, Reader& reader) {
    if (!std::all_of(questions_.begin(), questions_.end(),
                     [&](const char* question) { return was_answered(one, question); })) {
      return;
    }
    if (one.epoch != epoch_) by_id_.clear();
    epoch_ = one.epoch;
    whole_[sample] = true;
    for (std::size_t row = 0; row < source_.rows(all); ++row) {
      const auto cells = source_.cells(all, row);
      const std::size_t index = index_of(cells[0], reader);
      // It may be any of those that are not there.
      if (index == kUnreadable) whole_[sample] = false;
      if (index >= into_.rows.size()) continue;
      SampleSeries* series = &into_.rows[index];
      for (std::size_t i = 1; i < cells.size(); ++i) {
        series->columns[i - 1][sample] = number(cells[i]);
      }
    }
  }

  // What is not among the samples of a snapshot does not exist then; not so where they were not
  // read. The first column counts, and is known of all that were.
  void finish() {
    for (SampleSeries& series : into_.rows) {
      for (std::size_t sample = 0; sample < whole_.size(); ++sample) {
        if (!whole_[sample] || !std::isnan(series.columns[0][sample])) continue;
        for (Values& values : series.columns) values[sample] = 0;
      }
    }
  }

 private:
  static constexpr std::size_t kUnreadable = kMostNames + 1;

  // Its place in the table; from kMostNames on it has none.
  std::size_t index_of(Cell name, Reader& reader) {
    const auto known = by_id_.find(name);
    if (known != by_id_.end()) return known->second;
    const auto text = reader.text(epoch_, name);
    std::size_t index = kUnreadable;
    if (text) {
      const auto [place, is_new] = by_name_.try_emplace(std::string(*text), into_.rows.size());
      index = place->second;
      if (is_new && index < kMostNames) {
        into_.rows.push_back(
            {written_term(place->first),
             std::vector<Values>(into_.columns.size(), Values(whole_.size(), kNaN))});
      }
    }
    by_id_[name] = index;
    return index;
  }

  const AggregateTable& source_;
  std::vector<const char*> questions_;
  std::vector<bool> whole_;  // by sample: all of its rows were read
  SampledTable& into_;
  std::int64_t epoch_ = 0;
  std::map<Cell, std::size_t> by_id_;  // of this epoch
  std::map<std::string, std::size_t, std::less<>> by_name_;
};

void add_comparable_memory(SampledTable& groups) {
  for (SampleSeries& group : groups.rows) {
    group.columns.push_back(comparable_memory(groups.values(group, "memory"),
                                              groups.values(group, "processes"),
                                              groups.values(group, "memory_unknown")));
  }
  groups.columns.emplace_back(kComparableMemory);
}

Expected<void> read_samples(const Recording& recording, Observed& observed) {
  const std::size_t samples = observed.size();
  // Its declaration may be damaged.
  if (const Table* node = recording.reader().table("node")) {
    for (const Column& column : node->columns) observed.node_columns.push_back(column.name);
  }
  observed.node_values.assign(observed.node_columns.size(), Values(samples, kNaN));
  std::vector<SampleGatherer> gatherers;
  using Questions = std::vector<const char*>;
  // Of a process that was not read `memory_unknown` tells.
  gatherers.emplace_back("group", Questions{}, samples, observed.groups);
  gatherers.emplace_back("ets", Questions{"ets"}, samples, observed.ets);
  gatherers.emplace_back("port", Questions{"ports", "sockets"}, samples, observed.ports);
  gatherers.emplace_back("allocator", Questions{"allocators"}, samples, observed.allocators);
  const auto& snapshots = observed.segment.snapshots;
  std::size_t at = 0;
  auto done = recording.reader().aggregates(
      snapshots.front()->id, snapshots.back()->id,
      [&](const SnapshotRecord& one, const Aggregates& all) {
        while (at < samples && snapshots[at]->id < one.id) ++at;        // they could not be read
        if (at >= samples || one.id != snapshots[at]->id) return true;  // of another node
        for (std::size_t i = 0; i < all.node.size() && i < observed.node_values.size(); ++i) {
          observed.node_values[i][at] = number(all.node[i]);
        }
        if (were_read(all)) {
          for (auto& gatherer : gatherers) gatherer.add(all, at, one, recording.reader());
        }
        ++at;
        return true;
      });
  for (auto& gatherer : gatherers) gatherer.finish();
  add_comparable_memory(observed.groups);
  return done;
}

}  // namespace

const Values& SampledTable::values(const SampleSeries& row, std::string_view name) const {
  const auto at = std::find(columns.begin(), columns.end(), name);
  assert(at != columns.end());
  return row.columns[static_cast<std::size_t>(at - columns.begin())];
}

const ProcessSeries* Observed::process(const ProcessId& id) const {
  const auto at = std::find_if(processes.begin(), processes.end(),
                               [&](const ProcessSeries& one) { return one.id == id; });
  return at == processes.end() ? nullptr : &*at;
}

const Values* Observed::node(std::string_view column) const {
  const auto at = std::find(node_columns.begin(), node_columns.end(), column);
  if (at == node_columns.end()) return nullptr;
  const Values& values = node_values[static_cast<std::size_t>(at - node_columns.begin())];
  const bool any =
      std::any_of(values.begin(), values.end(), [](double v) { return !std::isnan(v); });
  return any ? &values : nullptr;
}

double Observed::node_last(std::string_view column, double otherwise) const {
  const Values* values = node(column);
  if (values == nullptr) return otherwise;
  const auto last =
      std::find_if(values->rbegin(), values->rend(), [](double v) { return !std::isnan(v); });
  return *last;
}

Values rate_of(const Observed& observed, const Values& counter) {
  Values rates(counter.size(), kNaN);
  for (std::size_t i = 1; i < counter.size(); ++i) {
    const double passed = observed.seconds()[i] - observed.seconds()[i - 1];
    const double more = counter[i] - counter[i - 1];
    if (passed > 0 && more >= 0) rates[i] = more / passed;
  }
  return rates;
}

Expected<Observed> observe(const Recording& recording, const Segment& segment) {
  Observed observed;
  observed.recording = &recording;
  observed.segment = segment;
  observed.node_name = recording.node_name(*segment.snapshots.front());
  observed.words.emplace_back();
  if (auto read = read_samples(recording, observed); !read) return tl::unexpected(read.error());
  if (auto read = scan_processes(observed); !read) return tl::unexpected(read.error());
  return observed;
}

}  // namespace beamtape
