#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <variant>
#include <vector>

#include "schema/model/cell.h"
#include "schema/store/reader.h"
#include "schema/tables/column.h"

namespace beamtape {

// The only place that turns raw cells into what people and programs read. A cell is decoded once
// into a Value; tables, JSON, CSV, filters and sorting all take that.

// Keys stay in the order in which they are added.
using Json = nlohmann::ordered_json;

// Texts and lists of one keyframe group. Does not own the reader.
class Texts {
 public:
  Texts(Reader& reader, std::int64_t epoch) : reader_(&reader), epoch_(epoch) {}
  // Also texts that no file has, of rows that are made here: `own`, which has to outlive this.
  Texts(Reader& reader, std::int64_t epoch, const std::vector<std::string>& own)
      : reader_(&reader), epoch_(epoch), own_(&own) {}
  // The id of own[index].
  static constexpr Cell own_id(std::size_t index) { return -1 - static_cast<Cell>(index); }

  std::optional<std::string_view> text(Cell id) const {
    const auto index = static_cast<std::size_t>(-1 - id);
    if (own_ && id < 0 && index < own_->size()) return (*own_)[index];
    return reader_->text(epoch_, id);
  }
  std::optional<ListView> list(Cell id) const { return reader_->list(epoch_, id); }

 private:
  Reader* reader_;
  std::int64_t epoch_;
  const std::vector<std::string>* own_ = nullptr;
};

// No value, and why. `lost`: there was one, but this part of the recording is damaged.
struct NoValue {
  Missing why = Missing::kNone;
  bool lost = false;

  // True where the value exists on the node but not here: shown with its reason, never blank.
  bool not_read() const { return lost || why != Missing::kNone; }
  std::string reason() const;
};

// Texts hold names as their author writes them (elixir_names.h).
using Scalar = std::variant<NoValue, std::int64_t, bool, std::string>;

struct ListValue {
  std::uint64_t true_count = 0;  // on the node; `elements` may be fewer
  const std::vector<Field>* fields = nullptr;
  std::vector<std::vector<Scalar>> elements;
};

using Value = std::variant<NoValue, std::int64_t, bool, std::string, ListValue>;

Scalar decode_scalar(Cell cell, Type type, const Texts& texts);
// The value refers to `column` (the fields of a list).
Value decode(Cell cell, const Column& column, const Texts& texts);

// Null unless the value is missing.
const NoValue* no_value(const Value& value);

// For people: sizes with a unit, counts in groups of three, "-" for none, "?" for not read.
// A list is its count and its first elements.
std::string display(const Value& value, Unit unit);
std::string display(const Scalar& value, Unit unit);
// One element of a list: its fields, separated by spaces, numbers without a unit by name.
std::string display_element(const ListValue& list, std::size_t index);

// Raw numbers, null for none and for not read. A list is an array: of its elements where they
// have one field, else of objects.
Json to_json(const Value& value);
// As it is written, with so many spaces a level; -1: in one line. Broken UTF-8 from a node is
// U+FFFD in it, and C1 controls, which could move a terminal's cursor, are escaped as C0 are.
std::string json_text(const Json& value, int indent = -1);
// Raw numbers, empty for none and for not read; a list's elements separated by spaces, the
// fields of an element by "|".
std::string csv_text(const Value& value);

// `text` as one field of a CSV line, quoted where needed (RFC 4180).
std::string csv_quoted(const std::string& text);

const char* unit_name(Unit unit);  // "bytes"; empty for none
const char* kind_name(Kind kind);
const char* type_name(Type type);

}  // namespace beamtape
