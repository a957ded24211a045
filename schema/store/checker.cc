// Checking a recording: SQLite's own pages, plain rows, every part, and that every text and list
// that cells refer to is there.

#include "schema/store/checker.h"

#include <fmt/format.h>

#include <algorithm>

#include "schema/model/ref.h"

namespace beamtape {
namespace {

// A file that is damaged all over is not worth a list of a million lines.
constexpr std::size_t kMaxReported = 1000;
constexpr Cell kDenseIds = Cell{1} << 26;
constexpr int kPageProblems = 20;

// False for a cell that refers to a text which is not there.
bool known_text(const IdSet& texts, Type type, Cell cell) {
  if (is_missing(cell)) return true;
  if (type == Type::kAtom || type == Type::kTerm) return texts.has(cell);
  if (type != Type::kRef) return true;
  const Ref ref = unpack(cell);
  return ref.tag != Ref::Tag::kText || texts.has(static_cast<Cell>(ref.value));
}

}  // namespace

void IdSet::insert(Cell id) {
  if (id < 0 || id >= kDenseIds) {
    sparse_.insert(id);
    return;
  }
  const auto index = static_cast<std::size_t>(id);
  if (index >= dense_.size()) dense_.resize(std::max(index + 1, dense_.size() * 2));
  dense_[index] = true;
}

bool IdSet::has(Cell id) const {
  if (id < 0 || id >= kDenseIds) return sparse_.count(id) != 0;
  return static_cast<std::size_t>(id) < dense_.size() && dense_[static_cast<std::size_t>(id)];
}

void Checker::report(std::int64_t snapshot, std::string what) {
  if (damage_.size() < kMaxReported) {
    damage_.push_back({snapshot, std::move(what)});
  } else {
    ++left_out_;
  }
}

Expected<std::vector<Damage>> Checker::run(const std::function<void(double)>& progress) {
  check_pages();
  check_stray_parts();
  std::size_t index = 0;
  const auto visit = [&](const SnapshotRecord&, const Aggregates& aggregates) {
    check_snapshot(index++, aggregates);
    if (progress)
      progress(static_cast<double>(index) / static_cast<double>(file_.snapshots_.size()));
    return true;
  };
  const auto walked = file_.aggregates(0, kMaxSnapshotId, visit);
  if (!walked) report(0, walked.error().message);
  for (static const Aggregates none; index < file_.snapshots_.size();)
    check_snapshot(index++, none);
  // Last, as the walk has met plain rows that are damaged.
  damage_.insert(damage_.begin(), file_.met().begin(), file_.met().end());
  if (left_out_ > 0) damage_.push_back({0, fmt::format("and {} more", left_out_)});
  return std::move(damage_);
}

void Checker::check_pages() {
  auto rows = file_.database_.prepare(fmt::format("PRAGMA integrity_check({})", kPageProblems));
  if (!rows) return report(0, "SQLite cannot check its pages: " + rows.error().message);
  auto more = rows->step();
  for (; more && *more; more = rows->step()) {
    if (rows->text(0) != "ok") report_pages(std::string(rows->text(0)));
  }
  if (!more) report(0, "SQLite cannot check its pages: " + more.error().message);
}

// SQLite puts many problems into one row, a line each, under a headline.
void Checker::report_pages(const std::string& problems) {
  std::size_t at = 0;
  while (at < problems.size()) {
    const std::size_t end = std::min(problems.find('\n', at), problems.size());
    const std::string line = problems.substr(at, end - at);
    if (!line.starts_with("***")) report(0, "SQLite: " + line);
    at = end + 1;
  }
}

// Parts that no snapshot knows of.
void Checker::check_stray_parts() {
  auto rows = file_.database_.prepare("SELECT key FROM part");
  if (!rows) return report(0, "parts: " + rows.error().message);
  auto more = rows->step();
  for (; more && *more; more = rows->step()) {
    const auto key = rows->integer(0);
    const auto index = file_.index_of(key / 256);
    if (index && file_.stored_[*index].has(static_cast<std::uint8_t>(key % 256))) continue;
    report(key / 256, fmt::format("a part of table {} belongs to no snapshot", key % 256));
  }
  if (!more) report(0, "parts: " + more.error().message);
}

void Checker::check_order(std::size_t index) {
  const auto& record = file_.snapshots_[index];
  const auto before = std::max(index > 0 ? file_.snapshots_[index - 1].id : 0, file_.dropped_to());
  if (record.id > before + 1) {
    report(record.id, fmt::format("snapshots {} to {} are not there", before + 1, record.id - 1));
  }
  const bool node_known = std::any_of(file_.nodes_.begin(), file_.nodes_.end(),
                                      [&](const auto& node) { return node.id == record.node; });
  if (!node_known) report(record.id, fmt::format("its node {} is not there", record.node));
}

void Checker::check_snapshot(std::size_t index, const Aggregates& aggregates) {
  const auto& record = file_.snapshots_[index];
  check_order(index);
  auto& walk = walks_[record.node];
  if (walk.epoch != record.epoch) start_epoch(record.id, record.epoch, walk);
  check_names(record.id, aggregates, walk);
  if (parts_) check_parts(index, walk);
  if (ends_epoch(index) && file_.stored_[index].text_checksum != walk.text_checksum) {
    report(record.id,
           fmt::format("texts since snapshot {}: checksum does not match", record.epoch));
  }
}

void Checker::check_parts(std::size_t index, Walk& walk) {
  const auto& record = file_.snapshots_[index];
  if (file_.stored_[index].has(kListsTable)) {
    std::vector<Damage> found;
    for (const Lists& part : file_.read_lists(record.id, &found)) {
      for (const auto& one : part.entries) walk.lists.insert(one.id);
    }
    for (auto& one : found) report(one.snapshot, std::move(one.what));
  }
  for (const auto& table : file_.tables_) {
    if (table.name == "node") continue;
    std::vector<Damage> found;
    auto& data = walk.tables[table.id];
    file_.apply(table, {index}, data, &found);
    for (auto& one : found) report(one.snapshot, std::move(one.what));
    if (file_.stored_[index].has(static_cast<std::uint8_t>(table.id))) {
      check_references(table, record.id, data, walk);
    }
  }
  file_.blob_.close();
}

bool Checker::ends_epoch(std::size_t index) const {
  const auto& record = file_.snapshots_[index];
  for (std::size_t i = index + 1; i < file_.snapshots_.size(); ++i) {
    if (file_.snapshots_[i].node == record.node) {
      return file_.snapshots_[i].epoch != record.epoch;
    }
  }
  return true;
}

void Checker::check_names(std::int64_t snapshot, const Aggregates& aggregates, const Walk& walk) {
  for_each_sample_table([&](const auto& table) {
    for (const auto& row : aggregates.*table.rows) {
      if (!walk.texts.has(row.name)) {
        report(snapshot, fmt::format("{}: text {} is not there", table.name, row.name));
      }
    }
  });
}

void Checker::start_epoch(std::int64_t snapshot, std::int64_t epoch, Walk& walk) {
  walk = {};
  walk.epoch = epoch;
  auto rows = file_.database_.prepare("SELECT id, text FROM text WHERE epoch = ?");
  if (!rows) return report(snapshot, "texts: " + rows.error().message);
  rows->bind(1, epoch);
  auto more = rows->step();
  for (; more && *more; more = rows->step()) {
    walk.texts.insert(rows->integer(0));
    walk.text_checksum += text_checksum(epoch, rows->integer(0), rows->text(1));
  }
  if (!more) report(snapshot, "texts: " + more.error().message);
}

// Of the rows that changed: the others were looked at before.
void Checker::check_references(const Table& table, std::int64_t snapshot, const TableData& data,
                               Walk& walk) {
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    const auto& column = table.columns[c];
    if (column.type == Type::kInteger || column.type == Type::kBool) continue;
    for (std::size_t g = 0; g < data.groups.size(); ++g) {
      const auto& group = data.groups[g];
      if (group.rows == 0) continue;
      for (const std::size_t row : data.changed_rows(g)) {
        const Cell cell = group.columns[c][row];
        if (!is_missing(cell)) check_cell(table, column, snapshot, cell, walk);
      }
    }
  }
}

void Checker::check_cell(const Table& table, const Column& column, std::int64_t snapshot, Cell cell,
                         Walk& walk) {
  std::string what;
  if (column.type != Type::kList) {
    if (known_text(walk.texts, column.type, cell)) return;
    what = fmt::format("text {} is not there", column.type == Type::kRef ? cell >> 2 : cell);
  } else if (!walk.lists.has(cell)) {
    what = fmt::format("list {} is not there", cell);
  } else {
    IdSet& checked = walk.lists_checked[{table.id, column.id}];
    if (checked.has(cell)) return;
    checked.insert(cell);
    if (list_is_whole(column, cell, walk)) return;
    what = fmt::format("list {} has other fields or texts that are not there", cell);
  }
  if (!walk.reported.emplace(table.id, column.id, cell).second) return;
  report(snapshot, fmt::format("{}, column {}: {}", table.name, column.name, what));
}

bool Checker::list_is_whole(const Column& column, Cell id, Walk& walk) {
  const auto list = file_.list(walk.epoch, id);
  if (!list) return false;
  if (column.fields.empty()) return true;
  if (list->items.size() % column.fields.size() != 0) return false;
  for (std::size_t i = 0; i < list->items.size(); ++i) {
    if (!known_text(walk.texts, column.fields[i % column.fields.size()].type, list->items[i])) {
      return false;
    }
  }
  return true;
}

Expected<std::vector<Damage>> FileReader::check(const std::function<void(double)>& progress) {
  return Checker(*this).run(progress);
}

Expected<std::vector<Damage>> FileReader::check_plain() { return Checker(*this, false).run({}); }

}  // namespace beamtape
