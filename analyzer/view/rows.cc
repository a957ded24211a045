#include "analyzer/view/rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "analyzer/load/damage_words.h"
#include "analyzer/load/default_columns.h"
#include "analyzer/load/filter.h"
#include "analyzer/load/sort.h"
#include "analyzer/load/text.h"
#include "analyzer/load/time.h"
#include "analyzer/tree/group_by.h"
#include "schema/model/ref.h"

namespace beamtape {

struct RowsSource {
  const Recording* of;         // lives as long as the answer that this is of
  std::vector<Frame> frames;   // one; of groups none
  std::vector<Shown> columns;  // all
  std::unique_ptr<Groups> groups = nullptr;
  std::vector<Damage> damage = {};
  std::unique_ptr<Frame> earlier = nullptr;  // that changes are counted from
  std::unique_ptr<Frame> later = nullptr;    // and up to; null: those of the rows

  const Frame& frame() const { return groups ? groups->frames.front() : frames.front(); }
};

namespace {

const char* kind_text(Kind kind) {
  return kind == Kind::kCounter ? "counter: only grows while its subject lives" : "";
}

ColumnHead head_of(const Shown& shown, const Table& table, const RowsQuestion& question) {
  const std::string ends = fmt::format("from A (#{}) to B (#{})", question.since, question.until);
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
    case Shown::Source::kWorked:
      head.explanation =
          "Share of the time in which it worked, since that is measured, or from A to B";
      break;
    case Shown::Source::kDelta:
      head.explanation = "Change of " + table.columns[shown.column].name + " " + ends;
      break;
    case Shown::Source::kRate:
      head.explanation = "Change of " + table.columns[shown.column].name + " per second " + ends;
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
    const std::string usual = source.groups ? group_view(*source.groups->table)
                                            : default_view(source.frame().table().name).columns;
    for (std::size_t start = 0; start < usual.size();) {
      const std::size_t end = std::min(usual.find(',', start), usual.size());
      names.push_back(usual.substr(start, end - start));
      start = end + 1;
    }
  }
  std::vector<std::size_t> chosen;
  const auto choose = [&](const std::string& name) {
    // A file of another version may lack some of them.
    const Shown* one = find_shown(source.columns, name);
    const auto at = one ? static_cast<std::size_t>(one - source.columns.data()) : 0;
    if (one && std::find(chosen.begin(), chosen.end(), at) == chosen.end()) chosen.push_back(at);
  };
  for (const std::string& name : names) {
    choose(name);
    if (source.earlier && !source.groups) choose("delta(" + name + ")");
  }
  if (chosen.empty()) {
    for (std::size_t i = 0; i < source.columns.size(); ++i) chosen.push_back(i);
  }
  return chosen;
}

// Adds what changed between two snapshots. Of another life of the node nothing can be told, and
// there are no such columns.
Expected<void> look_back(const Recording& recording, const RowsQuestion& question,
                         RowsSource& source) {
  Frame& now = source.frames.front();
  const SnapshotRecord *from = recording.snapshot(question.since),
                       *to = recording.snapshot(question.until);
  const auto of_this_life = [&](const SnapshotRecord* one) {
    return one != nullptr && one->node == now.snapshot().node;
  };
  if (!of_this_life(from) || !of_this_life(to)) return {};
  // Of sums by name a row is another one in each snapshot.
  if (!now.table().find("first_seen")) return {};
  const auto load_end = [&](const SnapshotRecord& at,
                            std::unique_ptr<Frame>& end) -> Expected<void> {
    auto frame = recording.frame(now.table(), at);
    if (!frame) return tl::unexpected(frame.error());
    source.damage.insert(source.damage.end(), frame->damage.begin(), frame->damage.end());
    end = std::make_unique<Frame>(std::move(*frame));
    return {};
  };
  if (auto done = load_end(*from, source.earlier); !done) return done;
  if (to->id != now.snapshot().id) {
    if (auto done = load_end(*to, source.later); !done) return done;
  }
  const auto apart = micros_between(*from, *to);
  now.look_back(*source.earlier, static_cast<double>(apart) / 1e6, source.later.get());
  for (Shown& one : window_columns(now.table())) source.columns.push_back(std::move(one));
  return {};
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
  auto source = std::make_shared<RowsSource>(RowsSource{&recording, {}, shown_columns(**table)});
  source->damage = frame->damage;
  source->frames.push_back(std::move(*frame));
  if (question.since != 0) {
    if (const auto done = look_back(recording, question, *source); !done) {
      return tl::unexpected(done.error());
    }
  }
  return source;
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
  for (const std::size_t slot : source.frame().slots()) {
    const auto pinned = by_key.find(source.frame().cell(slot, 0));
    if (pinned != by_key.end()) found[pinned->second] = slot;
  }
  for (const auto& [place, slot] : found) slots.push_back(slot);
  return slots;
}

// The rows that the filter lets through.
std::vector<RowRef> filtered(const RowsSource& source, const Filter& filter, Rows& rows) {
  std::vector<RowRef> chosen;
  rows.total = source.frame().slots().size();
  chosen.reserve(rows.total);
  for (const std::size_t slot : source.frame().slots()) {
    const Truth truth = filter.matches(source.frame().row(slot));
    if (truth == Truth::kYes) chosen.push_back({&source.frame(), slot});
    if (truth == Truth::kUndecided) ++rows.undecided;
  }
  rows.matched = chosen.size();
  return chosen;
}

// Puts groups in the place of the rows, in `chosen` and as the source of `rows`.
Expected<void> group(const Recording& recording, const Filter& filter, Rows& rows,
                     std::vector<RowRef>& chosen) {
  const RowsSource& source = *rows.ungrouped;
  auto groups = group_rows(recording, source.frame().table(), source.frames, chosen, source.columns,
                           rows.question.group_by, [&filter](const RowView& row) {
                             return filter.matches(row) == Truth::kYes;
                           });
  if (!groups) return tl::unexpected(groups.error());
  auto grouped = std::make_shared<RowsSource>(
      RowsSource{&recording, {}, shown_columns(*(*groups)->table), std::move(*groups)});
  grouped->damage = source.damage;
  grouped->damage.insert(grouped->damage.end(), grouped->groups->damage.begin(),
                         grouped->groups->damage.end());
  rows.source = grouped;
  chosen.clear();
  for (const std::size_t slot : grouped->frame().slots()) {
    chosen.push_back({&grouped->frame(), slot});
  }
  return {};
}

std::string usual_sort(const RowsSource& source) {
  if (!source.groups) return default_view(source.frame().table().name).sort;
  return find_shown(source.columns, "memory") ? "memory" : "count";
}

// Fills `order`, with the pinned rows first.
Expected<void> put_in_order(Rows& rows, std::vector<RowRef> chosen) {
  const RowsSource& source = *rows.source;
  std::vector<SortKey> keys;
  std::string by = rows.question.sort;
  // What changed, where there is nothing to compare with any more.
  const bool lost = by.find('(') != std::string::npos && !source.earlier;
  if (by.empty() || lost) by = usual_sort(source);
  if (!by.empty()) {
    auto parsed = parse_sort(by, source.columns);
    if (!parsed) return tl::unexpected(parsed.error());
    keys = std::move(*parsed);
    rows.sorted_by = keys.front().column->name;
  }
  sort_rows(chosen, keys, std::nullopt);
  rows.order.reserve(chosen.size() + rows.question.pinned.size());
  if (!source.groups) rows.order = pinned_slots(source, rows.question.pinned);
  rows.pinned = rows.order.size();
  for (const RowRef& one : chosen) {
    const auto end = rows.order.begin() + static_cast<std::ptrdiff_t>(rows.pinned);
    if (std::find(rows.order.begin(), end, one.slot) == end) rows.order.push_back(one.slot);
  }
  return {};
}

// An error in the words a person typed is told, not shown as "no rows".
Expected<void> choose(const Recording& recording, Rows& rows) {
  Filter filter;
  if (!rows.question.filter.empty()) {
    auto parsed = Filter::parse(rows.question.filter, rows.ungrouped->columns);
    if (!parsed) return tl::unexpected(parsed.error());
    filter = std::move(*parsed);
  }
  auto chosen = filtered(*rows.ungrouped, filter, rows);
  if (!rows.question.group_by.empty()) {
    if (auto done = group(recording, filter, rows, chosen); !done) return done;
  }
  return put_in_order(rows, std::move(chosen));
}

CellText cell_of(const RowView& row, const Shown& column) {
  const Value value = value_of(row, column);
  if (const NoValue* none = no_value(value)) {
    if (none->not_read()) return {"not read", none->reason(), CellText::Look::kNotRead};
    return {"–", "the node has none", CellText::Look::kNone};
  }
  const bool change =
      column.source == Shown::Source::kDelta || column.source == Shown::Source::kRate;
  const auto* number = std::get_if<std::int64_t>(&value);
  return {(change && number && *number > 0 ? "+" : "") + printable(display(value, column.unit)),
          csv_text(value), CellText::Look::kPlain};
}

}  // namespace

std::shared_ptr<const Rows> find_rows(const Recording& recording, const RowsQuestion& question,
                                      const std::shared_ptr<const Rows>& before) {
  auto rows = std::make_shared<Rows>();
  rows->question = question;
  if (before && before->ungrouped && before->ungrouped->of == &recording &&
      before->question.table == question.table && before->question.snapshot == question.snapshot &&
      before->question.since == question.since && before->question.until == question.until) {
    rows->ungrouped = before->ungrouped;
  } else {
    auto source = load(recording, question);
    if (!source) {
      rows->error = source.error().message;
      return rows;
    }
    rows->ungrouped = std::move(*source);
  }
  rows->source = rows->ungrouped;
  rows->group_keys = group_keys(rows->ungrouped->frame().table().name);
  if (const auto done = choose(recording, *rows); !done) rows->error = done.error().message;
  const RowsSource& source = *rows->source;
  for (const Shown& one : source.columns) {
    rows->all_columns.push_back(head_of(one, source.frame().table(), question));
  }
  rows->chosen = chosen_columns(question, source);
  for (const std::size_t one : rows->chosen) rows->columns.push_back(rows->all_columns[one]);
  rows->damage = damage_texts(source.damage);
  return rows;
}

std::string filter_example(const Rows& rows) {
  std::string number, text;
  for (std::size_t i = 0; i < rows.columns.size(); ++i) {
    const ColumnHead& head = rows.columns[i];
    if (head.name == "memory") number = "memory > 1MiB";
    if (i > 0 && head.number && number.empty()) number = head.name + " > 0";  // not of an id
    if (head.name == "name") text = "name ~ cart";
  }
  return number + (number.empty() || text.empty() ? "" : " and ") + text;
}

std::shared_ptr<const RowsText> text_of(const std::shared_ptr<const Rows>& rows, std::size_t first,
                                        std::size_t count) {
  auto text = std::make_shared<RowsText>();
  text->of = rows;
  text->first = std::min(first, rows->order.size());
  const std::size_t end = std::min(rows->order.size(), text->first + count);
  const auto cells_of = [&](std::size_t row) {
    const RowView view = rows->source->frame().row(rows->order[row]);
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
  return rows.source->frame().cell(slot, column);
}

std::string whole_text(const Rows& rows, TableFormat format) {
  const bool csv = format == TableFormat::kCsv;
  const char* const between = csv ? "," : "\t";
  const char* const end = csv ? "\r\n" : "\n";
  std::string text;
  for (std::size_t i = 0; i < rows.columns.size(); ++i) {
    text +=
        (i > 0 ? between : "") + (csv ? csv_quoted(rows.columns[i].name) : rows.columns[i].name);
  }
  text += end;
  for (const std::size_t slot : rows.order) {
    const RowView view = rows.source->frame().row(slot);
    for (std::size_t i = 0; i < rows.chosen.size(); ++i) {
      const Shown& column = rows.source->columns[rows.chosen[i]];
      text += i > 0 ? between : "";
      text += csv ? csv_quoted(csv_text(value_of(view, column))) : cell_of(view, column).text;
    }
    text += end;
  }
  return text;
}

}  // namespace beamtape
