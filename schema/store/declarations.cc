#include "schema/store/declarations.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "schema/codec/body.h"
#include "schema/store/checksum.h"
#include "schema/store/layout.h"

namespace beamtape {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxFields = 64;

std::string fields_text(const Column& column) {
  auto fields = json::array();
  for (const auto& field : column.fields) {
    fields.push_back({{"name", field.name},
                      {"type", static_cast<int>(field.type)},
                      {"unit", static_cast<int>(field.unit)}});
  }
  return fields.dump(-1, ' ', false, json::error_handler_t::replace);
}

// Numbers of a later version read as the plainest: integer, no unit, gauge.
template <typename Enum>
Enum enumerated(std::int64_t number, Enum last) {
  return number < 0 || number > static_cast<std::int64_t>(last) ? Enum{}
                                                                : static_cast<Enum>(number);
}

std::int64_t number_in(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_integer() ? found->get<std::int64_t>() : -1;
}

std::vector<Field> fields_of(std::string_view text) {
  std::vector<Field> fields;
  const auto parsed = json::parse(text, nullptr, false);
  if (!parsed.is_array()) return fields;
  for (const auto& item : parsed) {
    if (fields.size() == kMaxFields) break;
    Field field;
    if (item.is_object()) {
      const auto name = item.find("name");
      if (name != item.end() && name->is_string()) field.name = name->get<std::string>();
      field.type = enumerated(number_in(item, "type"), Type::kRef);
      field.unit = enumerated(number_in(item, "unit"), Unit::kNanoseconds);
    }
    fields.push_back(std::move(field));
  }
  return fields;
}

Expected<std::vector<Column>> read_columns(Database& database, std::int64_t table) {
  auto rows = database.prepare(
      "SELECT id, name, type, unit, kind, sentence, fields FROM col WHERE tbl = ? "
      "ORDER BY position, id");
  if (!rows) return tl::unexpected(std::move(rows.error()));
  rows->bind(1, table);
  std::vector<Column> columns;
  for (auto more = rows->step();; more = rows->step()) {
    if (!more) return tl::unexpected(std::move(more.error()));
    if (!*more) return columns;
    const auto id = rows->integer(0);
    if (id < 0 || id > 0xFFFF || columns.size() == kMaxColumns) {
      return fail(Error::Code::kMalformed, "columns out of range");
    }
    Column column;
    column.id = static_cast<std::uint16_t>(id);
    column.name = rows->text(1);
    column.type = enumerated(rows->integer(2), Type::kList);
    column.unit = enumerated(rows->integer(3), Unit::kNanoseconds);
    column.kind = enumerated(rows->integer(4), Kind::kIdentity);
    column.sentence = rows->text(5);
    column.fields = fields_of(rows->text(6));
    columns.push_back(std::move(column));
  }
}

// A file's `col` has (tbl, id) as its key, but a damaged one may lie.
bool distinct(const std::vector<Column>& columns) {
  std::set<std::uint16_t> ids;
  std::set<std::string_view> names;
  return std::all_of(columns.begin(), columns.end(), [&](const Column& column) {
    return ids.insert(column.id).second && names.insert(column.name).second;
  });
}

}  // namespace

Expected<void> write_declarations(Database& database, const std::vector<Table>& tables) {
  auto table_row = database.prepare("INSERT INTO tbl(id, name, sentence) VALUES(?, ?, ?)");
  if (!table_row) return tl::unexpected(std::move(table_row.error()));
  auto column_row = database.prepare(
      "INSERT INTO col(tbl, id, position, name, type, unit, kind, sentence, fields) "
      "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)");
  if (!column_row) return tl::unexpected(std::move(column_row.error()));
  for (const auto& table : tables) {
    auto done = table_row->bind(1, table.id).bind(2, table.name).bind(3, table.sentence).run();
    for (std::size_t i = 0; done && i < table.columns.size(); ++i) {
      const auto& column = table.columns[i];
      const auto fields = fields_text(column);
      column_row->bind(1, table.id).bind(2, column.id).bind(3, static_cast<std::int64_t>(i));
      column_row->bind(4, column.name).bind(5, static_cast<std::int64_t>(column.type));
      column_row->bind(6, static_cast<std::int64_t>(column.unit));
      column_row->bind(7, static_cast<std::int64_t>(column.kind)).bind(8, column.sentence);
      done = column_row->bind(9, fields).run();
    }
    if (!done) return done;
  }
  return {};
}

Expected<std::vector<Table>> read_declarations(Database& database,
                                               std::vector<std::string>& remarks) {
  auto rows = database.prepare("SELECT id, name, sentence FROM tbl ORDER BY id");
  if (!rows) return tl::unexpected(std::move(rows.error()));
  std::vector<Table> tables;
  std::int64_t last = -1;
  for (auto more = rows->step();; more = rows->step()) {
    if (!more) return tl::unexpected(std::move(more.error()));
    if (!*more) return tables;
    const auto id = rows->integer(0);
    if (id <= last) return fail(Error::Code::kMalformed, "its table tbl is damaged");
    last = id;
    Table table;
    table.name = rows->text(1);
    table.sentence = rows->text(2);
    auto columns = id >= 0 && id <= kMaxTableId ? read_columns(database, id)
                                                : fail(Error::Code::kMalformed, "number");
    if (!columns || columns->empty() || !distinct(*columns)) {
      remarks.push_back(
          fmt::format("the declaration of table {} cannot be read: its rows are "
                      "left out",
                      id));
      continue;
    }
    table.id = static_cast<std::uint16_t>(id);
    table.columns = std::move(*columns);
    tables.push_back(std::move(table));
  }
}

namespace {

// Of all rows that `sql` gives, the first so many columns.
Expected<void> add_rows(Database& database, const char* sql, int columns, RowChecksum& sum) {
  auto rows = database.prepare(sql);
  if (!rows) return tl::unexpected(std::move(rows.error()));
  auto more = rows->step();
  for (; more && *more; more = rows->step()) {
    for (int i = 0; i < columns; ++i) {
      rows->is_integer(i) ? sum.add(rows->integer(i)) : sum.add(rows->text(i));
    }
  }
  if (!more) return tl::unexpected(std::move(more.error()));
  return {};
}

}  // namespace

Expected<std::uint32_t> declarations_checksum(Database& database) {
  RowChecksum sum("declarations");
  auto done = add_rows(database, "SELECT id, name, sentence FROM tbl ORDER BY id", 3, sum);
  if (done) {
    done = add_rows(database,
                    "SELECT tbl, id, position, name, type, unit, kind, sentence, fields FROM col "
                    "ORDER BY tbl, id",
                    9, sum);
  }
  if (!done) return tl::unexpected(std::move(done.error()));
  return sum.value();
}

}  // namespace beamtape
