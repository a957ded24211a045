#pragma once

#include <string>

namespace beamtape {

// What of a table is shown to people who did not ask for anything particular: what fits a
// terminal and answers the first question. Programs (JSON, CSV) get all columns.
struct DefaultView {
  std::string columns = "all";
  std::string sort;       // as --sort; empty: in the order of the keys
  std::size_t limit = 0;  // 0: all rows
};

DefaultView default_view(const std::string& table_name);
// The same columns with what people look for in a window; `sort` as --sort.
std::string window_view(const std::string& table_name, const std::string& sort);

}  // namespace beamtape
