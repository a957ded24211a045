#include "recorder/collect/cells.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "recorder/term/builder.h"
#include "recorder/term/text.h"
#include "schema/model/ref.h"

namespace beamtape {
namespace {

// Bytes of an answer worth comparing the next one with.
constexpr std::size_t kMostRemembered = 2048;

constexpr Cell kNone = missing(Missing::kNone);
constexpr Cell kBad = missing(Missing::kBadAnswer);

bool is_nothing(const Cursor& cursor) {
  return cursor.at_atom("undefined") || cursor.at_atom("none");
}

// Values that would collide with the reserved cells are raised to the lowest value.
Cell integer_cell(std::optional<std::int64_t> value, std::int64_t scale) {
  if (!value) return kBad;
  Cell scaled = 0;
  if (__builtin_mul_overflow(*value, scale, &scaled)) {
    scaled = *value < 0 ? kLowestValue : std::numeric_limits<Cell>::max();
  }
  return std::max(scaled, kLowestValue);
}

bool is_empty_list(Cursor cursor) {
  ListReader list(cursor);
  return list.is_list() && list.size() == 0;
}

std::string quoted_to_plain(std::string text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return text;
  std::string plain;
  for (std::size_t at = 1; at + 1 < text.size(); ++at) {
    if (text[at] == '\\' && at + 2 < text.size()) ++at;
    plain += text[at];
  }
  return plain;
}

}  // namespace

Cell Cells::atom(Cursor& cursor) {
  if (const auto name = cursor.atom()) {
    if (*name == "undefined") return kNone;
    return interner_.text(name->is_latin1 ? name->utf8() : std::string_view(name->bytes));
  }
  const bool nothing = is_empty_list(cursor);
  cursor.skip();
  return nothing ? kNone : kBad;
}

Cell Cells::term(Cursor& cursor) {
  if (is_nothing(cursor)) {
    cursor.skip();
    return kNone;
  }
  const std::string text = term_text(cursor, facts_.name, kMaxTextBytes);
  return text.empty() ? kBad : interner_.text(text);
}

Cell Cells::ref(Cursor& cursor) {
  if (const auto pid = cursor.pid()) {
    const std::uint64_t value = static_cast<std::uint64_t>(pid->serial) << 32 | pid->id;
    if (pid->node == facts_.name && value <= kMaxRefValue) return pack({Ref::Tag::kPid, value});
    return pack(
        {Ref::Tag::kText, static_cast<std::uint64_t>(interner_.text(pid_text(*pid, facts_.name)))});
  }
  if (const auto port = cursor.port()) {
    if (port->node == facts_.name && port->id <= kMaxRefValue) {
      return pack({Ref::Tag::kPort, port->id});
    }
    return pack({Ref::Tag::kText,
                 static_cast<std::uint64_t>(interner_.text(port_text(*port, facts_.name)))});
  }
  if (is_nothing(cursor)) {
    cursor.skip();
    return kNone;
  }
  Cursor wrapped = cursor;
  if (wrapped.tuple(2) && (wrapped.take_atom("process") || wrapped.take_atom("port"))) {
    cursor = wrapped;
    return ref(cursor);
  }
  if (const auto name = cursor.atom()) {
    return pack({Ref::Tag::kText, static_cast<std::uint64_t>(interner_.text(name->utf8()))});
  }
  const Cell text = term(cursor);
  if (is_missing(text)) return text;
  return pack({Ref::Tag::kText, static_cast<std::uint64_t>(text)});
}

Cell Cells::callable(Cursor& cursor) {
  Cursor call = cursor;
  if (call.tuple(3)) {
    const auto module = call.atom();
    const auto function = call.atom();
    std::optional<std::int64_t> arity = call.integer();
    if (!arity) {
      ListReader arguments(call);  // {M, F, Arguments}: an old form of $initial_call
      if (arguments.is_list()) {
        arity = arguments.size();
        arguments.skip_rest();
      }
    }
    if (module && function && arity && call.ok() && *arity >= 0) {
      cursor = call;
      return interner_.text(
          mfa_text(module->utf8(), function->utf8(), static_cast<std::uint64_t>(*arity)));
    }
  }
  return term(cursor);
}

Cell Cells::string(Cursor& cursor) {
  const std::string text = term_text(cursor, facts_.name, kMaxTextBytes);
  return text.empty() ? kBad : interner_.text(quoted_to_plain(text));
}

Cell Cells::address(Cursor& cursor) {
  Cursor answer = cursor;
  if (!answer.tuple(2) || !answer.take_atom("ok")) {
    cursor.skip();
    return kNone;
  }
  Cursor pair = answer;
  if (pair.tuple(2)) {
    Cursor v4 = pair;
    if (v4.tuple(4)) {
      std::int64_t part[4];
      for (auto& value : part) value = v4.integer().value_or(-1);
      if (const auto port = v4.integer(); port && v4.ok()) {
        cursor = v4;
        return interner_.text(
            fmt::format("{}.{}.{}.{}:{}", part[0], part[1], part[2], part[3], *port));
      }
    }
    if (pair.tuple(8)) {
      std::string host;
      for (int at = 0; at < 8; ++at) {
        host += fmt::format("{}{:x}", at == 0 ? "" : ":", pair.integer().value_or(0));
      }
      if (const auto port = pair.integer(); port && pair.ok()) {
        cursor = pair;
        return interner_.text(fmt::format("[{}]:{}", host, *port));
      }
    }
  }
  cursor = answer;
  return term(cursor);
}

Cell Cells::read(Cursor& cursor, const Column& column) {
  const bool is_number = column.answer != AnswerForm::kCallable &&
                         (column.type == Type::kInteger || column.type == Type::kBool);
  if (is_number || column.type == Type::kRef) return read_anew(cursor, column);
  Interner::Last& last = interner_.last_of(&column);
  if (last.column == &column && cursor.take_bytes(last.answer)) return last.cell;
  const std::uint8_t* began = cursor.place();
  const Cell cell = read_anew(cursor, column);
  const std::span answer(began, cursor.place());
  if (cursor.ok() && answer.size() <= kMostRemembered) {
    last.column = &column;
    last.answer.assign(answer.begin(), answer.end());
    last.cell = cell;
  }
  return cell;
}

Cell Cells::read_anew(Cursor& cursor, const Column& column) {
  switch (column.answer) {
    case AnswerForm::kCallable:
      return callable(cursor);
    case AnswerForm::kString:
      return string(cursor);
    case AnswerForm::kAddress:
      return address(cursor);
    case AnswerForm::kWords:
    case AnswerForm::kPlain:
      break;
  }
  if (column.type == Type::kList) return list(cursor, column);
  if (column.type == Type::kInteger) {
    if (cursor.kind() == TermKind::kInteger) {
      return integer_cell(cursor.integer(),
                          column.answer == AnswerForm::kWords ? facts_.wordsize : 1);
    }
    const bool nothing = is_nothing(cursor);
    cursor.skip();
    return nothing ? kNone : kBad;
  }
  return field(cursor, column.type);
}

Cell Cells::field(Cursor& cursor, Type type) {
  switch (type) {
    case Type::kInteger:
      if (cursor.kind() == TermKind::kInteger) return integer_cell(cursor.integer(), 1);
      break;
    case Type::kBool:
      if (const auto value = cursor.boolean()) return *value ? 1 : 0;
      if (is_nothing(cursor)) {
        cursor.skip();
        return kNone;
      }
      break;
    case Type::kAtom:
      return atom(cursor);
    case Type::kTerm:
      return term(cursor);
    case Type::kRef:
      return ref(cursor);
    case Type::kList:
      break;
  }
  cursor.skip();
  return kBad;
}

// A list, or {cut, TrueCount, FirstElements} where the node has cut a long one.
Cell Cells::list(Cursor& cursor, const Column& column) {
  List list;
  Cursor cut = cursor;
  std::optional<std::int64_t> true_count;
  if (cut.tuple(3) && cut.take_atom("cut")) {
    true_count = cut.integer();
    cursor = cut;
  }
  if (is_nothing(cursor)) {
    cursor.skip();
    return kNone;
  }
  ListReader elements(cursor);
  if (!elements.is_list()) {
    cursor.skip();
    return kBad;
  }
  const std::size_t most = kMaxListElements * column.fields.size();
  list.items.reserve(std::min<std::size_t>(elements.size() * column.fields.size(), most));
  while (elements.next()) {
    ++list.true_count;
    if (list.items.size() < most) {
      element(cursor, column, list);
    } else {
      cursor.skip();
    }
  }
  if (true_count && *true_count > 0) list.true_count = static_cast<std::uint64_t>(*true_count);
  return cursor.ok() ? interner_.list(std::move(list)) : kBad;
}

void Cells::element(Cursor& cursor, const Column& column, List& list) {
  const std::size_t before = list.items.size();
  if (column.fields.size() == 1) {
    list.items.push_back(field(cursor, column.fields[0].type));
    return;
  }
  Cursor whole = cursor;
  if (column.name == "current_stacktrace"
          ? frame(cursor, list)
          : cursor.tuple(static_cast<std::uint32_t>(column.fields.size()))) {
    while (list.items.size() < before + column.fields.size()) {
      list.items.push_back(field(cursor, column.fields[list.items.size() - before].type));
    }
    return;
  }
  cursor = whole;
  cursor.skip();
  list.items.resize(before + column.fields.size(), kBad);
}

// {M, F, Arity, [{file, File}, {line, Line}]}
bool Cells::frame(Cursor& cursor, List& list) {
  if (!cursor.tuple(4)) return false;
  const auto module = cursor.atom();
  const auto function = cursor.atom();
  const auto arity = cursor.integer();
  if (!module || !function || !arity) return false;
  Cell file = kNone;
  Cell line = kNone;
  ListReader location(cursor);
  while (location.next()) {
    if (!cursor.tuple(2)) {
      cursor.skip();
    } else if (cursor.take_atom("file")) {
      file = string(cursor);
    } else if (cursor.take_atom("line")) {
      line = integer_cell(cursor.integer(), 1);
    } else {
      cursor.skip();
      cursor.skip();
    }
  }
  list.items.push_back(interner_.text(
      mfa_text(module->utf8(), function->utf8(), static_cast<std::uint64_t>(*arity))));
  list.items.push_back(file);
  list.items.push_back(line);
  return cursor.ok();
}

void write_pid(TermBuilder& builder, const NodeFacts& facts, Cell pid) {
  const std::uint64_t value = unpack(pid).value;
  builder.pid(facts.name, static_cast<std::uint32_t>(value),
              static_cast<std::uint32_t>(value >> 32), static_cast<std::uint32_t>(facts.creation));
}

}  // namespace beamtape
