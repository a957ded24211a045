#include "recorder/session/numbering.h"

#include <algorithm>

namespace beamtape {

void Numbering::go_on_after(std::int64_t last) {
  runs_ = {{1, 1, static_cast<std::uint32_t>(last)}};
}

void Numbering::add(std::int64_t own, std::int64_t in_file) {
  const auto number = static_cast<std::uint32_t>(own);
  const auto stored = static_cast<std::uint32_t>(in_file);
  if (!runs_.empty()) {
    Run& last = runs_.back();
    if (last.own + last.count == number && last.in_file + last.count == stored) {
      ++last.count;
      return;
    }
  }
  runs_.push_back({number, stored, 1});
}

void Numbering::take_back() {
  if (--runs_.back().count == 0) runs_.pop_back();
}

std::int64_t Numbering::in_file(std::int64_t own) const {
  const auto after =
      std::upper_bound(runs_.begin(), runs_.end(), own, [](std::int64_t number, const Run& run) {
        return number < static_cast<std::int64_t>(run.own);
      });
  if (after == runs_.begin()) return after == runs_.end() ? own : after->in_file;
  const Run& run = *(after - 1);
  const auto offset = own - run.own;
  if (offset < run.count) return run.in_file + offset;
  return after == runs_.end() ? run.in_file + run.count - 1 : after->in_file;
}

void Numbering::apply(std::vector<Batch::Group>& groups) const {
  if (runs_.size() == 1 && runs_[0].own == runs_[0].in_file) return;
  std::vector<Cell> cells;
  for (Batch::Group& group : groups) {
    for (std::size_t at = 0; at < group.table->columns.size(); ++at) {
      if (group.table->columns[at].unit != Unit::kSnapshot) continue;
      CellColumn& column = group.rows.columns[at];
      cells.resize(column.size());
      column.copy_to(cells);
      for (Cell& cell : cells) {
        if (!is_missing(cell)) cell = in_file(cell);
      }
      column.assign(cells);
    }
  }
}

}  // namespace beamtape
