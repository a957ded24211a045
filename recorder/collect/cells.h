#pragma once

#include "recorder/collect/interner.h"
#include "recorder/collect/node_facts.h"
#include "recorder/term/cursor.h"
#include "schema/tables/column.h"

namespace beamtape {

// Longest text kept of one term: a label may be any term.
inline constexpr std::size_t kMaxTextBytes = 1024;

// Turns answers of the node into cells: the one place where words become bytes and terms become
// texts. One thread.
class Cells {
 public:
  Cells(Interner& interner, const NodeFacts& facts) : interner_(interner), facts_(facts) {}

  // Consumes one term and returns the cell that `column` declares it to be. `undefined`, `none`
  // and [] where a single value is expected are Missing::kNone; anything that does not fit the
  // declaration is Missing::kBadAnswer.
  Cell read(Cursor& cursor, const Column& column);

  // A pid or port of the node packed, anything else as text. Unwraps {process, X} and {port, X}.
  Cell ref(Cursor& cursor);
  // An atom's characters; kNone for undefined and [].
  Cell atom(Cursor& cursor);
  // One term in Erlang's syntax.
  Cell term(Cursor& cursor);
  Cell text(std::string_view text) { return interner_.text(text); }
  Cell list(List list) { return interner_.list(std::move(list)); }

 private:
  Cell read_anew(Cursor& cursor, const Column& column);
  Cell callable(Cursor& cursor);
  Cell string(Cursor& cursor);
  Cell address(Cursor& cursor);
  Cell list(Cursor& cursor, const Column& column);
  Cell field(Cursor& cursor, Type type);
  void element(Cursor& cursor, const Column& column, List& list);
  bool frame(Cursor& cursor, List& list);

  Interner& interner_;
  const NodeFacts& facts_;
};

// Asks for a pid or port again: writes it as the node knows it.
class TermBuilder;
void write_pid(TermBuilder& builder, const NodeFacts& facts, Cell pid);

}  // namespace beamtape
