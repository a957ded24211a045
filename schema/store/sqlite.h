#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "schema/error.h"

struct sqlite3;
struct sqlite3_stmt;
struct sqlite3_blob;

namespace beamtape {

// A thin owner of SQLite's handles. Not a public header: only schema/store includes it. Errors
// carry SQLite's own words; callers put "cannot write FILE: " before them.

// What failed last, in words for a person, and its code.
Error sqlite_error(sqlite3* database);

// Steps of SQLite's machine that one statement may take. The pages of a damaged file may refer to
// each other in a circle, and a walk over them would never end.
struct StepBudget {
  std::int64_t limit = 0;
  std::int64_t other = 0;           // taken outside of any statement, as when a schema is read
  std::int64_t* current = nullptr;  // taken by the statement that runs
};

class Statement {
 public:
  Statement() = default;
  // `budget` may be null: no limit. It must outlive this.
  Statement(sqlite3_stmt* statement, StepBudget* budget) : statement_(statement), budget_(budget) {}

  // Positions count from 1. Texts and blobs must live until the next step().
  Statement& bind(int position, std::int64_t value);
  Statement& bind(int position, std::string_view text);
  Statement& bind_blob(int position, std::span<const std::uint8_t> bytes);
  Statement& bind_null(int position);

  // True if there is a row, false at the end (the statement is reset then, as after an error).
  Expected<bool> step();
  // Steps to the end, for statements without rows.
  Expected<void> run();
  void reset();

  // Of the current row; columns count from 0. A wrong type reads as 0 or empty.
  bool is_null(int column) const;
  bool is_integer(int column) const;
  std::int64_t integer(int column) const;
  std::string_view text(int column) const;  // until the next step

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  StepBudget* budget_ = nullptr;
  std::int64_t steps_ = 0;
};

// A blob of one row after another, read in place without copying the rest of it.
class BlobReader {
 public:
  // Goes to another row of the table. False if there is no such row or it cannot be read.
  bool open(sqlite3* database, const char* table, const char* column, std::int64_t row);
  std::size_t size() const;
  bool read(std::size_t offset, std::span<std::uint8_t> into);
  void close() { blob_.reset(); }
  // SQLite's word for what failed last.
  std::string why() const { return why_; }

 private:
  struct Close {
    void operator()(sqlite3_blob* blob) const;
  };
  std::unique_ptr<sqlite3_blob, Close> blob_;
  std::string why_;
};

class Database {
 public:
  enum class Mode { kWrite, kRead, kImmutable };

  // Opens an existing file. kImmutable takes no locks and ignores a -wal.
  static Expected<Database> open(const std::string& path, Mode mode);

  Expected<void> exec(const std::string& sql);
  Expected<Statement> prepare(const std::string& sql);
  // First column of the first row; nothing if there is no row.
  Expected<std::optional<std::int64_t>> number(const std::string& sql);
  bool in_transaction() const;
  // Folds the -wal in as far as readers let it, without waiting for them.
  struct Folded {
    std::optional<std::int64_t> frames;  // pages that the -wal has; nothing: it could not be done
    bool is_reused = false;              // what comes next is written over them
    bool is_longer = false;              // rows were changed since the last time
    bool is_full = false;                // the file system is, else somebody reads them
  };
  Folded fold_in();
  sqlite3* handle() const { return database_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  void limit_steps(const std::string& path);

  std::unique_ptr<StepBudget> budget_;
  std::unique_ptr<sqlite3, Close> database_;
  std::int64_t folded_changes_ = 0;  // of rows, when it was folded in last
};

// The first bytes of a file, zeros where it has fewer, as SQLite itself reads them: to close a
// descriptor of one's own ends all locks of this process's connections to the file
// (https://www.sqlite.org/howtocorrupt.html). kNotFound: it cannot be read.
Expected<void> read_start(const std::string& path, std::span<std::uint8_t> into);

// An identifier in SQL, whatever characters it has.
std::string quoted_name(std::string_view name);

}  // namespace beamtape
