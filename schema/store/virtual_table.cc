// SQLite's interface for tables that a program makes: https://www.sqlite.org/vtab.html. A table is
// eponymous: there without a CREATE. What a query says about `snapshot` and the key is handed to
// the maker of the rows, so that it does not decode the others; SQLite checks each row again
// itself, so a selection may be wider than what was asked for.

#include "schema/store/virtual_table.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <cmath>
#include <string_view>

namespace beamtape {
namespace {

constexpr int kSnapshotColumn = 0;
constexpr int kKeyColumn = 1;
// Guesses for SQLite's planner: only their order matters.
constexpr double kAllRows = 1e8;
constexpr double kSomeSnapshots = 1e7;
constexpr double kOneSnapshot = 1e5;
constexpr double kKeyHelps = 100;

struct Made : sqlite3_vtab {
  VirtualTables* tables = nullptr;
  std::size_t number = 0;
};

struct Cursor : sqlite3_vtab_cursor {
  std::unique_ptr<VirtualRows> rows;
  bool at_end = true;
  std::int64_t rowid = 0;
};

// What a module is told when it is connected.
struct Maker {
  VirtualTables* tables;
  std::size_t number;
  bool* declaring;
};

int connect(sqlite3* database, void* data, int, const char* const*, sqlite3_vtab** made, char**) {
  const auto& maker = *static_cast<Maker*>(data);
  std::string sql = "CREATE TABLE t(";
  std::string_view separator;
  for (const auto& column : maker.tables->tables()[maker.number].columns) {
    sql += fmt::format("{}{} {}", separator, quoted_name(column.name),
                       column.is_number ? "INTEGER" : "TEXT");
    separator = ", ";
  }
  *maker.declaring = true;
  const int declared = sqlite3_declare_vtab(database, (sql + ")").c_str());
  *maker.declaring = false;
  if (declared != SQLITE_OK) return declared;
  auto table = std::make_unique<Made>();
  table->tables = maker.tables;
  table->number = maker.number;
  *made = table.release();
  return SQLITE_OK;
}

int disconnect(sqlite3_vtab* table) {
  delete static_cast<Made*>(table);
  return SQLITE_OK;
}

// The letter under which best_index() tells filter() of a constraint; 0: it does not help.
char letter_of(const sqlite3_index_info::sqlite3_index_constraint& constraint) {
  if (constraint.usable == 0) return 0;
  if (constraint.iColumn == kKeyColumn) {
    return constraint.op == SQLITE_INDEX_CONSTRAINT_EQ ? 'k' : 0;
  }
  if (constraint.iColumn != kSnapshotColumn) return 0;
  switch (constraint.op) {
    case SQLITE_INDEX_CONSTRAINT_EQ:
      return '=';
    case SQLITE_INDEX_CONSTRAINT_GT:
      return '>';
    case SQLITE_INDEX_CONSTRAINT_GE:
      return 'g';
    case SQLITE_INDEX_CONSTRAINT_LT:
      return '<';
    case SQLITE_INDEX_CONSTRAINT_LE:
      return 'l';
    default:
      return 0;
  }
}

int best_index(sqlite3_vtab*, sqlite3_index_info* info) {
  std::string letters;
  for (int i = 0; i < info->nConstraint; ++i) {
    const char letter = letter_of(info->aConstraint[i]);
    if (letter == 0) continue;
    letters += letter;
    info->aConstraintUsage[i].argvIndex = static_cast<int>(letters.size());
  }
  const auto has = [&](char letter) { return letters.find(letter) != std::string::npos; };
  info->estimatedCost = has('=')                                             ? kOneSnapshot
                        : letters.find_first_of("<>lg") != std::string::npos ? kSomeSnapshots
                                                                             : kAllRows;
  if (has('k')) info->estimatedCost /= kKeyHelps;
  info->estimatedRows = static_cast<sqlite3_int64>(info->estimatedCost);
  info->idxStr = sqlite3_mprintf("%s", letters.c_str());
  info->needToFreeIdxStr = 1;
  return info->idxStr == nullptr ? SQLITE_NOMEM : SQLITE_OK;
}

// Narrows a selection by one constraint. False if no row can fit.
bool narrow(Selection& selection, char letter, sqlite3_value* value) {
  const int type = sqlite3_value_type(value);
  if (type == SQLITE_NULL) return false;
  if (letter == 'k') {
    const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(value));
    selection.key = std::string(text == nullptr ? "" : text,
                                static_cast<std::size_t>(sqlite3_value_bytes(value)));
    return true;
  }
  if (type != SQLITE_INTEGER && type != SQLITE_FLOAT) return true;  // SQLite compares it itself
  const double bound = sqlite3_value_double(value);
  if (std::abs(bound) > 1e15) return true;
  const auto floor = static_cast<std::int64_t>(std::floor(bound));
  const auto ceiling = static_cast<std::int64_t>(std::ceil(bound));
  auto& first = selection.first_snapshot;
  auto& last = selection.last_snapshot;
  if (letter == '>') first = std::max(first, floor + 1);
  if (letter == 'g' || letter == '=') first = std::max(first, ceiling);
  if (letter == '<') last = std::min(last, ceiling - 1);
  if (letter == 'l' || letter == '=') last = std::min(last, floor);
  return true;
}

int advance(sqlite3_vtab_cursor* base) {
  auto& cursor = *static_cast<Cursor*>(base);
  const auto more = cursor.rows->next();
  if (!more) {
    sqlite3_free(cursor.pVtab->zErrMsg);
    cursor.pVtab->zErrMsg = sqlite3_mprintf("%s", more.error().message.c_str());
    return SQLITE_ERROR;
  }
  cursor.at_end = !*more;
  ++cursor.rowid;
  return SQLITE_OK;
}

int filter(sqlite3_vtab_cursor* base, int, const char* letters, int count, sqlite3_value** values) {
  auto& cursor = *static_cast<Cursor*>(base);
  const auto& table = *static_cast<Made*>(cursor.pVtab);
  Selection selection;
  cursor.at_end = true;
  for (int i = 0; i < count; ++i) {
    if (!narrow(selection, letters[i], values[i])) return SQLITE_OK;
  }
  cursor.rows = table.tables->select(table.number, selection);
  return advance(base);
}

int open_cursor(sqlite3_vtab*, sqlite3_vtab_cursor** cursor) {
  *cursor = std::make_unique<Cursor>().release();
  return SQLITE_OK;
}

int close_cursor(sqlite3_vtab_cursor* cursor) {
  delete static_cast<Cursor*>(cursor);
  return SQLITE_OK;
}

int at_end(sqlite3_vtab_cursor* cursor) { return static_cast<Cursor*>(cursor)->at_end ? 1 : 0; }

struct GiveResult {
  sqlite3_context* context;
  void operator()(std::monostate) const { sqlite3_result_null(context); }
  void operator()(std::int64_t number) const { sqlite3_result_int64(context, number); }
  void operator()(double number) const { sqlite3_result_double(context, number); }
  void operator()(const std::string& text) const {
    sqlite3_result_text64(context, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  }
};

int column(sqlite3_vtab_cursor* cursor, sqlite3_context* context, int number) {
  std::visit(GiveResult{context},
             static_cast<Cursor*>(cursor)->rows->value(static_cast<std::size_t>(number)));
  return SQLITE_OK;
}

int rowid(sqlite3_vtab_cursor* cursor, sqlite3_int64* id) {
  *id = static_cast<Cursor*>(cursor)->rowid;
  return SQLITE_OK;
}

sqlite3_module make_module() {
  sqlite3_module module{};
  module.xConnect = connect;  // without xCreate: eponymous
  module.xDisconnect = disconnect;
  module.xBestIndex = best_index;
  module.xOpen = open_cursor;
  module.xClose = close_cursor;
  module.xFilter = filter;
  module.xNext = advance;
  module.xEof = at_end;
  module.xColumn = column;
  module.xRowid = rowid;
  return module;
}

}  // namespace

Expected<void> add_virtual_tables(sqlite3* database, VirtualTables& tables, bool* declaring) {
  static const sqlite3_module kModule = make_module();
  for (std::size_t number = 0; number < tables.tables().size(); ++number) {
    auto maker = std::make_unique<Maker>(Maker{&tables, number, declaring});
    const auto forget = [](void* data) { delete static_cast<Maker*>(data); };
    // SQLite owns the maker from here on, also where this fails.
    if (sqlite3_create_module_v2(database, tables.tables()[number].name.c_str(), &kModule,
                                 maker.release(), forget) != SQLITE_OK) {
      return fail(Error::Code::kOther, sqlite3_errmsg(database));
    }
  }
  return {};
}

}  // namespace beamtape
