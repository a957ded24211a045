#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>

#include "analyzer/commands/all_commands.h"
#include "analyzer/commands/options.h"
#include "analyzer/commands/rows.h"
#include "analyzer/commands/text_table.h"
#include "analyzer/load/default_columns.h"
#include "analyzer/load/filter.h"
#include "analyzer/load/sort.h"
#include "analyzer/load/text.h"
#include "analyzer/load/time.h"
#include "analyzer/load/window_start.h"
#include "analyzer/tree/group_by.h"

namespace beamtape {
namespace show_command {
namespace {

struct Options {
  std::string table;
  std::string file;
  std::string at = "last";
  std::string node;
  std::string sort;
  std::string filter;
  std::string columns;
  std::string window;
  std::string group_by;
  std::optional<std::size_t> limit;
  FormatOption format;
};

// The answer to `show`, before it has a form.
struct Answer {
  const Table* table = nullptr;
  std::vector<Shown> columns;
  ShownList chosen;
  std::vector<Frame> frames;   // one per node
  std::vector<Frame> earlier;  // with a window: what each of them is compared with
  std::vector<RowRef> rows;    // filtered, sorted, cut
  Filter filter;
  std::size_t total = 0;
  std::size_t matched = 0;
  std::size_t undecided = 0;
  std::string sorted_by;
  std::unique_ptr<Groups> groups;  // with --group-by: the rows are theirs, the counts of members
};

std::vector<std::string> damage_of(const Recording& recording, const Answer& answer) {
  std::vector<Damage> all;
  for (const Frame& frame : answer.frames) {
    all.insert(all.end(), frame.damage.begin(), frame.damage.end());
  }
  if (answer.groups) {
    all.insert(all.end(), answer.groups->damage.begin(), answer.groups->damage.end());
  }
  return damage_texts(recording, all);
}

Expected<void> look_back(const Recording& recording, const Options& options, Answer& answer) {
  const auto window = parse_window(options.window);
  if (!window) return tl::unexpected(window.error());
  answer.earlier.reserve(answer.frames.size());
  for (Frame& frame : answer.frames) {
    const SnapshotRecord* start = window_start(recording, frame.snapshot(), *window);
    if (start == nullptr) {
      return fail(
          Error::Code::kUsage,
          fmt::format(
              "cannot look back {} from #{}: it is the first snapshot of {}; say a later --at",
              options.window, frame.snapshot().id, recording.node_name(frame.snapshot())));
    }
    auto earlier = recording.frame(*answer.table, *start);
    if (!earlier) return tl::unexpected(earlier.error());
    frame.damage.insert(frame.damage.end(), earlier->damage.begin(), earlier->damage.end());
    answer.earlier.push_back(std::move(*earlier));
    const auto passed = micros_between(*start, frame.snapshot());
    frame.look_back(answer.earlier.back(), static_cast<double>(passed) / 1e6);
  }
  return {};
}

Expected<void> load_frames(const Recording& recording, const Options& options, Answer& answer) {
  const auto snapshots = recording.at(options.at, options.node);
  if (!snapshots) return tl::unexpected(snapshots.error());
  for (const SnapshotRecord* snapshot : *snapshots) {
    auto frame = recording.frame(*answer.table, *snapshot);
    if (!frame) return tl::unexpected(frame.error());
    answer.frames.push_back(std::move(*frame));
  }
  if (options.window.empty()) return {};
  return look_back(recording, options, answer);
}

Expected<void> filter_rows(const Options& options, Answer& answer) {
  if (!options.filter.empty()) {
    auto parsed = Filter::parse(options.filter, answer.columns);
    if (!parsed) return tl::unexpected(parsed.error());
    answer.filter = std::move(*parsed);
  }
  for (const Frame& frame : answer.frames) {
    answer.total += frame.slots().size();
    for (const std::size_t slot : frame.slots()) {
      const Truth truth = answer.filter.matches(frame.row(slot));
      if (truth == Truth::kYes) answer.rows.push_back({&frame, slot});
      if (truth == Truth::kUndecided) ++answer.undecided;
    }
  }
  answer.matched = answer.rows.size();
  return {};
}

// Puts groups in the place of the rows.
Expected<void> group(const Recording& recording, const Options& options, Answer& answer) {
  if (options.group_by.empty()) return {};
  const auto chosen = [&](const RowView& row) { return answer.filter.matches(row) == Truth::kYes; };
  auto groups = group_rows(recording, *answer.table, answer.frames, answer.rows, answer.columns,
                           options.group_by, chosen);
  if (!groups) return tl::unexpected(groups.error());
  answer.groups = std::move(*groups);
  answer.columns = shown_columns(*answer.groups->table);
  answer.rows.clear();
  for (const Frame& frame : answer.groups->frames) {
    for (const std::size_t slot : frame.slots()) answer.rows.push_back({&frame, slot});
  }
  return {};
}

Expected<void> order_rows(const Options& options, Answer& answer) {
  DefaultView view = default_view(answer.table->name);
  if (answer.groups) view = {"", find_shown(answer.columns, "memory") ? "memory" : "count", 20};
  answer.sorted_by = options.sort.empty() ? view.sort : options.sort;
  std::vector<SortKey> keys;
  if (!answer.sorted_by.empty()) {
    auto parsed = parse_sort(answer.sorted_by, answer.columns);
    if (!parsed && !options.sort.empty()) return tl::unexpected(parsed.error());
    if (parsed) keys = std::move(*parsed);
  }
  const bool table = options.format.format() == Format::kTable;
  const std::size_t limit = options.limit.value_or(table ? view.limit : 0);
  sort_rows(answer.rows, keys, limited(limit, answer.rows.size()));
  return {};
}

Expected<void> pick_columns(const Options& options, Answer& answer) {
  std::string wanted = options.columns;
  const std::string words = options.sort + "," + options.columns;
  if (options.window.empty() &&
      (words.find("rate(") != std::string::npos || words.find("delta(") != std::string::npos)) {
    return fail(
        Error::Code::kUsage,
        "cannot tell rates and differences at an instant: say over what time, as in --window 10s");
  }
  if (wanted.empty()) {
    wanted = "all";
    if (options.format.format() == Format::kTable) {
      // A file of another version may lack some of the usual columns.
      auto usual = options.window.empty() ? default_view(answer.table->name).columns
                                          : window_view(answer.table->name, options.sort);
      if (answer.groups) usual = group_view(*answer.groups->table);
      if (choose_columns(usual, answer.columns)) wanted = usual;
    }
  }
  auto chosen = choose_columns(wanted, answer.columns);
  if (!chosen) return tl::unexpected(chosen.error());
  answer.chosen = std::move(*chosen);
  return {};
}

Json snapshot_json(const Recording& recording, const SnapshotRecord& snapshot) {
  return {{"snapshot", snapshot.id},
          {"time", iso_time(snapshot.began_wall_us)},
          {"node", recording.node_name(snapshot)},
          {"filling", snapshot.filling},
          {"not_answered",
           snapshot.not_answered.empty() ? Json(nullptr) : Json(snapshot.not_answered)}};
}

void write_json(const Recording& recording, const Options& options, const Answer& answer,
                Output& out) {
  JsonDocument document(out);
  document.member("schema", 1);
  document.member("command", "show");
  document.member("table", answer.table->name);
  const bool several = answer.frames.size() > 1;
  const SnapshotRecord& one = answer.frames.front().snapshot();
  document.member("snapshot", several ? Json(nullptr) : Json(one.id));
  document.member("time", several ? Json(nullptr) : Json(iso_time(one.began_wall_us)));
  document.member("node", several ? Json(nullptr) : Json(recording.node_name(one)));
  Json snapshots = Json::array();
  for (const Frame& frame : answer.frames) {
    snapshots.push_back(snapshot_json(recording, frame.snapshot()));
  }
  document.member("snapshots", snapshots);
  document.member("total", answer.total);
  document.member("matched", answer.matched);
  document.member("undecided", answer.undecided);
  if (answer.groups) document.member("group_by", options.group_by);
  document.member("columns", columns_json(answer.chosen));
  document.begin_array("rows");
  for (const RowRef& row : answer.rows) {
    Json object = Json::object();
    if (several) object["node_name"] = recording.node_name(row.frame->snapshot());
    add_row(object, values_of(row.view(), answer.chosen), answer.chosen);
    if (!document.element(object)) return;
  }
  document.end_array();
  document.member("damage", damage_of(recording, answer));
  document.end();
}

void write_csv(const Recording& recording, const Answer& answer, Output& out) {
  const bool several = answer.frames.size() > 1;
  out.write(csv_header(several ? std::vector<std::string>{"node_name"} : std::vector<std::string>{},
                       answer.chosen));
  for (const RowRef& row : answer.rows) {
    std::vector<std::string> before;
    if (several) before.push_back(recording.node_name(row.frame->snapshot()));
    if (!out.write(csv_row(before, values_of(row.view(), answer.chosen), answer.chosen))) return;
  }
}

// What the rows are: node, instant, how many, and what makes them incomplete.
std::string heading(const Recording& recording, const Options& options, const Answer& answer) {
  std::string text;
  for (const Frame& frame : answer.frames) {
    const SnapshotRecord& snapshot = frame.snapshot();
    text +=
        fmt::format("{}  {} {} UTC  snapshot #{} of {}\n", printable(recording.node_name(snapshot)),
                    date_text(snapshot.began_wall_us), clock_text(snapshot.began_wall_us, false),
                    snapshot.id, recording.reader().snapshots().back().id);
    if (frame.seconds_back() > 0) {
      text += fmt::format(
          "delta() and rate(), per second, over the {} before; {}\n",
          duration_text(std::llround(frame.seconds_back() * 1e6)),
          answer.groups ? "rate() without those that ended" : "- where it was not there then");
    }
    if (snapshot.filling) text += "still filling: not every process had been read in detail yet\n";
    if (!snapshot.not_answered.empty()) {
      text += fmt::format("not answered: {}\n", printable(snapshot.not_answered));
    }
  }
  if (answer.table->name == "node") return text;
  const auto number = [](std::size_t count) { return grouped(static_cast<std::int64_t>(count)); };
  const bool one = answer.total == 1;
  std::string name = one ? answer.table->name : plural(answer.table->name);
  if (answer.table->name == "ets") name = one ? "ETS table" : "ETS tables";
  std::size_t groups = 0;
  if (answer.groups) {
    for (const Frame& frame : answer.groups->frames) groups += frame.slots().size();
    text += fmt::format("{} of {} groups shown of {} {} by {}", number(answer.rows.size()),
                        number(groups), number(answer.total), name, options.group_by);
  } else if (answer.rows.size() == answer.total) {
    text += fmt::format("{} {}", number(answer.total), name);
  } else {
    text +=
        fmt::format("{} of {} {} shown", number(answer.rows.size()), number(answer.total), name);
  }
  if (answer.matched != answer.total) {
    text += fmt::format(", {} match the filter", number(answer.matched));
  }
  if (!answer.sorted_by.empty()) text += ", by " + answer.sorted_by;
  text += "\n";
  if (answer.undecided > 0) {
    text += fmt::format("{} more may match: what the filter needs was not read of them\n",
                        number(answer.undecided));
  }
  return text;
}

TextTable::ColumnStyle style_of(const Shown& column) {
  const bool number = column.is_number();
  return {column.name, number, !number && column.type != Type::kRef};
}

void write_table(const Recording& recording, const Options& options, const Answer& answer,
                 Output& out) {
  out.write(heading(recording, options, answer) + "\n");
  const bool several = answer.frames.size() > 1;
  std::vector<TextTable::ColumnStyle> styles;
  if (several) styles.push_back({"node_name", false, true});
  for (const Shown* column : answer.chosen) styles.push_back(style_of(*column));
  TextTable table(styles);
  Footnotes notes;
  for (const RowRef& row : answer.rows) {
    std::vector<std::string> cells;
    if (several) cells.push_back(printable(recording.node_name(row.frame->snapshot())));
    const RowView view = row.view();
    for (const Shown* column : answer.chosen) {
      cells.push_back(notes.cell(value_of(view, *column), column->unit));
    }
    table.add(std::move(cells));
  }
  // Who chose the columns wants to read them whole.
  out.write(table.text(options.columns.empty() ? kTerminalWidth : 0, ""));
  const std::string footnotes =
      notes.text() + unit_notes(*answer.table, answer.chosen, !answer.earlier.empty());
  if (!footnotes.empty()) out.write("\n" + footnotes);
}

// The node is one row of fifty columns: a line for each, with what it means.
void write_node(const Recording& recording, const Options& options, const Answer& answer,
                Output& out) {
  out.write(heading(recording, options, answer));
  Footnotes notes;
  for (const RowRef& row : answer.rows) {
    TextTable table({{"", false, false}, {"", true, false}, {"", false, true}});
    const RowView view = row.view();
    for (const Shown* column : answer.chosen) {
      table.add({column->name, notes.cell(value_of(view, *column), column->unit),
                 answer.table->columns[column->column].sentence});
    }
    out.write("\n" + table.text(kTerminalWidth, ""));
  }
  const std::string footnotes = notes.text();
  if (!footnotes.empty()) out.write("\n" + footnotes);
}

Expected<int> run(const Options& options, Context& context) {
  const auto recording = open_recording(context, options.file);
  if (!recording) return tl::unexpected(recording.error());
  Answer answer;
  const auto table = recording->subject(options.table);
  if (!table) return tl::unexpected(table.error());
  answer.table = *table;
  answer.columns = shown_columns(**table);
  if (!options.window.empty()) {
    for (Shown& column : window_columns(**table)) answer.columns.push_back(std::move(column));
  }
  auto done = load_frames(*recording, options, answer);
  if (done) done = filter_rows(options, answer);
  if (done) done = group(*recording, options, answer);
  if (done) done = pick_columns(options, answer);
  if (done) done = order_rows(options, answer);
  if (!done) return tl::unexpected(done.error());
  switch (options.format.format()) {
    case Format::kJson:
      write_json(*recording, options, answer, context.out);
      break;
    case Format::kCsv:
      write_csv(*recording, answer, context.out);
      break;
    case Format::kTable:
      (answer.table->name == "node" ? write_node : write_table)(*recording, options, answer,
                                                                context.out);
  }
  return warn_of_damage(context, options.file, damage_of(*recording, answer));
}

Command::Run declare(CLI::App& app) {
  const auto options = std::make_shared<Options>();  // lives in the parser and in the run
  app.add_option("TABLE", options->table,
                 "processes, ets, ports, sockets, allocators, schedulers, connections, questions, "
                 "node or groups")
      ->required()
      ->type_name("");
  add_file(app, options->file);
  add_at(app, options->at);
  app.add_option("--sort", options->sort,
                 "Columns by importance: numbers from the largest, texts from A; COL:asc and "
                 "COL:desc turn it; missing values come last")
      ->type_name("COL,...");
  app.add_option("--filter", options->filter,
                 "Rows for which it holds: = != < <= > >= ~ (contains) !~, is [not] null, unread "
                 "or missing, and, or, not, ( ); sizes 10MiB, times 5ms")
      ->type_name("EXPR");
  add_limit(app, options->limit, "default 20 in a table, all in JSON and CSV");
  app.add_option("--columns", options->columns, "Instead of the usual ones; all for every one")
      ->type_name("COL,...");
  app.add_option(
         "--window", options->window,
         "Compare with so long before: gives delta(COL) of numbers and rate(COL) of counters")
      ->type_name("TIME");
  app.add_option(
         "--group-by", options->group_by,
         "Sums of rows by what they have in common: processes by group, application, "
         "function or owner; ets by name, owner or application; ports by driver, owner or "
         "application; adds max(COL) and unread(COL), with --window delta(count); there "
         "delta(COL) is the sum now less the sum then, of rows that --filter takes now, and of "
         "those that are gone")
      ->type_name("KEY");
  add_node(app, options->node);
  add_format(app, options->format, true);
  app.footer("Example: show processes FILE --filter 'message_queue_len > 1000 and name ~ cart'");
  return [options](Context& context) { return run(*options, context); };
}

}  // namespace
}  // namespace show_command

const Command kShowCommand{"show", "Rows of a table at an instant", show_command::declare};

}  // namespace beamtape
