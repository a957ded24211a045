#pragma once

#include <memory>
#include <string>
#include <vector>

#include "analyzer/load/frame.h"
#include "schema/error.h"

namespace beamtape {

// Chooses rows by an expression that a person typed:
//
//   or-expr   = and-expr { "or" and-expr }            also ||
//   and-expr  = not-expr { "and" not-expr }           also &&
//   not-expr  = "not" not-expr | "(" or-expr ")" | comparison          also !
//   comparison = COLUMN ( "=" | "!=" | "<" | "<=" | ">" | ">=" ) LITERAL
//              | COLUMN ( "~" | "!~" ) LITERAL        contains, any case; * stands for anything
//              | COLUMN "is" [ "not" ] ( "null" | "unread" | "missing" )
//
// A literal ends at a space or ")", unless it is in double or single quotes. Numbers may have a
// unit that fits the column: sizes B KiB MiB GiB TiB KB MB GB TB, times ns us ms s m h, counts
// k M G. A list column compares as its number of elements, by "=" and "~" as any of them.
//
// null: the node says there is none. unread: there is one, but it was not read. missing: either.
// A comparison with null is false (and "!=" true); one with an unread value is undecided, and
// so is what depends on it: such rows are not chosen, but counted.
enum class Truth { kNo = 0, kUndecided = 1, kYes = 2 };

class Filter {
 public:
  // kUsage with the position of what is wrong. `columns` must outlive the filter.
  static Expected<Filter> parse(const std::string& text, const std::vector<Shown>& columns);

  // Chooses everything.
  Filter();
  Filter(Filter&&) noexcept;
  Filter& operator=(Filter&&) noexcept;
  ~Filter();

  Truth matches(const RowView& row) const;

  struct Node;

 private:
  std::unique_ptr<Node> root_;
};

}  // namespace beamtape
