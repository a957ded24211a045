#include "analyzer/load/series.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <optional>

#include "analyzer/commands/all_commands.h"
#include "analyzer/commands/options.h"
#include "analyzer/commands/rows.h"
#include "analyzer/commands/text_table.h"
#include "analyzer/load/text.h"
#include "analyzer/load/time.h"

namespace beamtape {
namespace series_command {
namespace {

struct Options {
  std::string file;
  std::string subject;
  std::string metric;
  std::string from = "first";
  std::string to = "last";
  std::string node;
  FormatOption format;
};

std::optional<double> number_of_point(const Point& point) {
  if (const auto* whole = std::get_if<std::int64_t>(&point.value)) {
    return static_cast<double>(*whole);
  }
  const auto* rate = std::get_if<double>(&point.value);
  return rate ? std::optional(*rate) : std::nullopt;
}

Json value_json(const Point& point) {
  if (const auto* whole = std::get_if<std::int64_t>(&point.value)) return *whole;
  const auto* rate = std::get_if<double>(&point.value);
  return rate ? Json(std::round(*rate * 1000) / 1000) : Json(nullptr);
}

const NoValue* not_read(const Point& point) {
  const auto* none = std::get_if<NoValue>(&point.value);
  return none && none->not_read() ? none : nullptr;
}

std::string number_text(double value, const Series& series) {
  if (series.is_rate && series.unit != Unit::kBytes) return rate_text(value);
  const Value whole = static_cast<std::int64_t>(std::llround(value));
  return display(whole, series.unit == Unit::kNone ? Unit::kCount : series.unit);
}

std::vector<GapRecord> gaps_of(const Recording& recording, const Series& series) {
  std::vector<GapRecord> gaps;
  if (series.points.empty()) return gaps;
  const std::string node = recording.node_name(*series.points.front().snapshot);
  for (const GapRecord& gap : recording.reader().gaps()) {
    const NodeRecord* record = recording.node(gap.node);
    const bool within = gap.to_wall_us >= series.points.front().snapshot->began_wall_us &&
                        gap.from_wall_us <= series.points.back().snapshot->began_wall_us;
    if (record && record->name == node && within) gaps.push_back(gap);
  }
  return gaps;
}

void write_json(const Recording& recording, const Series& series, Output& out) {
  const std::string unit = unit_name(series.unit);
  JsonDocument document(out);
  document.member("schema", 1);
  document.member("command", "series");
  document.member("subject", {{"kind", series.kind}, {"name", series.subject}});
  document.member("metric", series.metric);
  document.member("unit", unit.empty() ? Json(nullptr) : Json(unit));
  document.member("per_second", series.is_rate);
  document.member("kind", kind_name(series.metric_kind));
  document.member("node", series.points.empty()
                              ? Json(nullptr)
                              : Json(recording.node_name(*series.points.front().snapshot)));
  document.member("lives", series.lives);
  document.begin_array("rows");
  for (const Point& point : series.points) {
    Json row{{"snapshot", point.snapshot->id},
             {"time", iso_time(point.snapshot->began_wall_us)},
             {"value", value_json(point)}};
    if (series.lives.size() > 1 && number_of_point(point)) row["life"] = series.lives[point.life];
    if (const NoValue* none = not_read(point)) row["not_read"] = {{"value", none->reason()}};
    if (!document.element(row)) return;
  }
  document.end_array();
  Json gaps = Json::array();
  for (const GapRecord& gap : gaps_of(recording, series)) {
    gaps.push_back({{"from", iso_time(gap.from_wall_us)},
                    {"to", iso_time(gap.to_wall_us)},
                    {"reason", gap.reason}});
  }
  document.member("gaps", gaps);
  document.member("damage", damage_texts(recording, series.damage));
  document.end();
}

void write_csv(const Series& series, Output& out) {
  out.write("snapshot,time,value,life,not_read\n");
  for (const Point& point : series.points) {
    const Json value = value_json(point);
    const bool named = number_of_point(point) && point.life < series.lives.size();
    const NoValue* none = not_read(point);
    const bool taken = out.write(fmt::format(
        "{},{},{},{},{}\n", point.snapshot->id, iso_time(point.snapshot->began_wall_us),
        value.is_null() ? std::string() : value.dump(),
        named ? csv_quoted(series.lives[point.life]) : "", none ? csv_quoted(none->reason()) : ""));
    if (!taken) return;
  }
}

// A bar of eighths of a character, full at the largest value.
std::string bar(double value, double largest) {
  static constexpr std::array<const char*, 8> kEighths{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  constexpr double kWidth = 30;
  if (largest <= 0 || value <= 0) return {};
  const auto eighths = static_cast<std::size_t>(std::lround(value / largest * kWidth * 8));
  std::string text;
  for (std::size_t i = 0; i < eighths / 8; ++i) text += "█";
  return text + kEighths[eighths % 8];
}

class SeriesText {
 public:
  SeriesText(const Recording& recording, const Series& series)
      : series_(series), gaps_(gaps_of(recording, series)) {
    for (const Point& point : series.points) {
      largest_ = std::max(largest_, number_of_point(point).value_or(0));
    }
  }

  std::string text() {
    TextTable table({{"snapshot", false, false},
                     {"time", false, false},
                     {series_.metric + (series_.is_rate ? " per second" : ""), true, false},
                     {"change", true, false},
                     {"", false, true}});
    for (std::size_t i = 0; i < series_.points.size(); ++i) add_point(table, i);
    std::string text = table.text(0, "");
    const std::string footnotes = notes_.text();
    return footnotes.empty() ? text : text + "\n" + footnotes;
  }

 private:
  void add_point(TextTable& table, std::size_t i) {
    const Point& point = series_.points[i];
    const SnapshotRecord& snapshot = *point.snapshot;
    std::vector<std::string> cells{
        fmt::format("#{}", snapshot.id),
        clock_text(snapshot.began_wall_us, snapshot.interval_us < 1'000'000)};
    if (i > 0)
      add_gaps(table, series_.points[i - 1].snapshot->began_wall_us, snapshot.began_wall_us);
    const auto value = number_of_point(point);
    if (!value) {
      const auto* none = std::get_if<NoValue>(&point.value);
      cells.insert(cells.end(), {notes_.cell(*none, series_.unit), "", ""});
      before_ = {};
    } else {
      const bool another = before_ && before_->life != point.life;
      std::string change;
      if (before_ && !another) {
        const double difference = *value - *number_of_point(*before_);
        change = (difference > 0 ? "+" : "") + number_text(difference, series_);
        if (difference == 0) change = "=";
      }
      std::string note = bar(*value, largest_);
      if (another || (!before_ && series_.lives.size() > 1)) note += "  " + life_name(point.life);
      cells.insert(cells.end(), {number_text(*value, series_), change, note});
      before_ = &point;
    }
    table.add(std::move(cells));
  }

  std::string life_name(std::size_t life) const {
    return life < series_.lives.size() ? series_.lives[life] : "node started anew";
  }

  void add_gaps(TextTable& table, std::int64_t from, std::int64_t to) {
    for (const GapRecord& gap : gaps_) {
      if (gap.from_wall_us < from || gap.from_wall_us >= to) continue;
      table.add_line(fmt::format("gap of {} at {}: {}",
                                 duration_text(gap.to_wall_us - gap.from_wall_us),
                                 clock_text(gap.from_wall_us, false), printable(gap.reason)));
    }
  }

  const Series& series_;
  std::vector<GapRecord> gaps_;
  double largest_ = 0;
  const Point* before_ = nullptr;
  Footnotes notes_;
};

std::string heading(const Recording& recording, const Series& series) {
  std::string subject =
      series.kind == "node" ? "the node" : series.kind + " " + printable(series.subject);
  if (series.lives.size() == 1 && series.lives[0] != series.subject) {
    subject += " (" + series.lives[0] + ")";
  }
  if (series.points.empty()) return subject + ": no snapshots\n";
  const SnapshotRecord& first = *series.points.front().snapshot;
  const SnapshotRecord& last = *series.points.back().snapshot;
  return fmt::format("{} of {} on {}, {} {} to {} UTC, {}\n", series.metric, subject,
                     printable(recording.node_name(first)), date_text(first.began_wall_us),
                     clock_text(first.began_wall_us, false), clock_text(last.began_wall_us, false),
                     counted(series.points.size(), "snapshot"));
}

Expected<int> run(const Options& options, Context& context) {
  const auto recording = open_recording(context, options.file);
  if (!recording) return tl::unexpected(recording.error());
  const auto range = recording->range(options.from, options.to);
  if (!range) return tl::unexpected(range.error());
  const auto series =
      read_series(*recording, options.subject, options.metric, options.node, *range);
  if (!series) return tl::unexpected(series.error());
  switch (options.format.format()) {
    case Format::kJson:
      write_json(*recording, *series, context.out);
      break;
    case Format::kCsv:
      write_csv(*series, context.out);
      break;
    case Format::kTable:
      context.out.write(heading(*recording, *series) + "\n" +
                        SeriesText(*recording, *series).text());
  }
  return warn_of_damage(context, options.file, damage_texts(*recording, series->damage));
}

Command::Run declare(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  add_file(app, options->file);
  app.add_option("SUBJECT", options->subject,
                 "node, process:PID|NAME, group:NAME, ets:NAME, port:DRIVER, allocator:NAME, or "
                 "a pid or name alone")
      ->required()
      ->type_name("");
  app.add_option("METRIC", options->metric, "A number column; of counters also rate(COLUMN)")
      ->required()
      ->type_name("");
  add_range(app, options->from, options->to);
  add_node(app, options->node);
  add_format(app, options->format, true);
  app.footer("Example: series FILE process:Shop.Cart 'rate(reductions)'");
  return [options](Context& context) { return run(*options, context); };
}

}  // namespace
}  // namespace series_command

const Command kSeriesCommand{"series", "One number of one subject over time",
                             series_command::declare};

}  // namespace beamtape
