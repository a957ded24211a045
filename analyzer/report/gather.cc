#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include "analyzer/alloc/views.h"
#include "analyzer/diff/diff.h"
#include "analyzer/load/pace.h"
#include "analyzer/load/put_back.h"
#include "analyzer/load/sort.h"
#include "analyzer/load/text.h"
#include "analyzer/load/time.h"
#include "analyzer/report/report.h"

namespace beamtape {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kTopRows = 10;

struct LineSpec {
  const char* column;
  const char* label;
  bool rate = false;
};
struct ChartSpec {
  const char* title;
  bool stacked;
  std::vector<LineSpec> lines;
};

const std::vector<ChartSpec>& charts() {
  static const std::vector<ChartSpec> specs{
      {"Memory by type",
       true,
       {{"memory_processes", "processes"},
        {"memory_binary", "binaries"},
        {"memory_ets", "ETS"},
        {"memory_code", "code"},
        {"memory_atom", "atoms"}}},
      {"Processes", false, {{"process_count", "processes"}}},
      {"Mailboxes",
       false,
       {{"message_queue_len", "all together"}, {"max_message_queue_len", "longest"}}},
      {"Run queue", false, {{"run_queue", "waiting"}, {"schedulers_online", "schedulers"}}},
      {"Work", false, {{"reductions_done", "reductions per second", true}}},
      {"ETS tables and ports", false, {{"ets_count", "ETS tables"}, {"port_count", "ports"}}},
  };
  return specs;
}

struct TopSpec {
  const char* title;
  const char* table;
  const char* sort;
  std::vector<const char*> columns;
};

const std::vector<TopSpec>& tops() {
  static const std::vector<TopSpec> specs{
      {"Processes by memory",
       "process",
       "memory",
       {"pid", "name", "memory", "message_queue_len", "reductions", "current_function"}},
      {"Processes by mailbox",
       "process",
       "message_queue_len",
       {"pid", "name", "message_queue_len", "memory", "status", "current_function"}},
      {"Processes by work since they started",
       "process",
       "reductions",
       {"pid", "name", "reductions", "memory", "status", "current_function"}},
      {"Groups of processes by memory",
       "group",
       "memory",
       {"name", "processes", "memory", "message_queue_len"}},
      {"ETS tables by memory", "ets", "memory", {"name", "size", "memory", "owner", "type"}},
      {"Ports by queue",
       "port",
       "queue_size",
       {"port", "name", "connected", "queue_size", "peername"}},
  };
  return specs;
}

// Every node column at each snapshot of one node.
struct NodeValues {
  std::vector<std::string> columns;
  std::vector<Unit> units;
  std::vector<std::vector<double>> values;

  const std::vector<double>* find(const std::string& column) const {
    const auto at = std::find(columns.begin(), columns.end(), column);
    return at == columns.end() ? nullptr : &values[static_cast<std::size_t>(at - columns.begin())];
  }
  Unit unit(const std::string& column) const {
    const auto at = std::find(columns.begin(), columns.end(), column);
    return at == columns.end() ? Unit::kNone
                               : units[static_cast<std::size_t>(at - columns.begin())];
  }
};

Expected<NodeValues> read_node(const Recording& recording, const NodeReport& node) {
  NodeValues all;
  const Table* table = recording.reader().table("node");
  if (table == nullptr) return all;
  for (const Column& column : table->columns) {
    all.columns.push_back(column.name);
    all.units.push_back(column.unit);
  }
  all.values.assign(all.columns.size(), std::vector<double>(node.snapshots.size(), kUnknown));
  std::size_t at = 0;
  const auto read = recording.reader().node_rows(
      node.snapshots.front()->id, node.snapshots.back()->id,
      [&](const SnapshotRecord& one, const std::vector<Cell>& cells) {
        while (at < node.snapshots.size() && node.snapshots[at]->id < one.id) ++at;
        if (at == node.snapshots.size() || node.snapshots[at]->id != one.id) return true;
        for (std::size_t c = 0; c < cells.size() && c < all.values.size(); ++c) {
          if (!is_missing(cells[c])) all.values[c][at] = static_cast<double>(cells[c]);
        }
        return true;
      });
  if (!read) return tl::unexpected(read.error());
  return all;
}

std::vector<double> rates(const NodeReport& node, const std::vector<double>& counter) {
  std::vector<double> result(counter.size(), kUnknown);
  for (std::size_t i = 1; i < counter.size(); ++i) {
    const auto passed = micros_between(*node.snapshots[i - 1], *node.snapshots[i]);
    const bool same_life = node.snapshots[i]->node == node.snapshots[i - 1]->node;
    const double more = counter[i] - counter[i - 1];
    if (same_life && passed > 0 && more >= 0) result[i] = more * 1e6 / static_cast<double>(passed);
  }
  return result;
}

bool has_values(const std::vector<double>& values) {
  return std::any_of(values.begin(), values.end(), [](double v) { return !std::isnan(v); });
}

void add_charts(const NodeValues& values, NodeReport& node) {
  for (const ChartSpec& spec : charts()) {
    Chart chart{spec.title, spec.stacked, {}};
    for (const LineSpec& line : spec.lines) {
      const auto* found = values.find(line.column);
      if (found == nullptr || !has_values(*found)) continue;
      const std::string column =
          line.rate ? fmt::format("rate({})", line.column) : std::string(line.column);
      chart.lines.push_back({column, line.label, line.rate ? Unit::kNone : values.unit(line.column),
                             line.rate ? rates(node, *found) : *found});
    }
    if (!chart.lines.empty()) node.charts.push_back(std::move(chart));
  }
}

// How many rows have no place in the order because the number for it was not read, and why.
std::string not_ranked(const std::vector<RowRef>& rows, const Table& table, const Shown& column) {
  std::size_t count = 0;
  std::vector<std::string> reasons;
  for (const RowRef& row : rows) {
    const Value value = value_of(row.view(), column);
    const NoValue* none = no_value(value);
    if (none == nullptr || !none->not_read()) continue;
    ++count;
    const auto reason = none->reason();
    if (std::find(reasons.begin(), reasons.end(), reason) == reasons.end())
      reasons.push_back(reason);
  }
  if (count == 0) return {};
  return fmt::format(
      "{} not ranked: {} was not read ({})",
      count == 1 ? "1 " + table.name + " is"
                 : grouped(static_cast<std::int64_t>(count)) + " " + plural(table.name) + " are",
      column.name, joined(reasons, "; "));
}

// Of both kinds of carriers, as `alloc` has it.
Expected<void> add_allocators(const Recording& recording, NodeReport& node, Report& report) {
  const auto table = recording.subject("allocator");
  if (!table) return {};
  const auto frame = recording.frame(**table, *node.snapshots.back());
  if (!frame) return tl::unexpected(frame.error());
  report.damage.insert(report.damage.end(), frame->damage.begin(), frame->damage.end());
  const AllocatorViews views = allocator_views(*frame, Moment::kCurrent);
  TopTable top{"Allocators by what they hold without data", {}, {}, *table, {}};
  top.columns.push_back({"allocator", Type::kTerm});
  for (const char* name : {"unused", "allocated", "mbcs_blocks_size", "mbcs_carriers_size",
                           "sbcs_blocks_size", "sbcs_carriers_size"}) {
    top.columns.push_back({name, Type::kInteger, Unit::kBytes});
  }
  for (const Fragmentation& one : views.fragmentation) {
    const auto& [mbcs, sbcs] = std::tie(one.numbers.mbcs, one.numbers.sbcs);
    const auto allocated = mbcs.carriers_size + sbcs.carriers_size;
    if (allocated == 0 || top.rows.size() == kTopRows) continue;
    top.rows.push_back({fmt::format("{}/{}", one.numbers.allocator, one.numbers.instance),
                        std::int64_t{std::llround(one.held_bytes)}, allocated, mbcs.blocks_size,
                        mbcs.carriers_size, sbcs.blocks_size, sbcs.carriers_size});
  }
  if (!views.left_out.empty()) top.note = "not read: " + joined(views.left_out, ", ");
  if (!top.rows.empty()) node.tables.push_back(std::move(top));
  return {};
}

Expected<void> add_tables(const Recording& recording, NodeReport& node, Report& report) {
  for (const TopSpec& spec : tops()) {
    const auto table = recording.subject(spec.table);
    if (!table) continue;  // this recording has none
    auto frame = recording.frame(**table, *node.snapshots.back());
    if (!frame) return tl::unexpected(frame.error());
    report.damage.insert(report.damage.end(), frame->damage.begin(), frame->damage.end());
    TopTable top{spec.title, {}, {}, *table, {}};
    const auto columns = shown_columns(**table);
    for (const char* name : spec.columns) {
      if (const Shown* column = find_shown(columns, name)) top.columns.push_back(*column);
    }
    const auto keys = parse_sort(spec.sort, columns);
    if (!keys) continue;
    std::vector<RowRef> rows;
    for (const std::size_t slot : frame->slots()) rows.push_back({&*frame, slot});
    top.note = not_ranked(rows, **table, *keys->front().column);
    sort_rows(rows, *keys, kTopRows);
    for (const RowRef& row : rows) {
      auto& values = top.rows.emplace_back();
      for (const Shown& column : top.columns) values.push_back(value_of(row.view(), column));
    }
    if (!top.rows.empty()) node.tables.push_back(std::move(top));
  }
  return add_allocators(recording, node, report);
}

Expected<NodeReport> read_node_report(const Recording& recording, const std::string& name,
                                      Report& report) {
  NodeReport node;
  node.name = name;
  for (const SnapshotRecord& one : recording.reader().snapshots()) {
    if (recording.node_name(one) == name) node.snapshots.push_back(&one);
  }
  const auto values = read_node(recording, node);
  if (!values) return tl::unexpected(values.error());
  add_charts(*values, node);
  if (node.snapshots.size() > 1) {
    auto growth =
        growth_between({&recording, node.snapshots.front()}, {&recording, node.snapshots.back()});
    if (!growth) return tl::unexpected(growth.error());
    node.growth = std::move(*growth);
  }
  if (auto done = add_tables(recording, node, report); !done) return tl::unexpected(done.error());
  if (recording.reader().table("process") != nullptr) {
    auto waits = read_waits(recording, *node.snapshots.back());
    if (!waits) return tl::unexpected(waits.error());
    node.waits = std::move(*waits);
    report.damage.insert(report.damage.end(), node.waits.damage.begin(), node.waits.damage.end());
  }
  return node;
}

void add_facts(const Recording& recording, Report& report) {
  const Reader& reader = recording.reader();
  const auto& all = reader.snapshots();
  const auto add = [&](const char* name, std::string text) {
    report.facts.emplace_back(name, printable(text));
  };
  for (const NodeRecord& node : reader.nodes()) {
    std::string otp;
    for (const auto& [key, value] : node.facts) {
      if (key == "otp_release") otp = ", OTP " + value;
    }
    add("Node", fmt::format("{}{}, attached {}", node.name, otp, iso_time(node.attached_wall_us)));
  }
  add("Recorded",
      fmt::format("{} to {}, {}", iso_time(all.front().began_wall_us),
                  iso_time(all.back().began_wall_us), duration_text(recorded_micros(recording))));
  if (const auto back = put_back(recording); back.times > 0) add("Clock", back.text());
  add("Snapshots", snapshots_text(reader));
  for (const std::string& name : recording.node_names()) {
    const auto snapshots = std::count_if(all.begin(), all.end(), [&](const SnapshotRecord& one) {
      return recording.node_name(one) == name;
    });
    if (snapshots > 1) continue;
    add("Not told", fmt::format("how {} changed, rates, and where its memory went: they need two "
                                "snapshots, there is one",
                                name));
  }
  std::int64_t incomplete = 0, filling = 0, stale = 0;
  for (const SnapshotRecord& one : all) {
    incomplete += one.not_read > 0 || !one.not_answered.empty() ? 1 : 0;
    filling += one.filling ? 1 : 0;
    stale += one.stale_found;
  }
  add("Complete", incomplete == 0
                      ? std::string("everything that was asked for was read")
                      : fmt::format("{} without something",
                                    counted(static_cast<std::size_t>(incomplete), "snapshot")));
  if (filling > 0)
    add("Filling", fmt::format("{} before all was read once",
                               counted(static_cast<std::size_t>(filling), "snapshot")));
  if (stale > 0) add("Stale", counted(static_cast<std::size_t>(stale), "row"));
  const auto paces = paces_of(recording);
  for (const Pace& pace : paces) {
    const auto who = paces.size() > 1 ? pace.node + ": " : std::string();
    add("Cost", who + pace.cost_text());
  }
  for (const GapRecord& gap : reader.gaps()) {
    add("Gap", fmt::format("{} to {}: {}", iso_time(gap.from_wall_us), iso_time(gap.to_wall_us),
                           recording.reason_of(gap)));
  }
  if (reader.gaps().empty()) add("Gaps", "none");
  for (const NoteRecord& note : reader.notes()) {
    add("Note", fmt::format("{} {}", iso_time(note.wall_us), note.text));
  }
  for (const std::string& remark : reader.remarks()) add("Remark", remark);
}

}  // namespace

Expected<Report> make_report(const Recording& recording) {
  const auto range = recording.range("first", "last");
  if (!range) return tl::unexpected(range.error());
  Report report;
  report.recording = &recording;
  auto found = find_findings(recording, "", *range);
  if (!found) return tl::unexpected(found.error());
  report.damage = found->damage;
  report.findings = std::move(*found);
  add_facts(recording, report);
  for (const std::string& name : recording.node_names()) {
    auto node = read_node_report(recording, name, report);
    if (!node) return tl::unexpected(node.error());
    report.nodes.push_back(std::move(*node));
  }
  recording.add_met(report.damage);
  return report;
}

}  // namespace beamtape
