// Loading what every question to a recording needs: nodes, snapshots, gaps, notes, declarations.

#include "schema/store/reader.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "schema/store/declarations.h"
#include "schema/store/file_reader.h"

namespace beamtape {
namespace {

// Snapshots tried one by one behind a damaged page, before steps become longer.
constexpr std::int64_t kTriedOneByOne = 128;
// A file that is damaged all over is not worth a list of a million lines.
constexpr std::size_t kMaxMet = 1000;

std::vector<std::uint8_t> table_numbers(std::string_view text) {
  std::vector<std::uint8_t> numbers;
  const char* at = text.data();
  const char* end = at + text.size();
  while (at != end) {
    std::uint8_t number = 0;
    const auto [next, error] = std::from_chars(at, end, number);
    if (error == std::errc{} && (numbers.empty() || number > numbers.back())) {
      numbers.push_back(number);
    }
    at = std::find(next, end, ' ');
    if (at != end) ++at;
  }
  return numbers;
}

// A view of that name could do anything, and for ever.
bool is_plain_table(Database& database, std::string_view name) {
  auto row = database.prepare(
      "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ? AND "
      "rootpage > 0");
  if (!row) return false;
  const auto found = row->bind(1, name).step();
  return found && *found;
}

std::string snapshot_sql(int format_version) {
  return fmt::format(
      "SELECT {}, filling, not_answered, tables, row_checksum, text_checksum, {} "
      "FROM snapshot WHERE id >= ? ORDER BY id",
      field_names(snapshot_fields()), format_version < 3 ? "NULL" : "checksum");
}

std::uint32_t checksum_at(const Statement& row, int column) {
  return static_cast<std::uint32_t>(row.integer(column));
}

bool plausible(const SnapshotRecord& record) {
  return record.id > 0 && record.id <= kMaxSnapshotId && record.epoch > 0 &&
         record.epoch <= record.id;
}

}  // namespace

bool StoredSnapshot::has(std::uint8_t table) const {
  return std::binary_search(tables.begin(), tables.end(), table);
}

std::string StoredSnapshot::tables_text() const {
  return fmt::format("{}", fmt::join(tables, " "));
}

FileReader::FileReader(std::string path, OpenedFile file)
    : path_(std::move(path)),
      database_(std::move(file.database)),
      format_version_(file.format_version),
      wal_is_foreign_(file.wal_is_foreign),
      remarks_(std::move(file.remarks)) {}

Expected<void> Reader::history(
    const Table& table, std::size_t group, std::int64_t from, std::int64_t to,
    const std::function<bool(const SnapshotRecord&, const RowGroup&)>& visit,
    std::vector<Damage>* damage) {
  return histories(
      table, {group}, from, to,
      [&](const SnapshotRecord& snapshot, std::size_t, const RowGroup& rows) {
        return visit(snapshot, rows);
      },
      damage);
}

tl::unexpected<Error> FileReader::unreadable(Error error) const {
  error.message = "cannot read " + path_ + ": " + error.message;
  if (error.code == Error::Code::kMalformed) {
    error.message += "; copy it again, or see what is lost with `beamtape-analyzer check`";
  }
  return tl::unexpected(std::move(error));
}

void FileReader::load_failed(const char* what, const Error& error) {
  meet(0, fmt::format("{} cannot all be read: {}", what, error.message));
}

void FileReader::meet(std::int64_t snapshot, std::string what) {
  Damage damage{snapshot, std::move(what)};
  if (met_.size() == kMaxMet || std::find(met_.begin(), met_.end(), damage) != met_.end()) return;
  met_.push_back(std::move(damage));
}

Expected<void> FileReader::load() {
  for (const char* name :
       {"meta", "tbl", "col", "node", "node_fact", "application", "snapshot", "gap", "note", "text",
        "part", "node_sample", "group_sample", "ets_sample", "port_sample", "allocator_sample"}) {
    if (!is_plain_table(database_, name)) {
      return fail(Error::Code::kMalformed,
                  fmt::format("cannot open {}: its table {} is not there", path_, name));
    }
  }
  auto tables = read_declarations(database_, remarks_);
  if (!tables) return unreadable(std::move(tables.error()));
  tables_ = std::move(*tables);
  load_meta();
  if (const auto rows = meta("rows_per_group"); rows && *rows != std::to_string(kRowsPerGroup)) {
    return fail(Error::Code::kMalformed,
                fmt::format("cannot open {}: its row groups have {} rows: install a newer "
                            "Beamtape",
                            path_, *rows));
  }
  check_declarations();
  load_nodes();
  load_events();
  if (auto loaded = load_snapshots(); !loaded) return loaded;
  link_snapshots();
  auto columns = database_.prepare("SELECT name FROM pragma_table_info('node_sample')");
  if (!columns) return unreadable(std::move(columns.error()));
  for (auto more = columns->step(); more && *more; more = columns->step()) {
    node_sample_columns_.emplace_back(columns->text(0));
  }
  return {};
}

void FileReader::load_meta() {
  auto rows = database_.prepare("SELECT key, value FROM meta");
  if (!rows) return load_failed("meta", rows.error());
  auto more = rows->step();
  for (; more && *more; more = rows->step()) meta_.emplace(rows->text(0), rows->text(1));
  if (!more) load_failed("meta", more.error());
}

// Files of the first versions have no checksum of them.
void FileReader::check_declarations() {
  const auto stored = meta("declarations");
  if (!stored) return;
  const auto sum = declarations_checksum(database_);
  if (!sum) return load_failed("declarations of tables", sum.error());
  if (*stored == std::to_string(*sum)) return;
  meet(0, "tables and columns: checksum does not match; names, types and units may be wrong");
}

void FileReader::load_nodes() {
  auto rows = database_.prepare(
      "SELECT id, name, creation, attached_wall_us, checksum FROM node ORDER BY id");
  auto facts = database_.prepare("SELECT key, value FROM node_fact WHERE node = ? ORDER BY key");
  auto applications = database_.prepare(
      "SELECT name, version, master FROM application WHERE node = ? ORDER BY name");
  if (!rows || !facts || !applications) return load_failed("nodes", {});
  auto more = rows->step();
  for (; more && *more; more = rows->step()) {
    if (!nodes_.empty() && rows->integer(0) <= nodes_.back().id) {
      return load_failed("nodes", {Error::Code::kMalformed, "out of order"});
    }
    NodeRecord node{
        rows->integer(0), std::string(rows->text(1)), rows->integer(2), rows->integer(3), {}, {}};
    facts->bind(1, node.id);
    auto fact = facts->step();
    for (; fact && *fact; fact = facts->step()) {
      node.facts.emplace_back(facts->text(0), facts->text(1));
    }
    applications->bind(1, node.id);
    auto application = applications->step();
    for (; application && *application; application = applications->step()) {
      node.applications.push_back({std::string(applications->text(0)),
                                   std::string(applications->text(1)), applications->integer(2)});
    }
    if (!fact) load_failed("facts of a node", fact.error());
    if (!application) load_failed("applications of a node", application.error());
    if (row_checksum(node) != checksum_at(*rows, 4)) {
      meet(0, fmt::format("node {}: checksum does not match", node.id));
    }
    nodes_.push_back(std::move(node));
  }
  if (!more) load_failed("nodes", more.error());
}

void FileReader::load_events() {
  auto gaps = database_.prepare(
      "SELECT node, from_wall_us, to_wall_us, reason, checksum FROM gap ORDER BY from_wall_us, id");
  if (!gaps) return load_failed("gaps", gaps.error());
  auto more = gaps->step();
  for (; more && *more; more = gaps->step()) {
    gaps_.push_back(
        {gaps->integer(0), gaps->integer(1), gaps->integer(2), std::string(gaps->text(3))});
    if (row_checksum(gaps_.back()) != checksum_at(*gaps, 4)) {
      meet(0, fmt::format("gap {}: checksum does not match", gaps_.size()));
    }
  }
  if (!more) load_failed("gaps", more.error());
  auto notes = database_.prepare("SELECT wall_us, text, checksum FROM note ORDER BY wall_us, id");
  if (!notes) return load_failed("notes", notes.error());
  more = notes->step();
  for (; more && *more; more = notes->step()) {
    notes_.push_back({notes->integer(0), std::string(notes->text(1))});
    if (row_checksum(notes_.back()) != checksum_at(*notes, 2)) {
      meet(0, fmt::format("note {}: checksum does not match", notes_.size()));
    }
  }
  if (!more) load_failed("notes", more.error());
}

// Goes on behind a damaged page with the next snapshot that can be read.
Expected<void> FileReader::load_snapshots() {
  auto rows = database_.prepare(snapshot_sql(format_version_));
  if (!rows) return unreadable(std::move(rows.error()));
  std::int64_t last = kMaxSnapshotId;
  if (const auto key = database_.number("SELECT max(key) FROM part"); key) {
    last = key->value_or(0) / 256;
  }
  const int fields = static_cast<int>(snapshot_fields().size());
  std::int64_t next = 0;
  std::int64_t failures = 0;
  std::int64_t impossible = 0;
  while (next <= last) {
    rows->bind(1, next);
    auto more = rows->step();
    for (; more && *more; more = rows->step()) {
      SnapshotRecord record;
      int column = 0;
      for (const auto& field : snapshot_fields()) record.*field.member = rows->integer(column++);
      record.filling = rows->integer(fields) != 0;
      record.not_answered = rows->text(fields + 1);
      next = std::max(next, record.id);
      failures = 0;
      const bool in_order = snapshots_.empty() || record.id > snapshots_.back().id;
      if (!plausible(record) || !in_order) {
        ++impossible;
        continue;
      }
      StoredSnapshot stored;
      stored.tables = table_numbers(rows->text(fields + 2));
      stored.row_checksum = checksum_at(*rows, fields + 3);
      stored.text_checksum = checksum_at(*rows, fields + 4);
      if (rows->is_integer(fields + 5) &&
          row_checksum(record, stored.tables_text()) != checksum_at(*rows, fields + 5)) {
        record.damaged = true;
        meet(record.id, "its own row: checksum does not match, its times and counts may be wrong");
      }
      snapshots_.push_back(std::move(record));
      stored_.push_back(std::move(stored));
    }
    if (more) break;
    if (failures == 0) load_failed(fmt::format("snapshots after #{}", next).c_str(), more.error());
    ++failures;
    next += failures <= kTriedOneByOne ? 1 : failures * failures;
  }
  if (impossible > 0) {
    load_failed("snapshots",
                {Error::Code::kMalformed, fmt::format("{} make no sense", impossible)});
  } else if (failures == 0 && last < kMaxSnapshotId && last > next) {
    load_failed("snapshots",
                {Error::Code::kMalformed, fmt::format("none is there after #{}", next)});
  }
  return {};
}

// Differences stand on all snapshots of their keyframe group before them: with the first of them
// that is not there, or contradicts the others, the rest of the group is lost.
void FileReader::link_snapshots() {
  std::map<std::int64_t, std::size_t> last_of_node;
  std::set<std::int64_t> broken;
  for (std::size_t i = 0; i < snapshots_.size(); ++i) {
    const auto& record = snapshots_[i];
    if (record.epoch != record.id) {
      const auto start = index_of(record.epoch);
      const auto found = last_of_node.find(record.node);
      const bool linked =
          found != last_of_node.end() && snapshots_[found->second].epoch == record.epoch;
      if (linked) stored_[i].previous = found->second;
      stored_[i].broken = broken.contains(record.epoch) || !start || !linked ||
                          snapshots_[*start].node != record.node || !is_whole(*start, i);
      if (stored_[i].broken) broken.insert(record.epoch);
    }
    last_of_node[record.node] = i;
  }
}

// True if every number between the two is there, whatever node it is of. Of those up to
// dropped_to(), other nodes' may have been dropped.
bool FileReader::is_whole(std::size_t from, std::size_t to) const {
  const auto first = std::max(snapshots_[from].id, std::min(dropped_to(), snapshots_[to].id));
  const auto past = std::upper_bound(
      snapshots_.begin(), snapshots_.end(), first,
      [](std::int64_t id, const SnapshotRecord& snapshot) { return id < snapshot.id; });
  const auto there = snapshots_.begin() + static_cast<std::ptrdiff_t>(to) + 1 - past;
  return there == snapshots_[to].id - first;
}

std::optional<std::string> FileReader::meta(std::string_view key) const {
  const auto found = meta_.find(key);
  if (found == meta_.end()) return std::nullopt;
  return found->second;
}

std::int64_t FileReader::dropped_to() const {
  const auto text = meta("dropped_to").value_or("");
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && number > 0 && number < kMaxSnapshotId ? number : 0;
}

std::int64_t FileReader::file_bytes() const {
  std::int64_t bytes = 0;
  for (const char* suffix : {"", "-wal"}) {
    struct stat status {};
    if (*suffix != 0 && wal_is_foreign_) continue;
    if (stat((path_ + suffix).c_str(), &status) == 0) bytes += status.st_size;
  }
  return bytes;
}

const Table* FileReader::table(std::string_view name) const {
  const auto found = std::find_if(tables_.begin(), tables_.end(),
                                  [name](const Table& table) { return table.name == name; });
  return found == tables_.end() ? nullptr : &*found;
}

const Table& FileReader::node_declaration() const {
  static const Table none;
  const Table* declared = table("node");
  return declared == nullptr ? none : *declared;
}

std::optional<std::size_t> FileReader::index_of(std::int64_t snapshot) const {
  const auto found =
      std::lower_bound(snapshots_.begin(), snapshots_.end(), snapshot,
                       [](const SnapshotRecord& a, std::int64_t id) { return a.id < id; });
  if (found == snapshots_.end() || found->id != snapshot) return std::nullopt;
  return static_cast<std::size_t>(found - snapshots_.begin());
}

Expected<std::size_t> FileReader::require(std::int64_t snapshot) const {
  const auto index = index_of(snapshot);
  if (index) return *index;
  return fail(Error::Code::kNotFound,
              fmt::format("cannot read {}: there is no snapshot #{}", path_, snapshot));
}

Expected<std::unique_ptr<Reader>> Reader::open(const std::string& path) {
  return FileReader::open(path);
}

Expected<std::unique_ptr<FileReader>> FileReader::open(const std::string& path) {
  auto file = open_recording(path);
  if (!file) return tl::unexpected(std::move(file.error()));
  auto reader = std::make_unique<FileReader>(path, std::move(*file));
  if (auto loaded = reader->load(); !loaded) return tl::unexpected(std::move(loaded.error()));
  return reader;
}

}  // namespace beamtape
