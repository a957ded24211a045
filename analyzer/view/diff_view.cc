#include "analyzer/view/diff_view.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <optional>

namespace beamtape {

namespace {

std::vector<std::size_t> order_by(const DiffTable& table, std::size_t metric) {
  std::vector<std::int64_t> sizes;
  for (const DiffRow& row : table.rows) {
    const auto difference = row.difference(metric);
    sizes.push_back(difference ? std::llabs(*difference) : -1);
  }
  std::vector<std::size_t> order(table.rows.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t x, std::size_t y) { return sizes[x] > sizes[y]; });
  return order;
}

// What the table's declaration says; empty where the file does not say it.
std::string explanation_of(const Recording& recording, const DiffTable& table,
                           const std::string& metric) {
  const auto declared = recording.subject(table.subject);
  if (!declared) return "";
  const auto& columns = (*declared)->columns;
  const auto found = std::find_if(columns.begin(), columns.end(),
                                  [&](const Column& column) { return column.name == metric; });
  return found == columns.end() ? "" : found->sentence;
}

}  // namespace

DiffText read_diff_text(const Recording& recording, const Recording& other, const Compared& of) {
  DiffText text;
  text.of = of;
  const SnapshotRecord *a = recording.snapshot(of.a), *b = other.snapshot(of.b);
  if (!a || !b) {
    text.error = "one of the two snapshots is no longer in the file";
    return text;
  }
  text.a_wall_us = a->began_wall_us;
  text.b_wall_us = b->began_wall_us;
  auto found = diff({&recording, a}, {&other, b});
  if (!found) {
    text.error = found.error().message;
    return text;
  }
  text.found = std::move(*found);
  for (const DiffTable& table : text.found.tables) {
    DiffText::TableText one;
    for (std::size_t i = 0; i < table.metrics.size(); ++i) {
      one.explanations.push_back(explanation_of(recording, table, table.metrics[i].name));
      one.by_metric.push_back(order_by(table, i));
    }
    text.tables.push_back(std::move(one));
  }
  return text;
}

}  // namespace beamtape
