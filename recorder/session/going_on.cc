#include "recorder/session/going_on.h"

#include <algorithm>
#include <limits>
#include <unordered_map>
#include <utility>

#include "recorder/collect/processes.h"
#include "recorder/collect/with_text.h"

namespace beamtape {
namespace {

// Beyond what any node can have done; what is damaged must not make sums overflow.
constexpr Cell kMostReductions = Cell{1} << 60;

bool is_count(Cell cell) { return cell >= 0 && cell <= kMostReductions; }

// Snapshots that are looked at for one whose rows are whole.
constexpr int kMostTries = 8;

const SnapshotRecord* last_before(std::int64_t id, std::int64_t life, const Reader& file) {
  const auto& all = file.snapshots();
  const auto last = std::find_if(all.rbegin(), all.rend(), [&](const SnapshotRecord& one) {
    return one.node == life && one.id < id;
  });
  return last == all.rend() ? nullptr : &*last;
}

class TakingOver {
 public:
  TakingOver(Reader& file, std::int64_t life, RecordedNode& node)
      : file_(file), life_(life), node_(node) {}

  // Returns the number of the snapshot that it was taken from, 0 if there is none.
  std::int64_t take(const Table& table, const std::vector<std::size_t>& kept,
                    const std::vector<Cell>& fresh) {
    const Table* stored = file_.table(table.name);
    if (stored == nullptr || stored->columns.size() != table.columns.size()) return 0;
    const auto [last, data] = last_whole(*stored);
    if (last == nullptr) return 0;
    start_epoch(last->epoch);
    const std::size_t first_seen = table.index_of("first_seen");
    Rows& rows = node_.rows(table);
    for (std::size_t slot = 0; slot < data.slots(); ++slot) {
      const Cell seen = data.at(slot, first_seen);
      if (seen < 1 || seen > last->id) continue;
      const Cell key = cell(data.at(slot, 0), table.columns[0].type);
      if (is_missing(key) || !rows.place(slot, key, fresh)) continue;
      rows.set(slot, first_seen, seen);
      for (const std::size_t column : kept) {
        rows.set(slot, column, cell(data.at(slot, column), table.columns[column].type));
      }
    }
    return last->id;
  }

  // Work is counted on from where the processes' is.
  void take_work(std::int64_t snapshot) {
    const std::size_t done = node_table().index_of("reductions_done");
    const auto read =
        file_.node_rows(snapshot, snapshot, [&](const SnapshotRecord&, const auto& row) {
          if (done < row.size() && is_count(row[done])) node_.reductions_done = row[done];
          return true;
        });
    if (!read) node_.reductions_done = 0;
  }

 private:
  // Those of the life's last snapshot, or of one before what is damaged; none is a null pointer.
  std::pair<const SnapshotRecord*, TableData> last_whole(const Table& table) {
    std::int64_t before = std::numeric_limits<std::int64_t>::max();
    for (int tries = 0; tries < kMostTries; ++tries) {
      const SnapshotRecord* last = last_before(before, life_, file_);
      if (last == nullptr) break;
      std::vector<Damage> damage;
      auto rows = file_.rows(table, last->id, &damage);
      if (rows && damage.empty()) return {last, std::move(*rows)};
      before = last->id;
      for (const Damage& one : damage) before = std::min(before, one.snapshot);
    }
    return {};
  }

  void start_epoch(std::int64_t epoch) {
    if (std::exchange(epoch_, epoch) != epoch) texts_.clear();
  }

  // With texts that the node's interner knows. Missing where the file has lost them.
  Cell cell(Cell stored, Type type) {
    return with_text(stored, type, [this](Cell id) {
      const auto [known, is_new] = texts_.try_emplace(id, missing(Missing::kNone));
      if (is_new) {
        const auto text = file_.text(epoch_, id);
        if (text) known->second = node_.interner->text(*text);
      }
      return known->second;
    });
  }

  Reader& file_;
  const std::int64_t life_;
  RecordedNode& node_;
  std::int64_t epoch_ = 0;                // that the texts are of
  std::unordered_map<Cell, Cell> texts_;  // by the file's id
};

// Names serve to tell in which groups processes end: then they are read anew, like all else.
void take_processes(TakingOver& taking, RecordedNode& node, Aggregator& aggregator) {
  const Table& table = process_table();
  const std::size_t reductions = table.index_of("reductions");
  const auto& names = Aggregator::group_columns();
  std::vector<std::size_t> kept(names.begin(), names.end());
  kept.push_back(reductions);
  if (const auto from = taking.take(table, kept, unread_process())) taking.take_work(from);
  Rows& rows = node.rows(table);
  node.tracks.resize(rows.slots());
  aggregator.remember(node);
  for (std::size_t slot = 0; slot < rows.slots(); ++slot) {
    if (!rows.occupied(slot)) continue;
    for (const std::size_t column : names) rows.set(slot, column, unread_process()[column]);
    if (!is_count(rows.get(slot, reductions))) {
      rows.set(slot, reductions, unread_process()[reductions]);
    }
  }
}

}  // namespace

std::int64_t take_over(Reader& file, std::int64_t life, RecordedNode& node,
                       Aggregator& aggregator) {
  const SnapshotRecord* last = last_before(std::numeric_limits<std::int64_t>::max(), life, file);
  if (last == nullptr) return 0;
  TakingOver taking(file, life, node);
  take_processes(taking, node, aggregator);
  for (const Table* table : columnar_tables()) {
    if (table == &process_table() || !table->find("first_seen")) continue;
    taking.take(*table, {}, std::vector(table->columns.size(), missing(Missing::kNotRecorded)));
  }
  return last->id;
}

}  // namespace beamtape
