#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analyzer/load/frame.h"
#include "schema/error.h"

namespace beamtape {

// One row of what is shown. Rows of several nodes stand in several frames.
struct RowRef {
  const Frame* frame = nullptr;
  std::size_t slot = 0;

  RowView view() const { return frame->row(slot); }
};

struct SortKey {
  const Shown* column = nullptr;
  bool descending = false;
};

// Reads "memory,name:desc": columns by importance. Numbers and lists (by their length) go from
// the largest unless ":asc" is added, texts from A unless ":desc". kUsage. The keys refer to
// `columns`.
Expected<std::vector<SortKey>> parse_sort(const std::string& text,
                                          const std::vector<Shown>& columns);

// Orders the rows; missing values come last in either direction, and equal rows by their key
// (the pid). Only the first `limit` rows are wanted: the others are dropped.
void sort_rows(std::vector<RowRef>& rows, const std::vector<SortKey>& keys,
               std::optional<std::size_t> limit);

}  // namespace beamtape
