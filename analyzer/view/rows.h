#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "analyzer/load/recording.h"

namespace beamtape {

// The rows of a table at a snapshot as a panel shows them: chosen and ordered on a desk's thread,
// turned into text there too, and only for the stretch that is looked at, so that drawing a frame
// costs the same for ten rows and for a million.

struct RowsQuestion {
  std::string table;  // "processes", as `show` takes it
  std::int64_t snapshot = 0;
  std::string sort;                       // as --sort
  std::string filter;                     // as --filter
  std::vector<std::string> columns = {};  // empty: the usual ones
  std::vector<std::string> pinned = {};   // keys ("<0.1.0>") of rows to stand first, filter or not
  std::string group_by = {};              // as --group-by; then nothing is pinned
  // Snapshots: with what changed from the one to the other, be it another than the shown one. 0:
  // without.
  std::int64_t since = 0, until = 0;
  bool operator==(const RowsQuestion&) const = default;
};

struct ColumnHead {
  std::string name;
  std::string explanation;  // what it is, its unit, how it was read
  bool number = false;      // right-aligned
  bool link = false;        // names a process
};

struct CellText {
  enum class Look : std::uint8_t { kPlain, kNone, kNotRead };
  std::string text;
  std::string exact;  // for copying and tooltips: the raw value, or why there is none
  Look look = Look::kPlain;
};

// The frame that rows are taken from; only the desk's thread looks inside.
struct RowsSource;

struct Rows {
  RowsQuestion question;
  std::string error;  // of the sort or filter words, or of the file; then there are no rows
  std::vector<ColumnHead> columns;                    // the chosen ones
  std::vector<ColumnHead> all_columns;                // to choose from
  std::vector<std::size_t> chosen;                    // positions of the chosen ones among all
  std::vector<std::size_t> order;                     // slots; the pinned ones first
  std::size_t pinned = 0;                             // so many of them
  std::string sorted_by;                              // the first column of it; empty: none
  std::size_t total = 0, matched = 0, undecided = 0;  // rows, be they grouped or not
  std::vector<std::string> damage;
  std::vector<std::string> group_keys;          // what rows of this table can be grouped by
  std::shared_ptr<const RowsSource> source;     // of the rows, or of the groups
  std::shared_ptr<const RowsSource> ungrouped;  // of the rows
};

// Filter words that these rows' table understands: "memory > 1MiB and name ~ cart".
std::string filter_example(const Rows& rows);

// A stretch of rows as text.
struct RowsText {
  std::shared_ptr<const Rows> of;
  std::size_t first = 0;
  std::vector<std::vector<CellText>> rows;  // one CellText per column
  std::vector<std::vector<CellText>> pinned;
};

// Runs on the desk. `before` (may be null) lends its frame where only sort or filter changed.
std::shared_ptr<const Rows> find_rows(const Recording& recording, const RowsQuestion& question,
                                      const std::shared_ptr<const Rows>& before);
std::shared_ptr<const RowsText> text_of(const std::shared_ptr<const Rows>& rows, std::size_t first,
                                        std::size_t count);
// A raw cell of a slot of the rows' table.
Cell cell_in(const Rows& rows, std::size_t slot, std::size_t column);
// Every row with a heading: as a person reads it, with tabs between; or raw.
enum class TableFormat { kText, kCsv };
std::string whole_text(const Rows& rows, TableFormat format);

}  // namespace beamtape
