#include "recorder/session/going_on.h"

#include <algorithm>
#include <unordered_map>

#include "recorder/collect/processes.h"
#include "recorder/collect/with_text.h"

namespace beamtape {
namespace {

// Beyond what any node can have done; what is damaged must not make sums overflow.
constexpr Cell kMostReductions = Cell{1} << 60;

bool is_count(Cell cell) { return cell >= 0 && cell <= kMostReductions; }

class TakingOver {
 public:
  TakingOver(Reader& file, const SnapshotRecord& last, RecordedNode& node)
      : file_(file), last_(last), node_(node) {}

  void take(const Table& table, const std::vector<std::size_t>& kept,
            const std::vector<Cell>& fresh) {
    const Table* stored = file_.table(table.name);
    if (stored == nullptr || stored->columns.size() != table.columns.size()) return;
    std::vector<Damage> damage;
    const auto data = file_.rows(*stored, last_.id, &damage);
    if (!data || !damage.empty()) return;
    const std::size_t first_seen = table.index_of("first_seen");
    Rows& rows = node_.rows(table);
    for (std::size_t slot = 0; slot < data->slots(); ++slot) {
      const Cell seen = data->at(slot, first_seen);
      if (seen < 1 || seen > last_.id) continue;
      const Cell key = cell(data->at(slot, 0), table.columns[0].type);
      if (is_missing(key) || !rows.place(slot, key, fresh)) continue;
      rows.set(slot, first_seen, seen);
      for (const std::size_t column : kept) {
        rows.set(slot, column, cell(data->at(slot, column), table.columns[column].type));
      }
    }
  }

  // Work is counted on.
  void take_work() {
    const std::size_t done = node_table().index_of("reductions_done");
    const auto read =
        file_.node_rows(last_.id, last_.id, [&](const SnapshotRecord&, const auto& row) {
          if (done < row.size() && is_count(row[done])) node_.reductions_done = row[done];
          return true;
        });
    if (!read) node_.reductions_done = 0;
  }

 private:
  // With texts that the node's interner knows. Missing where the file has lost them.
  Cell cell(Cell stored, Type type) {
    return with_text(stored, type, [this](Cell id) {
      const auto [known, is_new] = texts_.try_emplace(id, missing(Missing::kNone));
      if (is_new) {
        const auto text = file_.text(last_.epoch, id);
        if (text) known->second = node_.interner->text(*text);
      }
      return known->second;
    });
  }

  Reader& file_;
  const SnapshotRecord& last_;
  RecordedNode& node_;
  std::unordered_map<Cell, Cell> texts_;  // by the file's id
};

// Names serve to tell in which groups processes end: then they are read anew, like all else.
void take_processes(TakingOver& taking, RecordedNode& node, Aggregator& aggregator) {
  const Table& table = process_table();
  const std::size_t reductions = table.index_of("reductions");
  const auto& names = Aggregator::group_columns();
  std::vector<std::size_t> kept(names.begin(), names.end());
  kept.push_back(reductions);
  taking.take(table, kept, unread_process());
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
  const auto& snapshots = file.snapshots();
  const auto last =
      std::find_if(snapshots.rbegin(), snapshots.rend(),
                   [&](const SnapshotRecord& snapshot) { return snapshot.node == life; });
  if (last == snapshots.rend()) return 0;
  TakingOver taking(file, *last, node);
  taking.take_work();
  take_processes(taking, node, aggregator);
  for (const Table* table : columnar_tables()) {
    if (table == &process_table() || !table->find("first_seen")) continue;
    taking.take(*table, {}, std::vector(table->columns.size(), missing(Missing::kNotRecorded)));
  }
  return last->id;
}

}  // namespace beamtape
