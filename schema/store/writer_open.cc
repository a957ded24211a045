// Making the file of a recording, or going on in one that is there.

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "schema/store/declarations.h"
#include "schema/store/file_reader.h"
#include "schema/store/file_writer.h"
#include "schema/store/layout.h"

namespace beamtape {
namespace {

tl::unexpected<Error> cannot_create(const std::string& path, int reason) {
  const auto code = reason == EEXIST                       ? Error::Code::kUsage
                    : reason == ENOSPC || reason == EDQUOT ? Error::Code::kDiskFull
                                                           : Error::Code::kNotFound;
  const char* why = code == Error::Code::kUsage ? "it exists; give another name, or move it away"
                    : code == Error::Code::kDiskFull ? "no space left"
                                                     : std::strerror(reason);
  return fail(code, fmt::format("cannot create {}: {}", path, why));
}

Expected<void> look_for_earlier(const std::string& path) {
  for (const char* suffix : {"-wal", "-journal"}) {
    if (access((path + suffix).c_str(), F_OK) != 0) continue;
    return fail(Error::Code::kUsage,
                fmt::format("cannot create {0}: {0}{1} of an earlier recording is still there; "
                            "put it beside its recording or take another name",
                            path, suffix));
  }
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) return {};
  if (!S_ISLNK(status.st_mode)) return cannot_create(path, EEXIST);
  return fail(
      Error::Code::kUsage,
      fmt::format("cannot create {}: it is a symbolic link; name the file that it is to be", path));
}

// Gives a file its name unless that is taken. 0, or an errno.
int give_name(const std::string& file, const std::string& name) {
  if (renameat2(AT_FDCWD, file.c_str(), AT_FDCWD, name.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  // A file system that cannot do so at once, as NFS.
  if (link(file.c_str(), name.c_str()) != 0) return errno;
  unlink(file.c_str());
  return 0;
}

// "cannot append to FILE: WHY"
Error cannot_append(const std::string& path, const Error& why) {
  return {why.code, fmt::format("cannot append to {}: {}", path, why.message)};
}

// Declared alike: what is written by one version is read by the other.
bool same_columns(const Table& a, const Table& b) {
  return a.id == b.id && a.name == b.name &&
         std::equal(a.columns.begin(), a.columns.end(), b.columns.begin(), b.columns.end(),
                    [](const Column& one, const Column& other) {
                      return one.id == other.id && one.name == other.name &&
                             one.type == other.type && one.unit == other.unit;
                    });
}

// So that the next one who goes on knows what was left free.
Expected<void> write_bound(Database& database, std::int64_t max_bytes) {
  if (max_bytes == 0) return database.exec("DELETE FROM meta WHERE key = 'bound'");
  return database.exec(
      fmt::format("INSERT INTO meta VALUES('bound', '{0}') ON CONFLICT(key) DO UPDATE "
                  "SET value = '{0}' WHERE value <> '{0}'",
                  max_bytes));
}

}  // namespace

const Table& FileWriter::node_declaration() const {
  static const Table kNone{};
  const auto node = std::find_if(tables_.begin(), tables_.end(),
                                 [](const Table& table) { return table.name == "node"; });
  return node == tables_.end() ? kNone : *node;
}

// Before WAL is on, so that the file itself is whole from then on and opens also without its -wal.
Expected<void> FileWriter::make_tables() {
  auto done =
      database_.exec(fmt::format("PRAGMA page_size={}; PRAGMA auto_vacuum=INCREMENTAL; "
                                 "BEGIN IMMEDIATE; "
                                 "PRAGMA application_id={}; PRAGMA user_version={}",
                                 kPageBytes, kApplicationId, kFormatVersion));
  for (const auto& sql : creation_sql(node_declaration())) {
    if (done) done = database_.exec(sql);
  }
  if (done) done = write_declarations(database_, tables_);
  if (done) done = write_meta();
  if (done) done = write_bound(database_, options_.max_bytes);
  return done ? database_.exec("COMMIT") : done;
}

// Everything that can be wrong with the file is looked for before the first byte is written.
Expected<void> FileWriter::resume() {
  auto done = check_declarations();
  if (done) done = load_lives();
  if (done) done = check_nodes();
  if (done) done = retention_.load(database_, file_size(path_ + "-wal"));
  if (done) done = become_current();
  if (done) done = start_writing();
  // What a recorder that was killed, or one that was read, left in the -wal counts, too, until it
  // is folded in.
  if (done) done = database_.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  if (done) checkpoint();
  return done ? write_bound(database_, options_.max_bytes) : done;
}

Expected<void> FileWriter::check_declarations() {
  std::vector<std::string> remarks;
  auto declared = read_declarations(database_, remarks);
  if (!declared) return tl::unexpected(std::move(declared.error()));
  const bool same =
      remarks.empty() && std::is_permutation(declared->begin(), declared->end(), tables_.begin(),
                                             tables_.end(), same_columns);
  if (same) return {};
  return fail(
      Error::Code::kMalformed,
      "its columns are not those of this version of Beamtape: another one made it, or it is "
      "damaged; record into a new file");
}

Expected<void> FileWriter::check_nodes() const {
  const auto& wanted = options_.nodes;
  const bool is_known = std::any_of(earlier_.begin(), earlier_.end(), [&](const Life& life) {
    return std::find(wanted.begin(), wanted.end(), life.name) != wanted.end();
  });
  if (is_known || earlier_.empty() || wanted.empty()) return {};
  return fail(
      Error::Code::kMalformed,
      fmt::format("it is of another node, {}; record into a new file", earlier_.back().name));
}

Expected<void> FileWriter::load_lives() {
  auto last = database_.number("SELECT max(id) FROM snapshot");
  auto dropped = database_.number("SELECT CAST(value AS INTEGER) FROM meta WHERE key='dropped_to'");
  if (!last) return tl::unexpected(std::move(last.error()));
  if (!dropped) return tl::unexpected(std::move(dropped.error()));
  last_snapshot_ = std::max(last->value_or(0), dropped->value_or(0));
  auto rows = database_.prepare(
      "SELECT id, name, creation, max(coalesce(ended, 0), coalesce(missed, 0)) FROM node "
      "LEFT JOIN (SELECT node, max(ended_wall_us) AS ended FROM snapshot GROUP BY node) AS seen "
      "ON seen.node = id "
      "LEFT JOIN (SELECT node, max(to_wall_us) AS missed FROM gap GROUP BY node) AS unseen "
      "ON unseen.node = id ORDER BY id");
  if (!rows) return tl::unexpected(std::move(rows.error()));
  for (;;) {
    const auto more = rows->step();
    if (!more) return tl::unexpected(more.error());
    if (!*more) return {};
    Life life{rows->integer(0), std::string(rows->text(1)), rows->integer(2), rows->integer(3),
              rows->integer(0)};
    std::erase_if(earlier_, [&](const Life& other) {
      if (other.name != life.name) return false;
      if (life.covered_to_wall_us == 0) {
        life.covered_to_wall_us = other.covered_to_wall_us;
        life.covered_life = other.covered_life;
      }
      return true;
    });
    nodes_[life.id].name = life.name;
    last_node_ = life.id;
    earlier_.push_back(std::move(life));
  }
}

Expected<void> FileWriter::write_meta() {
  auto row = database_.prepare("INSERT INTO meta(key, value) VALUES(?, ?)");
  if (!row) return tl::unexpected(std::move(row.error()));
  const auto declared = declarations_checksum(database_);
  if (!declared) return tl::unexpected(declared.error());
  std::vector<std::pair<const char*, std::string>> facts{
      {"about", "Beamtape recording of Erlang nodes; read it with beamtape-analyzer"},
      {"format", std::to_string(kFormatVersion)},
      {"recorder", options_.recorder_version},
      {"declarations", std::to_string(*declared)},
      {"rows_per_group", std::to_string(kRowsPerGroup)}};
  if (options_.dropped_to > 0) {
    facts.emplace_back("dropped_to", std::to_string(options_.dropped_to));
  }
  if (options_.redacted) facts.emplace_back("redacted", "names");
  for (const auto& [key, value] : facts) {
    const auto done = row->bind(1, std::string_view(key)).bind(2, value).run();
    if (!done) return done;
  }
  return {};
}

// Parts have versions of their own: those of an earlier format stay as they are. So do rows,
// without the checksums that they were not given (NULL).
Expected<void> FileWriter::become_current() {
  const auto version = database_.number("PRAGMA user_version");
  if (!version) return tl::unexpected(version.error());
  if (version->value_or(0) == kFormatVersion) return {};
  return database_.exec(
      fmt::format("BEGIN IMMEDIATE; PRAGMA user_version={0}; "
                  "UPDATE meta SET value = '{0}' WHERE key = 'format'; "
                  "ALTER TABLE snapshot ADD COLUMN checksum INTEGER; "
                  "ALTER TABLE node_sample ADD COLUMN checksum INTEGER; "
                  "ALTER TABLE text ADD COLUMN checksum INTEGER; COMMIT",
                  kFormatVersion));
}

Expected<void> FileWriter::start_writing() {
  auto done =
      database_.exec(fmt::format("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; "
                                 "PRAGMA journal_size_limit={}",
                                 retention_.idle_wal_bytes()));
  if (!done) return done;
  if (!options_.durable) done = database_.exec("PRAGMA synchronous=OFF");
  if (!done) return done;
  // Debian's SQLite overwrites what is dropped with zeros, through the -wal: to drop a group would
  // take as much room as the group.
  done = database_.exec("PRAGMA secure_delete=OFF");
  if (!done) return done;
  reserve_.hold(path_, retention_.reserve_bytes());
  samples_.emplace(node_declaration());
  done = samples_->prepare(database_);
  return done ? prepare_statements() : done;
}

Expected<void> FileWriter::prepare_statements() {
  const auto fields = snapshot_fields();
  const std::pair<Statement*, std::string> statements[] = {
      {&insert_text_, "INSERT INTO text(epoch, id, text, checksum) VALUES(?, ?, ?, ?)"},
      {&insert_part_, "INSERT INTO part(key, data) VALUES(?, ?)"},
      {&insert_snapshot_,
       fmt::format("INSERT INTO snapshot({}, filling, not_answered, tables, row_checksum, "
                   "text_checksum, checksum) VALUES({})",
                   field_names(fields), placeholders(fields.size() + 6))}};
  for (const auto& [target, sql] : statements) {
    auto statement = database_.prepare(sql);
    if (!statement) return tl::unexpected(std::move(statement.error()));
    *target = std::move(*statement);
  }
  return {};
}

// The tables are made under another name, so that a kill never leaves a recording that does not
// open; at worst such a file, which is of no use.
Expected<void> FileWriter::make(const std::string& path, const Options& options) {
  if (auto free = look_for_earlier(path); !free) return free;
  const std::string file = fmt::format("{}.new-{}", path, getpid());
  const int made = open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (made < 0) return cannot_create(path, errno);
  ::close(made);
  auto database = Database::open(file, Database::Mode::kWrite);
  Expected<void> done;
  if (database) {
    FileWriter writer(file, options, {}, std::move(*database));
    done = writer.make_tables();
  } else {
    done = tl::unexpected(std::move(database.error()));
  }
  const int named = done ? give_name(file, path) : 0;
  if (done && named == 0) return {};
  remove_recording(file);
  if (done) return cannot_create(path, named);
  return fail(done.error().code, fmt::format("cannot create {}: {}", path, done.error().message));
}

Expected<std::unique_ptr<Writer>> Writer::create(const std::string& path, const Options& options) {
  if (auto made = FileWriter::make(path, options); !made) return tl::unexpected(made.error());
  const auto give_up = [&](const Error& error) {
    // It was made here and nothing was recorded yet, unless somebody goes on in it already.
    if (error.code != Error::Code::kRefused) remove_recording(path);
    return fail(error.code, fmt::format("cannot create {}: {}", path, error.message));
  };
  auto lock = FileLock::take(path);
  if (!lock) return give_up(lock.error());
  auto database = Database::open(path, Database::Mode::kWrite);
  if (!database) return give_up(database.error());
  auto writer = std::make_unique<FileWriter>(path, options, std::move(*lock), std::move(*database));
  const auto ready = writer->start_writing();
  if (ready) return writer;
  writer.reset();
  return give_up(ready.error());
}

void remove_recording(const std::string& path) {
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) unlink((path + suffix).c_str());
}

namespace {

// As `check` does, but for what the parts of the snapshots hold: to decode all of them would take
// minutes of a large file, in which nothing is recorded.
Expected<void> check_content(const std::string& path) {
  const auto reader = FileReader::open(path);
  if (!reader) return tl::unexpected(reader.error());
  const auto damage = (*reader)->check_plain();
  if (!damage) return tl::unexpected(damage.error());
  if (damage->empty()) return {};
  return fail(Error::Code::kMalformed,
              fmt::format("it is damaged ({}); see beamtape-analyzer check, or record into a new "
                          "file",
                          damage->front().what));
}

}  // namespace

Expected<std::unique_ptr<Writer>> Writer::append(const std::string& path, const Options& options) {
  // The reader knows what a recording is, and words what is not one.
  if (auto may = check_writable(path); !may) {
    return fail(may.error().code, "cannot append: " + may.error().message);
  }
  const auto cannot = [&](const Error& error) {
    return tl::unexpected(cannot_append(path, error));
  };
  auto lock = FileLock::take(path);
  if (!lock) return cannot(lock.error());
  // Before it is opened to be written, so that what is refused stays as it is.
  if (auto whole = check_content(path); !whole) return cannot(whole.error());
  auto database = Database::open(path, Database::Mode::kWrite);
  if (!database) return cannot(database.error());
  auto writer = std::make_unique<FileWriter>(path, options, std::move(*lock), std::move(*database));
  if (auto ready = writer->resume(); !ready) return cannot(ready.error());
  return writer;
}

}  // namespace beamtape
