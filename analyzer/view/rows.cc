#include "analyzer/view/rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "analyzer/load/default_columns.h"
#include "analyzer/load/filter.h"
#include "analyzer/load/sort.h"
#include "analyzer/load/text.h"
#include "schema/model/ref.h"

namespace beamtape {

struct RowsSource {
  RowsSource(const Recording& recording, Frame taken, std::vector<Shown> shown)
      : of(&recording), frame(std::move(taken)), columns(std::move(shown)) {}

  const Recording* of;  // lives as long as the answer that this is of
  Frame frame;
  std::vector<Shown> columns;  // all
};

namespace {

const char* kind_text(Kind kind) {
  return kind == Kind::kCounter ? "counter: only grows while its subject lives" : "";
}

ColumnHead head_of(const Shown& shown, const Table& table) {
  ColumnHead head{shown.name, "", shown.is_number(), shown.type == Type::kRef};
  switch (shown.source) {
    case Shown::Source::kColumn:
      head.explanation = table.columns[shown.column].sentence;
      break;
    case Shown::Source::kListCount:
      head.explanation = fmt::format("How many {} the node has", table.columns[shown.column].name);
      break;
    case Shown::Source::kProcessName:
      head.explanation = "Registered name, else label, else initial call";
      break;
    case Shown::Source::kDelta:
      head.explanation = "Change of " + table.columns[shown.column].name + " over the window";
      break;
    case Shown::Source::kRate:
      head.explanation =
          "Change of " + table.columns[shown.column].name + " per second of the window";
      break;
  }
  if (const std::string unit = unit_name(shown.unit); !unit.empty()) {
    head.explanation += "\nunit: " + unit;
  }
  if (const std::string kind = kind_text(shown.kind); !kind.empty()) {
    head.explanation += "\n" + kind;
  }
  return head;
}

std::vector<std::size_t> chosen_columns(const RowsQuestion& question, const RowsSource& source) {
  std::vector<std::string> names = question.columns;
  if (names.empty()) {
    const std::string usual = default_view(source.frame.table().name).columns;
    for (std::size_t start = 0; start < usual.size();) {
      const std::size_t end = std::min(usual.find(',', start), usual.size());
      names.push_back(usual.substr(start, end - start));
      start = end + 1;
    }
  }
  std::vector<std::size_t> chosen;
  for (const std::string& name : names) {
    // A file of another version may lack some of them.
    if (const Shown* one = find_shown(source.columns, name)) {
      chosen.push_back(static_cast<std::size_t>(one - source.columns.data()));
    }
  }
  if (chosen.empty()) {
    for (std::size_t i = 0; i < source.columns.size(); ++i) chosen.push_back(i);
  }
  return chosen;
}

Expected<std::shared_ptr<const RowsSource>> load(const Recording& recording,
                                                 const RowsQuestion& question) {
  const SnapshotRecord* snapshot = recording.snapshot(question.snapshot);
  if (snapshot == nullptr) {
    return fail(Error::Code::kNotFound,
                fmt::format("cannot show snapshot #{}: there is none", question.snapshot));
  }
  const auto table = recording.subject(question.table);
  if (!table) return tl::unexpected(table.error());
  auto frame = recording.frame(**table, *snapshot);
  if (!frame) return tl::unexpected(frame.error());
  return std::make_shared<RowsSource>(recording, std::move(*frame), shown_columns(**table));
}

// Those of them that are there at this instant, in the order of pinning.
std::vector<std::size_t> pinned_slots(const RowsSource& source,
                                      const std::vector<std::string>& keys) {
  std::vector<std::size_t> slots;
  if (keys.empty()) return slots;
  std::map<Cell, std::size_t> by_key;
  for (const std::string& key : keys) {
    if (const auto ref = parse_ref(key)) by_key.emplace(pack(*ref), by_key.size());
  }
  std::map<std::size_t, std::size_t> found;
  for (const std::size_t slot : source.frame.slots()) {
    const auto pinned = by_key.find(source.frame.cell(slot, 0));
    if (pinned != by_key.end()) found[pinned->second] = slot;
  }
  for (const auto& [place, slot] : found) slots.push_back(slot);
  return slots;
}

// Fills `order`; an error in the words a person typed is told, not shown as "no rows".
Expected<void> choose(const RowsSource& source, Rows& rows) {
  Filter filter;
  if (!rows.question.filter.empty()) {
    auto parsed = Filter::parse(rows.question.filter, source.columns);
    if (!parsed) return tl::unexpected(parsed.error());
    filter = std::move(*parsed);
  }
  std::vector<SortKey> keys;
  const std::string by = rows.question.sort.empty() ? default_view(source.frame.table().name).sort
                                                    : rows.question.sort;
  if (!by.empty()) {
    auto parsed = parse_sort(by, source.columns);
    if (!parsed) return tl::unexpected(parsed.error());
    keys = std::move(*parsed);
    rows.sorted_by = keys.front().column->name;
  }
  std::vector<RowRef> chosen;
  rows.total = source.frame.slots().size();
  chosen.reserve(rows.total);
  for (const std::size_t slot : source.frame.slots()) {
    const Truth truth = filter.matches(source.frame.row(slot));
    if (truth == Truth::kYes) chosen.push_back({&source.frame, slot});
    if (truth == Truth::kUndecided) ++rows.undecided;
  }
  sort_rows(chosen, keys, std::nullopt);
  rows.order.reserve(chosen.size() + rows.question.pinned.size());
  rows.order = pinned_slots(source, rows.question.pinned);
  rows.pinned = rows.order.size();
  for (const RowRef& one : chosen) {
    const auto end = rows.order.begin() + static_cast<std::ptrdiff_t>(rows.pinned);
    if (std::find(rows.order.begin(), end, one.slot) == end) rows.order.push_back(one.slot);
  }
  return {};
}

CellText cell_of(const RowView& row, const Shown& column) {
  const Value value = value_of(row, column);
  if (const NoValue* none = no_value(value)) {
    if (none->not_read()) return {"not read", none->reason(), CellText::Look::kNotRead};
    return {"–", "the node has none", CellText::Look::kNone};
  }
  return {printable(display(value, column.unit)), csv_text(value), CellText::Look::kPlain};
}

}  // namespace

std::shared_ptr<const Rows> find_rows(const Recording& recording, const RowsQuestion& question,
                                      const std::shared_ptr<const Rows>& before) {
  auto rows = std::make_shared<Rows>();
  rows->question = question;
  if (before && before->source && before->source->of == &recording &&
      before->question.table == question.table && before->question.snapshot == question.snapshot) {
    rows->source = before->source;
  } else {
    auto source = load(recording, question);
    if (!source) {
      rows->error = source.error().message;
      return rows;
    }
    rows->source = std::move(*source);
  }
  for (const Shown& one : rows->source->columns) {
    rows->all_columns.push_back(head_of(one, rows->source->frame.table()));
  }
  rows->chosen = chosen_columns(question, *rows->source);
  for (const std::size_t one : rows->chosen) rows->columns.push_back(rows->all_columns[one]);
  for (const Damage& one : rows->source->frame.damage) {
    rows->damage.push_back(printable(one.what));
  }
  if (const auto done = choose(*rows->source, *rows); !done) rows->error = done.error().message;
  return rows;
}

std::shared_ptr<const RowsText> text_of(const std::shared_ptr<const Rows>& rows, std::size_t first,
                                        std::size_t count) {
  auto text = std::make_shared<RowsText>();
  text->of = rows;
  text->first = std::min(first, rows->order.size());
  const std::size_t end = std::min(rows->order.size(), text->first + count);
  const auto cells_of = [&](std::size_t row) {
    const RowView view = rows->source->frame.row(rows->order[row]);
    std::vector<CellText> cells;
    for (const std::size_t one : rows->chosen) {
      cells.push_back(cell_of(view, rows->source->columns[one]));
    }
    return cells;
  };
  for (std::size_t i = text->first; i < end; ++i) text->rows.push_back(cells_of(i));
  for (std::size_t i = 0; i < rows->pinned; ++i) text->pinned.push_back(cells_of(i));
  return text;
}

Cell cell_in(const Rows& rows, std::size_t slot, std::size_t column) {
  return rows.source->frame.cell(slot, column);
}

std::string csv_of(const std::shared_ptr<const Rows>& rows) {
  std::string csv;
  for (std::size_t i = 0; i < rows->columns.size(); ++i) {
    csv += (i > 0 ? "," : "") + csv_quoted(rows->columns[i].name);
  }
  csv += "\r\n";
  for (const std::size_t slot : rows->order) {
    const RowView view = rows->source->frame.row(slot);
    for (std::size_t i = 0; i < rows->chosen.size(); ++i) {
      const Shown& column = rows->source->columns[rows->chosen[i]];
      csv += (i > 0 ? "," : "") + csv_quoted(csv_text(value_of(view, column)));
    }
    csv += "\r\n";
  }
  return csv;
}

}  // namespace beamtape
