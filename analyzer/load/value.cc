#include "analyzer/load/value.h"

#include <fmt/format.h>

#include <type_traits>
#include <utility>

#include "analyzer/load/elixir_names.h"
#include "analyzer/load/text.h"
#include "schema/model/ref.h"

namespace beamtape {

namespace {

constexpr std::size_t kElementsShown = 3;

Scalar decode_text(Cell id, bool is_atom, const Texts& texts) {
  const auto text = texts.text(id);
  if (!text) return NoValue{Missing::kBadAnswer, true};
  return is_atom ? written_atom(*text) : written_term(*text);
}

Value widened(Scalar scalar) {
  return std::visit([](auto&& held) -> Value { return std::forward<decltype(held)>(held); },
                    std::move(scalar));
}

Value decode_list(Cell id, const Column& column, const Texts& texts) {
  const auto list = texts.list(id);
  const std::size_t width = column.fields.size();
  if (!list || width == 0 || list->items.size() % width != 0) {
    return NoValue{Missing::kBadAnswer, true};
  }
  ListValue value{list->true_count, &column.fields, {}};
  for (std::size_t at = 0; at < list->items.size(); at += width) {
    std::vector<Scalar> element;
    for (std::size_t field = 0; field < width; ++field) {
      element.push_back(decode_scalar(list->items[at + field], column.fields[field].type, texts));
    }
    value.elements.push_back(std::move(element));
  }
  return value;
}

std::string number_text(std::int64_t number, Unit unit) {
  switch (unit) {
    case Unit::kBytes:
      return size_text(number);
    case Unit::kMicroseconds:
      return duration_text(number);
    case Unit::kNanoseconds:
      return number > -1000 && number < 1000 ? fmt::format("{} ns", number)
                                             : duration_text(number / 1000);
    case Unit::kSnapshot:
      return fmt::format("#{}", number);
    case Unit::kPercent:
      return fmt::format("{} %", number);
    case Unit::kNone:
      return fmt::format("{}", number);
    case Unit::kCount:
    case Unit::kReductions:
      break;
  }
  return grouped(number);
}

std::string list_text(const ListValue& list) {
  std::string text = grouped(static_cast<std::int64_t>(list.true_count));
  for (std::size_t i = 0; i < list.elements.size() && i < kElementsShown; ++i) {
    text += (i == 0 ? ": " : ", ") + display_element(list, i);
  }
  if (list.true_count > kElementsShown && !list.elements.empty()) text += ", …";
  return text;
}

Json scalar_json(const Scalar& scalar) {
  return std::visit(
      [](const auto& held) -> Json {
        if constexpr (std::is_same_v<std::decay_t<decltype(held)>, NoValue>) {
          return nullptr;
        } else {
          return held;
        }
      },
      scalar);
}

Json list_json(const ListValue& list) {
  Json array = Json::array();
  for (const auto& element : list.elements) {
    if (element.size() == 1) {
      array.push_back(scalar_json(element[0]));
      continue;
    }
    Json object = Json::object();
    for (std::size_t i = 0; i < element.size(); ++i) {
      object[(*list.fields)[i].name] = scalar_json(element[i]);
    }
    array.push_back(std::move(object));
  }
  return array;
}

std::string raw_text(const Scalar& scalar) {
  if (const auto* number = std::get_if<std::int64_t>(&scalar)) return fmt::format("{}", *number);
  if (const auto* flag = std::get_if<bool>(&scalar)) return *flag ? "true" : "false";
  const auto* text = std::get_if<std::string>(&scalar);
  return text ? *text : std::string();
}

Scalar narrowed(const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  if (const auto* flag = std::get_if<bool>(&value)) return *flag;
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  return std::get<NoValue>(value);
}

}  // namespace

std::string NoValue::reason() const { return lost ? "damaged in the recording" : reason_text(why); }

Scalar decode_scalar(Cell cell, Type type, const Texts& texts) {
  if (is_missing(cell)) return NoValue{why_missing(cell)};
  switch (type) {
    case Type::kBool:
      return cell != 0;
    case Type::kAtom:
    case Type::kTerm:
      return decode_text(cell, type == Type::kAtom, texts);
    case Type::kRef: {
      const Ref ref = unpack(cell);
      if (ref.tag != Ref::Tag::kText) return ref_text(ref);
      return decode_text(static_cast<Cell>(ref.value), false, texts);
    }
    case Type::kInteger:
    case Type::kList:
      break;
  }
  return cell;  // also a type of a later version: shown raw
}

Value decode(Cell cell, const Column& column, const Texts& texts) {
  if (column.type == Type::kList && !is_missing(cell)) return decode_list(cell, column, texts);
  return widened(decode_scalar(cell, column.type, texts));
}

const NoValue* no_value(const Value& value) { return std::get_if<NoValue>(&value); }

std::string display(const Scalar& value, Unit unit) {
  if (const auto* none = std::get_if<NoValue>(&value)) return none->not_read() ? "?" : "-";
  if (const auto* number = std::get_if<std::int64_t>(&value)) return number_text(*number, unit);
  if (const auto* text = std::get_if<std::string>(&value)) return printable(*text);
  return raw_text(value);
}

std::string display(const Value& value, Unit unit) {
  if (const auto* list = std::get_if<ListValue>(&value)) return list_text(*list);
  return display(narrowed(value), unit);
}

std::string display_element(const ListValue& list, std::size_t index) {
  const auto& element = list.elements[index];
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < element.size(); ++i) {
    const Field& field = (*list.fields)[i];
    const bool bare = field.unit == Unit::kNone || field.unit == Unit::kCount;
    // The first is what it is about; a bare number after that could be anything.
    const bool named = i > 0 && bare && std::holds_alternative<std::int64_t>(element[i]);
    parts.push_back((named ? field.name + " " : "") + display(element[i], field.unit));
  }
  return joined(parts, " ");
}

Json to_json(const Value& value) {
  if (const auto* list = std::get_if<ListValue>(&value)) return list_json(*list);
  return scalar_json(narrowed(value));
}

std::string csv_text(const Value& value) {
  const auto* list = std::get_if<ListValue>(&value);
  if (!list) return raw_text(narrowed(value));
  std::vector<std::string> elements;
  for (const auto& element : list->elements) {
    std::vector<std::string> parts;
    for (const Scalar& part : element) parts.push_back(raw_text(part));
    elements.push_back(joined(parts, "|"));
  }
  return joined(elements, " ");
}

std::string json_text(const Json& value, int indent) {
  const std::string plain = value.dump(indent, ' ', false, Json::error_handler_t::replace);
  if (plain.find('\xc2') == std::string::npos) return plain;
  std::string text;
  text.reserve(plain.size());
  for (std::size_t i = 0; i < plain.size(); ++i) {
    // It is whole UTF-8, so that a byte follows.
    const bool c1 = plain[i] == '\xc2' && static_cast<unsigned char>(plain[i + 1]) < 0xa0;
    text += c1 ? fmt::format("\\u{:04x}", static_cast<unsigned char>(plain[++i]))
               : std::string(1, plain[i]);
  }
  return text;
}

std::string csv_quoted(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

const char* unit_name(Unit unit) {
  switch (unit) {
    case Unit::kBytes:
      return "bytes";
    case Unit::kCount:
      return "count";
    case Unit::kReductions:
      return "reductions";
    case Unit::kMicroseconds:
      return "microseconds";
    case Unit::kSnapshot:
      return "snapshot";
    case Unit::kNanoseconds:
      return "nanoseconds";
    case Unit::kPercent:
      return "percent";
    case Unit::kNone:
      break;
  }
  return "";
}

const char* kind_name(Kind kind) {
  switch (kind) {
    case Kind::kCounter:
      return "counter";
    case Kind::kIdentity:
      return "identity";
    case Kind::kGauge:
      break;
  }
  return "gauge";
}

const char* type_name(Type type) {
  switch (type) {
    case Type::kBool:
      return "bool";
    case Type::kAtom:
      return "atom";
    case Type::kTerm:
      return "term";
    case Type::kRef:
      return "ref";
    case Type::kList:
      return "list";
    case Type::kInteger:
      break;
  }
  return "integer";
}

}  // namespace beamtape
