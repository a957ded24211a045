#include "schema/store/query.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>

#include "schema/store/file_reader.h"
#include "schema/store/virtual_table.h"

namespace beamtape {
namespace {

struct Guard {
  bool declaring = false;  // see add_virtual_tables()
  bool refused = false;
};

// Reading is all that a query may do: no other file, no setting, no temporary table.
int authorize(void* data, int action, const char*, const char*, const char*, const char*) {
  auto& guard = *static_cast<Guard*>(data);
  if (guard.declaring) return SQLITE_OK;
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_FUNCTION:
    case SQLITE_RECURSIVE:
      return SQLITE_OK;
    default:
      guard.refused = true;
      return SQLITE_DENY;
  }
}

SqlValue value_at(sqlite3_stmt* statement, int column) {
  constexpr std::string_view kHex = "0123456789abcdef";
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
      return static_cast<std::int64_t>(sqlite3_column_int64(statement, column));
    case SQLITE_FLOAT:
      return sqlite3_column_double(statement, column);
    case SQLITE_BLOB: {
      const auto* bytes = static_cast<const unsigned char*>(sqlite3_column_blob(statement, column));
      std::string hex;
      for (int i = 0; i < sqlite3_column_bytes(statement, column); ++i) {
        hex += {kHex[bytes[i] >> 4], kHex[bytes[i] & 15]};
      }
      return hex;
    }
    case SQLITE_TEXT:
      return std::string(reinterpret_cast<const char*>(sqlite3_column_text(statement, column)),
                         static_cast<std::size_t>(sqlite3_column_bytes(statement, column)));
    default:
      return std::monostate();
  }
}

bool is_blank(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return c == ';' || std::isspace(static_cast<unsigned char>(c)) != 0;
  });
}

class FileQuery final : public Query {
 public:
  explicit FileQuery(OpenedFile file) : file_(std::move(file)) {}

  Expected<void> prepare(VirtualTables& tables) {
    sqlite3* database = file_.database.handle();
    // A person's query may take as long as it takes; Ctrl-C ends it.
    sqlite3_progress_handler(database, 0, nullptr, nullptr);
    if (auto added = add_virtual_tables(database, tables, &guard_.declaring); !added) return added;
    sqlite3_set_authorizer(database, authorize, &guard_);
    return {};
  }

  Expected<void> run(const std::string& sql,
                     const std::function<void(const std::vector<std::string>&)>& head,
                     const std::function<bool(const std::vector<SqlValue>&)>& row) override {
    sqlite3* database = file_.database.handle();
    guard_.refused = false;
    sqlite3_stmt* raw = nullptr;
    const char* rest = nullptr;
    const int prepared =
        sqlite3_prepare_v2(database, sql.c_str(), static_cast<int>(sql.size()), &raw, &rest);
    const Statement owner(raw, nullptr);
    if (prepared != SQLITE_OK) return wrong();
    if (raw == nullptr) return wrong("it is empty; say a SELECT");
    if (!is_blank(rest)) return wrong("it is more than one statement");
    const int columns = sqlite3_column_count(raw);
    std::vector<std::string> names;
    for (int i = 0; i < columns; ++i) names.emplace_back(sqlite3_column_name(raw, i));
    head(names);
    return step_through(raw, columns, row);
  }

 private:
  Expected<void> step_through(sqlite3_stmt* statement, int columns,
                              const std::function<bool(const std::vector<SqlValue>&)>& row) {
    std::vector<SqlValue> values(static_cast<std::size_t>(columns));
    int result = sqlite3_step(statement);
    for (; result == SQLITE_ROW; result = sqlite3_step(statement)) {
      for (int i = 0; i < columns; ++i) {
        values[static_cast<std::size_t>(i)] = value_at(statement, i);
      }
      if (!row(values)) return {};
    }
    if (result == SQLITE_DONE) return {};
    return wrong();
  }

  tl::unexpected<Error> wrong(std::string_view why = {}) const {
    if (guard_.refused) why = "it would change something; only SELECT is allowed";
    sqlite3* database = file_.database.handle();
    auto code = Error::Code::kUsage;
    std::string reason(why.empty() ? sqlite3_errmsg(database) : why);
    const int failed = sqlite3_errcode(database) & 0xFF;
    // Of these the words of the query are not to blame.
    if (why.empty() && (failed == SQLITE_CORRUPT || failed == SQLITE_NOTADB ||
                        failed == SQLITE_NOMEM || failed == SQLITE_IOERR)) {
      const Error error = sqlite_error(database);
      code = error.code;
      reason = error.message;
    }
    return fail(code, fmt::format("cannot run the query: {}", reason));
  }

  // Outlives the connection, which refers to it.
  Guard guard_;
  OpenedFile file_;
};

}  // namespace

Expected<std::unique_ptr<Query>> Query::open(const std::string& path, VirtualTables& tables) {
  auto file = open_recording(path);
  if (!file) return tl::unexpected(std::move(file.error()));
  auto query = std::make_unique<FileQuery>(std::move(*file));
  if (auto ready = query->prepare(tables); !ready) return tl::unexpected(std::move(ready.error()));
  return query;
}

}  // namespace beamtape
