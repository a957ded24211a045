#include "analyzer/commands/rows.h"

#include <fmt/format.h>

#include <algorithm>

#include "analyzer/load/text.h"

namespace beamtape {
Expected<ShownList> choose_columns(const std::string& names, const std::vector<Shown>& columns) {
  ShownList chosen;
  if (names == "all") {
    for (const Shown& column : columns) chosen.push_back(&column);
    return chosen;
  }
  for (std::size_t start = 0; start <= names.size();) {
    const std::size_t end = std::min(names.find(',', start), names.size());
    const std::string name = names.substr(start, end - start);
    const Shown* column = find_shown(columns, name);
    if (!column) {
      return fail(Error::Code::kUsage, fmt::format("cannot show the column '{}': no such column{}",
                                                   name, suggestion(name, names_of(columns))));
    }
    chosen.push_back(column);
    start = end + 1;
  }
  return chosen;
}

std::string Footnotes::cell(const Value& value, Unit unit) {
  const NoValue* none = no_value(value);
  if (!none || !none->not_read()) return display(value, unit);
  const std::string reason = none->reason();
  auto found = std::find(reasons_.begin(), reasons_.end(), reason);
  if (found == reasons_.end()) found = reasons_.insert(reasons_.end(), reason);
  return fmt::format("?{}", found - reasons_.begin() + 1);
}

std::string Footnotes::text() const {
  std::string text;
  for (std::size_t i = 0; i < reasons_.size(); ++i) {
    const bool asked = reasons_[i] != reason_text(Missing::kNotRecorded);
    text += fmt::format("?{} {}{}\n", i + 1, asked ? "not read: " : "", reasons_[i]);
  }
  return text;
}

std::string unit_notes(const Table& table, const ShownList& columns, bool looks_back) {
  using Source = Shown::Source;
  std::vector<std::string> open;
  std::string text;
  for (const Shown* one : columns) {
    if (one->source == Source::kWorked) {
      text = looks_back ? "worked: share of the window\n"
                        : "worked: share of the time since the node began to measure it; --window "
                          "takes that of a window\n";
      continue;
    }
    const bool of_table = one->source == Source::kColumn || one->source == Source::kDelta ||
                          one->source == Source::kRate;
    if (of_table && one->is_number() && one->unit == Unit::kNone &&
        table.columns[one->column].kind == Kind::kCounter) {
      open.push_back(one->name);
    }
  }
  if (open.empty()) return text;
  return text + joined(open, ", ") + ": in a unit that the node does not tell\n";
}

Json columns_json(const ShownList& columns) {
  Json all = Json::array();
  for (const Shown* column : columns) {
    const std::string unit = unit_name(column->unit);
    all.push_back({{"name", column->name},
                   {"type", type_name(column->type)},
                   {"unit", unit.empty() ? Json(nullptr) : Json(unit)},
                   {"kind", kind_name(column->kind)}});
  }
  return all;
}

RowValues values_of(const RowView& row, const ShownList& columns) {
  RowValues values;
  values.reserve(columns.size());
  for (const Shown* column : columns) values.push_back(value_of(row, *column));
  return values;
}

void add_row(Json& object, const RowValues& values, const ShownList& columns) {
  Json not_read = Json::object();
  for (std::size_t i = 0; i < columns.size(); ++i) {
    object[columns[i]->name] = to_json(values[i]);
    const NoValue* none = no_value(values[i]);
    if (none && none->not_read()) not_read[columns[i]->name] = none->reason();
  }
  if (!not_read.empty()) object["not_read"] = std::move(not_read);
}

std::string csv_header(const std::vector<std::string>& before, const ShownList& columns) {
  std::string line;
  for (const std::string& name : before) line += csv_quoted(name) + ",";
  for (const Shown* column : columns) line += csv_quoted(column->name) + ",";
  return line + "not_read\n";
}

std::string csv_row(const std::vector<std::string>& before, const RowValues& values,
                    const ShownList& columns) {
  std::string line;
  std::vector<std::string> not_read;
  for (const std::string& field : before) line += csv_quoted(field) + ",";
  for (std::size_t i = 0; i < columns.size(); ++i) {
    line += csv_quoted(csv_text(values[i])) + ",";
    const NoValue* none = no_value(values[i]);
    if (none && none->not_read()) not_read.push_back(columns[i]->name + ": " + none->reason());
  }
  return line + csv_quoted(joined(not_read, "; ")) + "\n";
}

void JsonDocument::member(const std::string& key, const Json& value) {
  out_.write((empty_ ? "{" : ",\n ") + json_text(key) + ": " + json_text(value));
  empty_ = false;
}

void JsonDocument::begin_array(const std::string& key) {
  out_.write((empty_ ? "{" : ",\n ") + json_text(key) + ": [");
  empty_ = false;
  array_empty_ = true;
}

bool JsonDocument::element(const Json& value) {
  const bool taken = out_.write((array_empty_ ? "\n  " : ",\n  ") + json_text(value));
  array_empty_ = false;
  return taken;
}

void JsonDocument::end_array() { out_.write(array_empty_ ? "]" : "\n ]"); }

void JsonDocument::end() { out_.write(empty_ ? "{}\n" : "}\n"); }

}  // namespace beamtape
