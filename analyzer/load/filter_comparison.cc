#include "analyzer/load/filter_comparison.h"

#include <fmt/format.h>

#include "analyzer/load/elixir_names.h"
#include "analyzer/load/filter_literal.h"

namespace beamtape {

namespace {

bool is_order(Op op) {
  return op == Op::kLess || op == Op::kAtMost || op == Op::kMore || op == Op::kAtLeast;
}

bool is_negative(Op op) { return op == Op::kNotEqual || op == Op::kLacks; }

Truth truth(bool yes) { return yes ? Truth::kYes : Truth::kNo; }

// A pid may be typed without its brackets.
std::string as_shown(Type type, const std::string& literal) {
  const bool bare_pid = type != Type::kAtom && literal.substr(0, 2) == "0." &&
                        literal.find_first_not_of("0123456789.") == std::string::npos;
  return bare_pid ? "<" + literal + ">" : written_term(literal);
}

// The list column itself where a count stands for it.
Shown counted(const Shown& list) {
  Shown count = list;
  count.source = Shown::Source::kListCount;
  return count;
}

}  // namespace

Expected<FilterComparison> FilterComparison::make(const Shown& column, Op op,
                                                  const std::string& literal) {
  FilterComparison made;
  made.column_ = &column;
  made.op_ = op;
  const bool list = column.type == Type::kList;
  const bool textual = op == Op::kContains || op == Op::kLacks;
  if (column.is_number() || (list && !textual)) {
    made.number_ = parse_quantity(literal, list ? Unit::kCount : column.unit);
  }
  if (column.is_number() && (textual || !made.number_)) {
    if (textual) {
      return fail(fmt::format("{} is a number: compare it by = != < <= > >=", column.name));
    }
    const auto units = quantity_units(column.unit);
    return fail(fmt::format("{} is a number and '{}' is not{}", column.name, literal,
                            units.empty() ? "" : " (units: " + units + ")"));
  }
  if (is_order(op) && !made.number_) {
    return fail(fmt::format("{} is not a number: compare it by = != ~ !~", column.name));
  }
  if (column.type == Type::kBool && literal != "true" && literal != "false") {
    return fail(fmt::format("{} is true or false, not '{}'", column.name, literal));
  }
  made.text_ = textual ? literal : as_shown(column.type, literal);
  return made;
}

FilterComparison FilterComparison::absence(const Shown& column, Absence absence, bool negated) {
  FilterComparison made;
  made.column_ = &column;
  made.op_ = negated ? Op::kIsNot : Op::kIs;
  made.absence_ = absence;
  return made;
}

Truth FilterComparison::evaluate(const RowView& row) const {
  if (op_ == Op::kIs || op_ == Op::kIsNot) return test_absence(row);
  if (!number_) return compare_text(row);
  const bool list = column_->type == Type::kList;
  return compare_number(list ? number_of(row, counted(*column_)) : number_of(row, *column_));
}

Truth FilterComparison::compare_number(Cell cell) const {
  if (is_missing(cell)) {
    return is_not_read(cell) ? Truth::kUndecided : truth(op_ == Op::kNotEqual);
  }
  switch (op_) {
    case Op::kEqual:
      return truth(cell == *number_);
    case Op::kNotEqual:
      return truth(cell != *number_);
    case Op::kLess:
      return truth(cell < *number_);
    case Op::kAtMost:
      return truth(cell <= *number_);
    case Op::kMore:
      return truth(cell > *number_);
    default:
      return truth(cell >= *number_);
  }
}

bool FilterComparison::text_fits(const std::string& text) const {
  return op_ == Op::kContains || op_ == Op::kLacks ? contains(text, text_) : text == text_;
}

Truth FilterComparison::compare_text(const RowView& row) const {
  const auto compare = [&] { return compare_value(value_of(row, *column_)); };
  // A pid is its own cell: each is another one. Rows of a history have no frame.
  if (column_->type == Type::kRef || column_->type == Type::kBool || !row.frame) return compare();
  return known_.get(row, *column_, compare);
}

Truth FilterComparison::compare_value(const Value& value) const {
  if (const auto* none = no_value(value)) {
    return none->not_read() ? Truth::kUndecided : truth(is_negative(op_));
  }
  bool fits = false;
  if (const auto* list = std::get_if<ListValue>(&value)) {
    for (const auto& element : list->elements) {
      for (const Scalar& part : element) fits = fits || text_fits(display(part, Unit::kNone));
    }
    // What was cut off may have fitted.
    if (!fits && list->true_count > list->elements.size()) return Truth::kUndecided;
  } else {
    const auto* text = std::get_if<std::string>(&value);
    fits = text_fits(text ? *text : display(value, Unit::kNone));
  }
  return truth(fits != is_negative(op_));
}

Truth FilterComparison::test_absence(const RowView& row) const {
  const Value value = value_of(row, *column_);
  const auto* none = no_value(value);
  const bool unread = none && none->not_read();
  bool yes = none != nullptr;
  if (absence_ == Absence::kUnread) yes = unread;
  if (absence_ == Absence::kNull) {
    // Whether the node has one is not known where it was not read.
    if (unread) return Truth::kUndecided;
  }
  return truth(yes == (op_ == Op::kIs));
}

}  // namespace beamtape
