// Writing a recording: one transaction for each snapshot. See FORMAT.md for what is written and
// part.h for how rows become bytes.

#include "schema/store/writer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>

#include "schema/store/declarations.h"
#include "schema/store/file_writer.h"
#include "schema/store/layout.h"

namespace beamtape {
namespace {

std::int64_t bytes_of(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 ? status.st_size : 0;
}

Expected<void> make_file(const std::string& path) {
  for (const char* suffix : {"-wal", "-journal"}) {
    if (access((path + suffix).c_str(), F_OK) == 0) {
      return fail(Error::Code::kUsage,
                  fmt::format("cannot create {0}: {0}{1} of an earlier recording is still there; "
                              "put it beside its recording or take another name",
                              path, suffix));
    }
  }
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file >= 0) {
    close(file);
    return {};
  }
  switch (errno) {
    case EEXIST:
      return fail(Error::Code::kUsage,
                  "cannot create " + path + ": it exists; give another name, or move it away");
    case ENOSPC:
    case EDQUOT:
      return fail(Error::Code::kDiskFull, "cannot create " + path + ": no space left");
    default:
      return fail(Error::Code::kNotFound,
                  fmt::format("cannot create {}: {}", path, std::strerror(errno)));
  }
}

}  // namespace

const Table* FileWriter::declared(std::uint16_t id) const {
  const auto found = std::find_if(tables_.begin(), tables_.end(),
                                  [id](const Table& table) { return table.id == id; });
  return found == tables_.end() ? nullptr : &*found;
}

// The tables are made before WAL is on, so that the file itself is whole from then on and
// opens also without its -wal.
Expected<void> FileWriter::initialize() {
  if (tables_.empty()) {
    for (const Table* table : columnar_tables()) tables_.push_back(*table);
    tables_.push_back(node_table());
  }
  auto done =
      database_.exec(fmt::format("PRAGMA page_size={}; PRAGMA synchronous=NORMAL; BEGIN IMMEDIATE; "
                                 "PRAGMA application_id={}; PRAGMA user_version={}",
                                 kPageBytes, kApplicationId, kFormatVersion));
  const auto node = std::find_if(tables_.begin(), tables_.end(),
                                 [](const Table& table) { return table.name == "node"; });
  for (const auto& sql : creation_sql(node == tables_.end() ? Table{} : *node)) {
    if (done) done = database_.exec(sql);
  }
  if (done) done = write_declarations(database_, tables_);
  if (done) done = write_meta();
  if (done) done = database_.exec("COMMIT");
  if (done) done = database_.exec("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0");
  if (done)
    done = database_.exec(fmt::format("PRAGMA journal_size_limit={}", retention_.idle_wal_bytes()));
  if (!done) return done;
  samples_.emplace(node == tables_.end() ? Table{} : *node);
  done = samples_->prepare(database_);
  return done ? prepare_statements() : done;
}

Expected<void> FileWriter::write_meta() {
  auto row = database_.prepare("INSERT INTO meta(key, value) VALUES(?, ?)");
  if (!row) return tl::unexpected(std::move(row.error()));
  std::vector<std::pair<const char*, std::string>> facts{
      {"about", "Beamtape recording of Erlang nodes; read it with beamtape-analyzer"},
      {"format", std::to_string(kFormatVersion)},
      {"recorder", options_.recorder_version},
      {"rows_per_group", std::to_string(kRowsPerGroup)}};
  if (options_.first_snapshot > 1) {
    facts.emplace_back("dropped_to", std::to_string(options_.first_snapshot - 1));
  }
  for (const auto& [key, value] : facts) {
    const auto done = row->bind(1, std::string_view(key)).bind(2, value).run();
    if (!done) return done;
  }
  return {};
}

Expected<void> FileWriter::prepare_statements() {
  const auto fields = snapshot_fields();
  const std::pair<Statement*, std::string> statements[] = {
      {&insert_text_, "INSERT INTO text(epoch, id, text) VALUES(?, ?, ?)"},
      {&insert_part_, "INSERT INTO part(key, data) VALUES(?, ?)"},
      {&insert_snapshot_,
       fmt::format("INSERT INTO snapshot({}, filling, not_answered, tables, row_checksum, "
                   "text_checksum) VALUES({})",
                   field_names(fields), placeholders(fields.size() + 5))}};
  for (const auto& [target, sql] : statements) {
    auto statement = database_.prepare(sql);
    if (!statement) return tl::unexpected(std::move(statement.error()));
    *target = std::move(*statement);
  }
  return {};
}

Expected<void> FileWriter::outside_snapshot() const {
  if (closed_) return fail(Error::Code::kUsage, "cannot write " + path_ + ": it is closed");
  if (snapshot_ == 0) return {};
  return fail(Error::Code::kUsage, "cannot write " + path_ + ": a snapshot is being written");
}

Expected<std::int64_t> FileWriter::add_node(const NodeRecord& node) {
  if (auto allowed = outside_snapshot(); !allowed) return tl::unexpected(allowed.error());
  auto done = database_.exec("BEGIN IMMEDIATE");
  if (done) done = insert_node(last_node_ + 1, node);
  if (done) done = database_.exec("COMMIT");
  if (!done) return give_up(std::move(done.error()));
  ++last_node_;
  for (auto& [id, state] : nodes_) {
    if (state.name == node.name) state = NodeState{};
  }
  nodes_[last_node_].name = node.name;
  return last_node_;
}

Expected<void> FileWriter::insert_node(std::int64_t id, const NodeRecord& node) {
  auto fact_row = database_.prepare("INSERT OR REPLACE INTO node_fact VALUES(?, ?, ?)");
  auto application_row = database_.prepare("INSERT OR REPLACE INTO application VALUES(?, ?, ?, ?)");
  auto node_row = database_.prepare("INSERT INTO node VALUES(?, ?, ?, ?, ?)");
  for (const auto* row : {&fact_row, &application_row, &node_row}) {
    if (!*row) return tl::unexpected(row->error());
  }
  const auto facts = std::map<std::string, std::string>(node.facts.begin(), node.facts.end());
  for (const auto& [key, value] : facts) {
    const auto done = fact_row->bind(1, id).bind(2, key).bind(3, value).run();
    if (!done) return done;
  }
  std::map<std::string, NodeRecord::Application> applications;
  for (const auto& application : node.applications) applications[application.name] = application;
  for (const auto& [name, application] : applications) {
    const auto done = application_row->bind(1, id)
                          .bind(2, name)
                          .bind(3, application.version)
                          .bind(4, application.master)
                          .run();
    if (!done) return done;
  }
  NodeRecord stored = node;
  stored.id = id;
  stored.facts.assign(facts.begin(), facts.end());
  stored.applications.clear();
  for (const auto& [name, application] : applications) stored.applications.push_back(application);
  return node_row->bind(1, id)
      .bind(2, node.name)
      .bind(3, node.creation)
      .bind(4, node.attached_wall_us)
      .bind(5, row_checksum(stored))
      .run();
}

Expected<void> FileWriter::add_gap(const GapRecord& gap) {
  if (auto allowed = outside_snapshot(); !allowed) return allowed;
  auto row = database_.prepare(
      "INSERT INTO gap(node, from_wall_us, to_wall_us, reason, checksum) VALUES(?, ?, ?, ?, ?)");
  if (!row) return tl::unexpected(named(std::move(row.error())));
  row->bind(1, gap.node).bind(2, gap.from_wall_us).bind(3, gap.to_wall_us).bind(4, gap.reason);
  auto done = row->bind(5, row_checksum(gap)).run();
  if (!done) return tl::unexpected(named(std::move(done.error())));
  return {};
}

Expected<void> FileWriter::add_note(const NoteRecord& note) {
  if (auto allowed = outside_snapshot(); !allowed) return allowed;
  auto row = database_.prepare("INSERT INTO note(wall_us, text, checksum) VALUES(?, ?, ?)");
  if (!row) return tl::unexpected(named(std::move(row.error())));
  auto done = row->bind(1, note.wall_us).bind(2, note.text).bind(3, row_checksum(note)).run();
  if (!done) return tl::unexpected(named(std::move(done.error())));
  return {};
}

std::int64_t FileWriter::file_bytes() const { return bytes_of(path_) + bytes_of(path_ + "-wal"); }

// DELETE mode is refused while somebody else has the file open: all data is in it by then, but
// its -wal stays until the other one is gone.
Expected<void> FileWriter::close() {
  if (closed_) return {};
  if (snapshot_ != 0) abandon();
  closed_ = true;
  // Statements end before the connection changes its journal.
  samples_.reset();
  insert_text_ = {};
  insert_part_ = {};
  insert_snapshot_ = {};
  auto done = database_.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  if (done) done = database_.exec("PRAGMA journal_mode=DELETE");
  database_ = {};
  if (!done) return tl::unexpected(named(std::move(done.error())));
  return {};
}

Expected<std::unique_ptr<Writer>> Writer::create(const std::string& path, const Options& options) {
  if (auto made = make_file(path); !made) return tl::unexpected(std::move(made.error()));
  auto database = Database::open(path, Database::Mode::kWrite);
  Expected<void> ready;
  std::unique_ptr<FileWriter> writer;
  if (database) {
    writer = std::make_unique<FileWriter>(path, options, std::move(*database));
    ready = writer->prepare();
  } else {
    ready = tl::unexpected(
        Error{database.error().code, "cannot create " + path + ": " + database.error().message});
  }
  if (ready) return writer;
  writer.reset();
  unlink(path.c_str());  // it was made here and nothing was recorded yet
  return tl::unexpected(std::move(ready.error()));
}

}  // namespace beamtape
