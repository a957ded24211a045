#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "analyzer/load/cell_memo.h"
#include "analyzer/load/filter.h"

namespace beamtape {

// One comparison of a filter: a column against a literal, or against the absence of a value.
enum class Op {
  kEqual,
  kNotEqual,
  kLess,
  kAtMost,
  kMore,
  kAtLeast,
  kContains,
  kLacks,
  kIs,
  kIsNot
};
enum class Absence { kNull, kUnread, kMissing };

// One thread at a time.
class FilterComparison {
 public:
  // The message of an error says what does not fit, without the position. `column` must
  // outlive the result.
  static Expected<FilterComparison> make(const Shown& column, Op op, const std::string& literal);
  static FilterComparison absence(const Shown& column, Absence absence, bool negated);

  Truth evaluate(const RowView& row) const;

 private:
  Truth compare_number(Cell cell) const;
  Truth compare_text(const RowView& row) const;
  Truth compare_value(const Value& value) const;
  bool text_fits(const std::string& text) const;
  Truth test_absence(const RowView& row) const;

  const Shown* column_ = nullptr;
  Op op_ = Op::kEqual;
  Absence absence_ = Absence::kNull;
  std::optional<std::int64_t> number_;  // set: compares numbers (of a list its count)
  std::string text_;
  // Of each text that was compared: rows have the same ones again and again.
  mutable CellMemo<Truth> known_;
};

}  // namespace beamtape
