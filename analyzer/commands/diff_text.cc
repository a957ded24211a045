#include "analyzer/commands/diff_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "analyzer/commands/options.h"
#include "analyzer/commands/text_table.h"
#include "analyzer/diff/amounts.h"
#include "analyzer/load/text.h"
#include "analyzer/load/time.h"

namespace beamtape {
namespace {

std::string side_text(const DiffSide& side) {
  const SnapshotRecord& snapshot = *side.snapshot;
  return fmt::format("{}  {}  {} {} UTC  #{}", printable(side.recording->path()),
                     printable(side.recording->node_name(snapshot)),
                     date_text(snapshot.began_wall_us), clock_text(snapshot.began_wall_us, false),
                     snapshot.id);
}

void add_growth(const GrowthPart& part, const Diff& diff, std::size_t depth, TextTable& table) {
  std::string name = std::string(2 * depth, ' ') + printable(part.name);
  if (!part.id.empty() && part.id != part.name) name += "  " + printable(part.id);
  table.add({name, amount_text(part.a, Unit::kBytes), amount_text(part.b, Unit::kBytes),
             signed_text(part.difference(), Unit::kBytes), percent_text(percent_of(part)),
             rate_of(diff, part.difference(), Unit::kBytes)});
  for (const GrowthPart& one : part.parts) add_growth(one, diff, depth + 1, table);
}

// The node is one row of many numbers: a line for each that changed.
std::string node_text(const Diff& diff, const DiffTable& node) {
  TextTable table({{"node", false, true},
                   {"A", true},
                   {"B", true},
                   {"difference", true},
                   {"per cent", true},
                   {"per second", true}});
  for (const DiffRow& row : node.rows) {
    for (std::size_t i = 0; i < node.metrics.size(); ++i) {
      const Unit unit = node.metrics[i].unit;
      const auto difference = row.difference(i);
      if (row.amounts[i].a == row.amounts[i].b) continue;
      // A clock's second per second says nothing.
      const bool time = unit == Unit::kMicroseconds;
      table.add({node.metrics[i].name, amount_text(row.amounts[i].a, unit),
                 amount_text(row.amounts[i].b, unit), signed_text(difference, unit),
                 time ? "-" : percent_text(row.percent(i)),
                 time ? "-" : rate_of(diff, difference, unit)});
    }
  }
  return table.empty() ? "" : "\n" + table.text(kTerminalWidth, "");
}

std::string plural_name(const DiffTable& table) {
  return table.subject == "ets" ? "ETS tables" : plural(table.subject);
}

std::string counts_text(const DiffTable& table) {
  const auto number = [](std::size_t count) { return grouped(static_cast<std::int64_t>(count)); };
  const std::string unknown =
      table.unknown == 0
          ? ""
          : fmt::format(", {} not known: damaged on one side", number(table.unknown));
  return fmt::format("{}: {} appeared, {} gone, {} changed, {} the same{}\n", plural_name(table),
                     number(table.count(DiffRow::Change::kAppeared)),
                     number(table.count(DiffRow::Change::kGone)),
                     number(table.count(DiffRow::Change::kChanged)), number(table.same), unknown);
}

std::string table_text(const Diff& diff, const DiffTable& subject, std::size_t limit) {
  std::string text = "\n" + counts_text(subject);
  if (subject.rows.empty() || subject.metrics.empty()) return text;
  const std::size_t shown = limited(limit, subject.rows.size());
  const bool with_id = std::any_of(subject.rows.begin(), subject.rows.end(),
                                   [](const DiffRow& row) { return !row.id.empty(); });
  std::vector<TextTable::ColumnStyle> styles{{"", false}};
  if (with_id) styles.push_back({"", false});
  styles.push_back({"name", false, true});
  const DiffMetric& first = subject.metrics.front();
  for (const std::string& header : {first.name + " A", std::string("B"), std::string("difference"),
                                    std::string("per second")}) {
    styles.push_back({header, true});
  }
  for (std::size_t i = 1; i < subject.metrics.size(); ++i) {
    styles.push_back({subject.metrics[i].name, true});
  }
  TextTable table(styles);
  for (std::size_t at = 0; at < shown; ++at) {
    const DiffRow& row = subject.rows[at];
    std::vector<std::string> cells{change_name(row.change)};
    if (with_id) cells.push_back(printable(row.id));
    cells.push_back(printable(row.name));
    cells.push_back(amount_text(row.amounts[0].a, first.unit));
    cells.push_back(amount_text(row.amounts[0].b, first.unit));
    cells.push_back(signed_text(row.difference(0), first.unit));
    cells.push_back(rate_of(diff, row.difference(0), first.unit));
    for (std::size_t i = 1; i < subject.metrics.size(); ++i) {
      cells.push_back(signed_text(row.difference(i), subject.metrics[i].unit));
    }
    table.add(std::move(cells));
  }
  text += table.text(kTerminalWidth, "");
  if (shown < subject.rows.size()) {
    text += fmt::format("{} more: --limit 0 shows all\n",
                        grouped(static_cast<std::int64_t>(subject.rows.size() - shown)));
  }
  return text;
}

}  // namespace

std::string diff_text(const DiffSide& a, const DiffSide& b, const Diff& diff, std::size_t limit) {
  std::string text = fmt::format("A  {}\nB  {}\n", side_text(a), side_text(b));
  if (diff.seconds) {
    text += fmt::format("{} apart\n", duration_text(std::llround(std::abs(*diff.seconds) * 1e6)));
  } else {
    text +=
        "of different lives: matched by name; processes without a registered name are compared "
        "as groups\n";
  }
  if (diff.growth) {
    TextTable table({{"where memory went", false, true},
                     {"A", true},
                     {"B", true},
                     {"difference", true},
                     {"per cent", true},
                     {"per second", true}});
    add_growth(*diff.growth, diff, 0, table);
    text += "\n" + table.text(kTerminalWidth, "");
  } else {
    text += "\nwhere memory went: the node's memory was not read\n";
  }
  for (const DiffTable& table : diff.tables) {
    text += table.subject == "node" ? node_text(diff, table) : table_text(diff, table, limit);
  }
  return text;
}

}  // namespace beamtape
