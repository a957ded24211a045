#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace beamtape {

// A table for a terminal: a header and rows of texts in columns two spaces apart. Widths count
// characters. No colours, no lines.
class TextTable {
 public:
  struct ColumnStyle {
    std::string header;
    bool right_aligned = false;
    bool may_shrink = false;   // long texts are cut where the table would be too wide
    std::size_t at_least = 0;  // width, where a table goes on below another
  };

  explicit TextTable(std::vector<ColumnStyle> columns) : columns_(std::move(columns)) {}

  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  // A remark between two rows, across all columns.
  void add_line(std::string text) { rows_.push_back({std::move(text)}); }
  bool empty() const { return rows_.empty(); }

  // Every line starts with `indent` and ends with a line feed. `max_width` 0: as wide as needed.
  std::string text(std::size_t max_width, const std::string& indent) const;
  // Of each column.
  std::vector<std::size_t> widths(std::size_t max_width) const;

 private:
  std::vector<ColumnStyle> columns_;
  // One cell per column; a single one is a remark.
  std::vector<std::vector<std::string>> rows_;
};

// Fits a terminal of an operator's ssh session.
inline constexpr std::size_t kTerminalWidth = 120;

}  // namespace beamtape
