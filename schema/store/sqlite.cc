#include "schema/store/sqlite.h"

#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>
#include <vector>

namespace beamtape {
namespace {

// The longest value and statement that SQLite is to handle: a row group's part or a text never
// comes near, and a damaged length must not make it allocate more.
constexpr int kMaxValueBytes = 1 << 30;
constexpr int kBusyTimeoutMs = 5000;
// Bytes that one adds, about: the first snapshot of some million processes.
constexpr rlim_t kLargestTransaction = rlim_t{64} << 20;
// Machine steps between looks at the budget, and what a statement may take: no walk over whole
// pages needs as many as these for each byte of the file.
constexpr int kStepsBetweenLooks = 1000;
constexpr std::int64_t kStepsPerByte = 16;
constexpr std::int64_t kStepsAlways = 1'000'000;

int look_at_budget(void* data) {
  auto& budget = *static_cast<StepBudget*>(data);
  auto& taken = budget.current != nullptr ? *budget.current : budget.other;
  taken += kStepsBetweenLooks;
  return taken > budget.limit ? 1 : 0;
}

// SQLite's own words for it tell nobody what has happened.
constexpr const char* kDamagedPage = "a part of the file is missing or damaged";

bool is_damage(int code) {
  return (code & 0xFF) == SQLITE_CORRUPT || (code & 0xFF) == SQLITE_NOTADB;
}

// What a file's size is limited to (`ulimit -f`); infinite if it is not.
rlim_t file_limit() {
  struct rlimit limit {};
  return getrlimit(RLIMIT_FSIZE, &limit) == 0 ? limit.rlim_cur : RLIM_INFINITY;
}

// True if a transaction may have made the file, or what stands beside it, as large as files may be.
// By now what it wrote may have been taken back.
bool has_reached_limit(sqlite3* database) {
  const char* name = sqlite3_db_filename(database, "main");
  const rlim_t limit = file_limit();
  if (name == nullptr || limit == RLIM_INFINITY) return false;
  for (const char* suffix : {"", "-wal", "-journal"}) {
    struct stat status {};
    if (stat((std::string(name) + suffix).c_str(), &status) != 0) status.st_size = 0;
    if (static_cast<rlim_t>(status.st_size) + kLargestTransaction > limit) return true;
  }
  return false;
}

Error full_disk() { return {Error::Code::kDiskFull, "no space left"}; }

// The disk may have room yet: who reads this should not look for it there.
Error limited_file() {
  auto error = full_disk();
  const rlim_t limit = file_limit();
  error.message +=
      limit == RLIM_INFINITY
          ? ": the file system takes no larger file"
          : fmt::format(": files may not be larger than {} KiB (ulimit -f)", limit / 1024);
  return error;
}

}  // namespace

Error sqlite_error(sqlite3* database) {
  const int code = sqlite3_extended_errcode(database);
  const int reason = sqlite3_system_errno(database);
  Error error;
  error.message = sqlite3_errmsg(database);
  if (is_damage(code)) return {Error::Code::kMalformed, kDamagedPage};
  switch (code & 0xFF) {
    case SQLITE_IOERR:
      if (reason == ENOSPC || reason == EDQUOT) return full_disk();
      // Where a transaction is taken back the reason of the failed write is no longer known.
      if (reason == EFBIG || (code == SQLITE_IOERR_WRITE && has_reached_limit(database))) {
        return limited_file();
      }
      break;
    case SQLITE_FULL:
      return full_disk();
    case SQLITE_NOMEM:
      error.code = Error::Code::kNoMemory;
      break;
    case SQLITE_INTERRUPT:
      error.code = Error::Code::kMalformed;
      error.message = "its pages refer to each other in a circle";
      break;
    default:
      break;
  }
  return error;
}

namespace {

// A path as SQLite takes it literally: "file:x" and ":memory:" are files, too.
std::string plain_path(const std::string& path) {
  return path.starts_with('/') ? path : "./" + path;
}

std::string immutable_uri(const std::string& path) {
  constexpr std::string_view kSafe =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string uri = "file:";
  for (const char c : plain_path(path)) {
    if (kSafe.find(c) != std::string_view::npos) {
      uri += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      uri += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return uri + "?immutable=1";
}

// A recording comes from elsewhere: its schema is not trusted, and a file that was cut short
// opens as far as it goes (which SQLite allows only where the schema may be written, so that
// the flag is safe on a connection that only reads).
void distrust(sqlite3* database) {
  sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(database, SQLITE_DBCONFIG_WRITABLE_SCHEMA, 1, nullptr);
  sqlite3_exec(database, "PRAGMA cell_size_check=ON", nullptr, nullptr, nullptr);
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
void BlobReader::Close::operator()(sqlite3_blob* blob) const { sqlite3_blob_close(blob); }
void Database::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

Statement& Statement::bind(int position, std::int64_t value) {
  sqlite3_bind_int64(statement_.get(), position, value);
  return *this;
}
Statement& Statement::bind(int position, std::string_view text) {
  sqlite3_bind_text64(statement_.get(), position, text.empty() ? "" : text.data(), text.size(),
                      SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}
Statement& Statement::bind_blob(int position, std::span<const std::uint8_t> bytes) {
  sqlite3_bind_blob64(statement_.get(), position, bytes.data(), bytes.size(), SQLITE_STATIC);
  return *this;
}
Statement& Statement::bind_null(int position) {
  sqlite3_bind_null(statement_.get(), position);
  return *this;
}

Expected<bool> Statement::step() {
  if (budget_ != nullptr) budget_->current = &steps_;
  const int result = sqlite3_step(statement_.get());
  if (budget_ != nullptr) budget_->current = nullptr;
  if (result == SQLITE_ROW) return true;
  if (result == SQLITE_DONE) {
    reset();
    return false;
  }
  auto error = sqlite_error(sqlite3_db_handle(statement_.get()));
  reset();
  return tl::unexpected(std::move(error));
}

Expected<void> Statement::run() {
  auto more = step();
  while (more && *more) more = step();
  if (!more) return tl::unexpected(std::move(more.error()));
  return {};
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
  steps_ = 0;
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}
bool Statement::is_integer(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_INTEGER;
}
std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}
std::string_view Statement::text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  if (text == nullptr) return {};
  return {text, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

bool BlobReader::open(sqlite3* database, const char* table, const char* column, std::int64_t row) {
  int result = SQLITE_OK;
  if (blob_) {
    result = sqlite3_blob_reopen(blob_.get(), row);
  } else {
    sqlite3_blob* blob = nullptr;
    result = sqlite3_blob_open(database, "main", table, column, row, 0, &blob);
    blob_.reset(blob);
  }
  if (result == SQLITE_OK) return true;
  why_ = result == SQLITE_ERROR ? "not there" : sqlite_error(database).message;
  blob_.reset();
  return false;
}

std::size_t BlobReader::size() const {
  return static_cast<std::size_t>(sqlite3_blob_bytes(blob_.get()));
}

bool BlobReader::read(std::size_t offset, std::span<std::uint8_t> into) {
  if (offset > size() || into.size() > size() - offset) {
    why_ = "cut short";
    return false;
  }
  const int result = sqlite3_blob_read(blob_.get(), into.data(), static_cast<int>(into.size()),
                                       static_cast<int>(offset));
  if (result != SQLITE_OK) why_ = is_damage(result) ? kDamagedPage : sqlite3_errstr(result);
  return result == SQLITE_OK;
}

Expected<Database> Database::open(const std::string& path, Mode mode) {
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  flags |= mode == Mode::kWrite ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
  if (mode == Mode::kImmutable) flags |= SQLITE_OPEN_URI;
  const auto name = mode == Mode::kImmutable ? immutable_uri(path) : plain_path(path);
  sqlite3* handle = nullptr;
  const int result = sqlite3_open_v2(name.c_str(), &handle, flags, nullptr);
  Database database;
  database.database_.reset(handle);
  if (result != SQLITE_OK) {
    return fail(handle != nullptr ? sqlite3_errmsg(handle) : "out of memory");
  }
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, kMaxValueBytes);
  if (mode != Mode::kWrite) {
    database.limit_steps(path);
    distrust(handle);
  }
  return database;
}

void Database::limit_steps(const std::string& path) {
  struct stat status {};
  const std::int64_t bytes = stat(path.c_str(), &status) == 0 ? status.st_size : 0;
  budget_ = std::make_unique<StepBudget>();
  budget_->limit = kStepsAlways + bytes * kStepsPerByte;
  sqlite3_progress_handler(handle(), kStepsBetweenLooks, look_at_budget, budget_.get());
}

Expected<void> Database::exec(const std::string& sql) {
  if (sqlite3_exec(handle(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return tl::unexpected(sqlite_error(handle()));
  }
  return {};
}

Expected<Statement> Database::prepare(const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  if (budget_) budget_->other = 0;
  if (sqlite3_prepare_v3(handle(), sql.c_str(), static_cast<int>(sql.size()),
                         SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK) {
    return tl::unexpected(sqlite_error(handle()));
  }
  return Statement(statement, budget_.get());
}

Expected<std::optional<std::int64_t>> Database::number(const std::string& sql) {
  auto statement = prepare(sql);
  if (!statement) return tl::unexpected(std::move(statement.error()));
  const auto row = statement->step();
  if (!row) return tl::unexpected(row.error());
  if (!*row || statement->is_null(0)) return std::nullopt;
  return statement->integer(0);
}

Database::Folded Database::fold_in() {
  int frames = -1;
  sqlite3_busy_timeout(handle(), 0);
  const int result =
      sqlite3_wal_checkpoint_v2(handle(), "main", SQLITE_CHECKPOINT_RESTART, &frames, nullptr);
  sqlite3_busy_timeout(handle(), kBusyTimeoutMs);
  Folded folded{.is_reused = frames >= 0 && result == SQLITE_OK};
  if (frames >= 0) folded.frames = frames;
  const std::int64_t changes = sqlite3_total_changes64(handle());
  folded.is_longer = std::exchange(folded_changes_, changes) != changes;
  folded.is_full = result != SQLITE_OK && sqlite_error(handle()).code == Error::Code::kDiskFull;
  return folded;
}

bool Database::in_transaction() const { return sqlite3_get_autocommit(handle()) == 0; }

namespace {

struct FreeName {
  void operator()(const char* name) const { sqlite3_free_filename(const_cast<char*>(name)); }
};
struct CloseFile {
  void operator()(sqlite3_file* file) const {
    if (file->pMethods != nullptr) file->pMethods->xClose(file);
  }
};

}  // namespace

Expected<void> read_start(const std::string& path, std::span<std::uint8_t> into) {
  sqlite3_vfs* const system = sqlite3_vfs_find(nullptr);
  const auto cannot = [&] {
    return fail(Error::Code::kNotFound, std::strerror(system->xGetLastError(system, 0, nullptr)));
  };
  std::string full(static_cast<std::size_t>(system->mxPathname) + 1, '\0');
  const int found =
      system->xFullPathname(system, path.c_str(), static_cast<int>(full.size()), full.data());
  if ((found & 0xFF) != SQLITE_OK) return cannot();
  const std::unique_ptr<const char, FreeName> name(
      sqlite3_create_filename(full.c_str(), "", "", 0, nullptr));
  if (!name) return fail(Error::Code::kNoMemory, "out of memory");
  std::vector<std::byte> place(static_cast<std::size_t>(system->szOsFile));
  const std::unique_ptr<sqlite3_file, CloseFile> file(
      reinterpret_cast<sqlite3_file*>(place.data()));
  const int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_MAIN_DB;
  if (system->xOpen(system, name.get(), file.get(), flags, nullptr) != SQLITE_OK) return cannot();
  const int read = file->pMethods->xRead(file.get(), into.data(), static_cast<int>(into.size()), 0);
  if (read == SQLITE_OK || read == SQLITE_IOERR_SHORT_READ) return {};
  return fail(Error::Code::kNotFound, sqlite3_errstr(read));
}

std::string quoted_name(std::string_view name) {
  std::string result = "\"";
  for (const char c : name) {
    if (c == '"') result += '"';
    result += c;
  }
  return result + '"';
}

}  // namespace beamtape
