#include "analyzer/commands/text_table.h"

#include <algorithm>
#include <numeric>

#include "analyzer/load/text.h"

namespace beamtape {
namespace {

constexpr std::size_t kNarrowest = 12;
constexpr const char* kBetween = "  ";

}  // namespace

std::vector<std::size_t> TextTable::widths(std::size_t max_width) const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t width = std::max(columns_[i].at_least, display_width(columns_[i].header));
    for (const auto& row : rows_) {
      if (row.size() == columns_.size()) width = std::max(width, display_width(row[i]));
    }
    widths.push_back(width);
  }
  if (max_width == 0) return widths;
  const std::size_t between = 2 * (columns_.size() - 1);
  std::size_t total = std::accumulate(widths.begin(), widths.end(), between);
  while (total > max_width) {
    std::size_t widest = columns_.size();
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const bool candidate = columns_[i].may_shrink && widths[i] > kNarrowest;
      if (candidate && (widest == columns_.size() || widths[i] > widths[widest])) widest = i;
    }
    if (widest == columns_.size()) break;
    --widths[widest];
    --total;
  }
  return widths;
}

std::string TextTable::text(std::size_t max_width, const std::string& indent) const {
  if (columns_.empty()) return {};
  const auto widths_used = widths(max_width > indent.size() ? max_width - indent.size() : 0);
  std::string out;
  const auto line = [&](const auto& cell_of) {
    std::string text = indent;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (i > 0) text += kBetween;
      text +=
          padded(clipped(cell_of(i), widths_used[i]), widths_used[i], columns_[i].right_aligned);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out += text + "\n";
  };
  const bool headed = std::any_of(columns_.begin(), columns_.end(),
                                  [](const ColumnStyle& one) { return !one.header.empty(); });
  if (headed) line([&](std::size_t i) -> const std::string& { return columns_[i].header; });
  for (const auto& row : rows_) {
    if (row.size() == columns_.size()) {
      line([&](std::size_t i) -> const std::string& { return row[i]; });
    } else {
      out += indent + row[0] + "\n";
    }
  }
  return out;
}

}  // namespace beamtape
