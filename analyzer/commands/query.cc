#include "schema/store/query.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "analyzer/commands/all_commands.h"
#include "analyzer/commands/options.h"
#include "analyzer/commands/rows.h"
#include "analyzer/commands/text_table.h"
#include "analyzer/load/text.h"
#include "analyzer/query/recording_tables.h"

namespace beamtape {
namespace query_command {
namespace {

struct Options {
  std::string file;
  std::string sql;
  FormatOption format;
};

std::string plain_text(const SqlValue& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return fmt::format("{}", *number);
  if (const auto* real = std::get_if<double>(&value)) return fmt::format("{}", *real);
  const auto* text = std::get_if<std::string>(&value);
  return text ? *text : std::string();
}

Json json_of(const SqlValue& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  if (const auto* real = std::get_if<double>(&value)) return *real;
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  return nullptr;
}

// Two columns of one name would be one member of a row: later ones get a number.
std::vector<std::string> distinct(std::vector<std::string> names) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string name = names[i];
    const auto before = names.begin() + static_cast<std::ptrdiff_t>(i);
    for (int number = 2; std::find(names.begin(), before, names[i]) != before; ++number) {
      names[i] = fmt::format("{}_{}", name, number);
    }
  }
  return names;
}

// Where the rows of a query go, while they come.
class RowWriter {
 public:
  virtual ~RowWriter() = default;
  virtual void head(const std::vector<std::string>& names) = 0;
  virtual bool row(const std::vector<SqlValue>& values) = 0;
  virtual void end(const std::vector<std::string>& damage) = 0;
};

class JsonRows : public RowWriter {
 public:
  explicit JsonRows(Output& out) : document_(out) {}
  void head(const std::vector<std::string>& names) override {
    names_ = distinct(names);
    document_.member("schema", 1);
    document_.member("command", "query");
    document_.member("columns", names_);
    document_.begin_array("rows");
  }
  bool row(const std::vector<SqlValue>& values) override {
    Json object = Json::object();
    for (std::size_t i = 0; i < values.size(); ++i) object[names_[i]] = json_of(values[i]);
    return document_.element(object);
  }
  void end(const std::vector<std::string>& damage) override {
    document_.end_array();
    document_.member("damage", damage);
    document_.end();
  }

 private:
  JsonDocument document_;
  std::vector<std::string> names_;
};

class CsvRows : public RowWriter {
 public:
  explicit CsvRows(Output& out) : out_(out) {}
  void head(const std::vector<std::string>& names) override {
    std::vector<std::string> fields;
    for (const std::string& name : names) fields.push_back(csv_quoted(name));
    out_.write(joined(fields, ",") + "\n");
  }
  bool row(const std::vector<SqlValue>& values) override {
    std::vector<std::string> fields;
    for (const SqlValue& value : values) fields.push_back(csv_quoted(plain_text(value)));
    return out_.write(joined(fields, ",") + "\n");
  }
  void end(const std::vector<std::string>&) override {}

 private:
  Output& out_;
};

// Rows wait for those that decide the widths with them, and never for the end, which an endless
// SELECT does not have. Columns of later rows are at least as wide.
class TableRows : public RowWriter {
 public:
  explicit TableRows(Output& out) : out_(out) {}
  void head(const std::vector<std::string>& names) override {
    for (const std::string& name : names) styles_.push_back({printable(name), true, false, 0});
  }
  bool row(const std::vector<SqlValue>& values) override {
    std::vector<std::string> cells;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const bool none = std::holds_alternative<std::monostate>(values[i]);
      cells.push_back(none ? "-" : printable(plain_text(values[i])));
      bytes_ += cells.back().size();
      const bool text = std::holds_alternative<std::string>(values[i]);
      if (!text || !is_first_) continue;
      styles_[i].right_aligned = false;
      styles_[i].may_shrink = true;
    }
    rows_.push_back(std::move(cells));
    return bytes_ < kMostBytes && rows_.size() < kMostRows ? true : write();
  }
  void end(const std::vector<std::string>&) override {
    if (is_first_ || !rows_.empty()) write();
  }

 private:
  static constexpr std::size_t kMostRows = 1000, kMostBytes = 1 << 20;

  bool write() {
    TextTable table(styles_);
    for (auto& row : rows_) table.add(std::move(row));
    const auto widths = table.widths(kTerminalWidth);
    const bool taken = out_.write(table.text(kTerminalWidth, ""));
    for (std::size_t i = 0; i < styles_.size(); ++i) {
      styles_[i].header.clear();
      styles_[i].at_least = widths[i];
    }
    rows_.clear();
    bytes_ = 0;
    is_first_ = false;
    return taken;
  }

  Output& out_;
  std::vector<TextTable::ColumnStyle> styles_;
  std::vector<std::vector<std::string>> rows_;
  std::size_t bytes_ = 0;
  bool is_first_ = true;
};

std::unique_ptr<RowWriter> writer_for(Format format, Output& out) {
  if (format == Format::kJson) return std::make_unique<JsonRows>(out);
  if (format == Format::kCsv) return std::make_unique<CsvRows>(out);
  return std::make_unique<TableRows>(out);
}

Expected<int> run(const Options& options, Context& context) {
  const auto recording = open_recording(context, options.file);
  if (!recording) return tl::unexpected(recording.error());
  RecordingTables tables(*recording);
  const auto query = Query::open(options.file, tables);
  if (!query) return tl::unexpected(query.error());
  const auto writer = writer_for(options.format.format(), context.live);
  const auto done = (*query)->run(
      options.sql, [&](const auto& names) { writer->head(names); },
      [&](const auto& values) { return writer->row(values); });
  if (!done) return tl::unexpected(done.error());
  const auto damage = damage_texts(*recording, tables.damage());
  writer->end(damage);
  return warn_of_damage(context, options.file, damage);
}

Command::Run declare(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  add_file(app, options->file);
  app.add_option("SQL", options->sql, "A SELECT, in the dialect of SQLite")
      ->required()
      ->type_name("");
  add_format(app, options->format, true);
  app.footer(
      "Tables: process, ets, port, socket, allocator, scheduler, connection and question with a\n"
      "column `snapshot` and those of `show`; and the plain ones of schema/FORMAT.md.\n"
      "Rows are printed as they are found, and FILE is held open until all have been taken.\n"
      "Example: query FILE 'SELECT name, memory FROM process WHERE snapshot = 12 ORDER BY 2 DESC'");
  return [options](Context& context) { return run(*options, context); };
}

}  // namespace
}  // namespace query_command

const Command kQueryCommand{"query", "SQL over everything that was recorded",
                            query_command::declare};

}  // namespace beamtape
