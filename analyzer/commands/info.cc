#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <optional>

#include "analyzer/commands/all_commands.h"
#include "analyzer/commands/options.h"
#include "analyzer/commands/rows.h"
#include "analyzer/commands/text_table.h"
#include "analyzer/load/pace.h"
#include "analyzer/load/put_back.h"
#include "analyzer/load/text.h"
#include "analyzer/load/time.h"

namespace beamtape {
namespace info_command {
namespace {

struct Options {
  std::string file;
  FormatOption format;
};

// Sums over the snapshots: all that `info` says comes from plain tables, so it is quick on any
// file.
struct Summary {
  std::int64_t processes = 0;  // summed over snapshots
  std::int64_t most_processes = 0;
  std::int64_t not_read = 0;
  std::int64_t incomplete = 0;  // snapshots with a process or a question that was not read
  std::int64_t filling = 0;
  std::int64_t stale_found = 0;
  std::vector<Pace> paces;
  Pace pace;  // of all of them together
};

Summary summarize(const Recording& recording) {
  const Reader& reader = recording.reader();
  Summary sum;
  sum.paces = paces_of(recording);
  for (const Pace& one : sum.paces) {
    sum.pace.snapshots += one.snapshots;
    sum.pace.target_us += one.target_us;
    sum.pace.most_target_us = std::max(sum.pace.most_target_us, one.most_target_us);
    sum.pace.received_bytes += one.received_bytes;
    sum.pace.passed_us += one.passed_us;
    sum.pace.passed_target_us += one.passed_target_us;
  }
  for (const SnapshotRecord& one : reader.snapshots()) {
    sum.processes += one.processes;
    sum.most_processes = std::max(sum.most_processes, one.processes);
    sum.not_read += one.not_read;
    sum.incomplete += one.not_read > 0 || !one.not_answered.empty() ? 1 : 0;
    sum.filling += one.filling ? 1 : 0;
    sum.stale_found += one.stale_found;
  }
  return sum;
}

std::optional<double> bytes_per_process(const Reader& reader, const Summary& sum) {
  if (sum.processes == 0) return std::nullopt;
  return static_cast<double>(reader.file_bytes()) / static_cast<double>(sum.processes);
}

std::string fact(const NodeRecord& node, const std::string& name) {
  for (const auto& [key, value] : node.facts) {
    if (key == name) return value;
  }
  return {};
}

std::string name_of(const Recording& recording, std::int64_t node) {
  const NodeRecord* record = recording.node(node);
  return record ? record->name : std::string();
}

Json rounded(std::optional<double> value, double unit) {
  if (!value) return nullptr;
  return static_cast<double>(static_cast<std::int64_t>(*value / unit + 0.5)) * unit;
}

Json node_json(const Reader& reader, const NodeRecord& node) {
  Json facts = Json::object();
  for (const auto& [key, value] : node.facts) facts[key] = value;
  Json applications = Json::array();
  for (const auto& one : node.applications) {
    applications.push_back({{"name", one.name}, {"version", one.version}});
  }
  const auto otp = fact(node, "otp_release");
  const auto mine = [&](const SnapshotRecord& snapshot) { return snapshot.node == node.id; };
  const auto& all = reader.snapshots();
  const auto first = std::find_if(all.begin(), all.end(), mine);
  const auto last = std::find_if(all.rbegin(), all.rend(), mine);
  const bool any = first != all.end();
  return {{"name", node.name},
          {"creation", node.creation},
          {"otp_release", otp.empty() ? Json(nullptr) : Json(otp)},
          {"attached", iso_time(node.attached_wall_us)},
          {"snapshots", std::count_if(all.begin(), all.end(), mine)},
          {"from", any ? Json(iso_time(first->began_wall_us)) : Json(nullptr)},
          {"to", any ? Json(iso_time(last->began_wall_us)) : Json(nullptr)},
          {"facts", facts},
          {"applications", applications}};
}

Json gaps_json(const Recording& recording) {
  Json gaps = Json::array();
  for (const GapRecord& gap : recording.reader().gaps()) {
    gaps.push_back({{"node", name_of(recording, gap.node)},
                    {"from", iso_time(gap.from_wall_us)},
                    {"to", iso_time(gap.to_wall_us)},
                    {"reason", gap.reason}});
  }
  return gaps;
}

Json not_answered_json(const Reader& reader) {
  Json all = Json::array();
  for (const SnapshotRecord& one : reader.snapshots()) {
    if (one.not_answered.empty()) continue;
    all.push_back({{"snapshot", one.id}, {"what", one.not_answered}});
  }
  return all;
}

Json cost_json(const Pace& pace) {
  return {{"target_us_mean", pace.mean_target_us()},
          {"target_us_most", pace.most_target_us},
          {"target_share", rounded(pace.share(), 1e-6)},
          {"received_bytes", pace.received_bytes}};
}

void write_completeness(const Recording& recording, const Summary& sum, JsonDocument& document) {
  const Reader& reader = recording.reader();
  const auto last = reader.snapshots().empty() ? 0 : reader.snapshots().back().processes;
  document.member("processes", {{"last", last}, {"most", sum.most_processes}});
  document.member("not_read", sum.not_read);
  document.member("not_answered", not_answered_json(reader));
  document.member("filling", sum.filling);
  document.member("stale_found", sum.stale_found);
  document.member("cost", cost_json(sum.pace));
  Json costs = Json::array();
  for (const Pace& pace : sum.paces) {
    costs.push_back(cost_json(pace));
    costs.back()["node"] = pace.node;
  }
  document.member("costs", costs);
}

void write_json(const Recording& recording, Output& out) {
  const Reader& reader = recording.reader();
  const auto& all = reader.snapshots();
  const Summary sum = summarize(recording);
  JsonDocument document(out);
  document.member("schema", 1);
  document.member("command", "info");
  document.member("file", recording.path());
  document.member("format_version", reader.format_version());
  const auto recorder = reader.meta("recorder");
  document.member("recorder_version", recorder ? Json(*recorder) : Json(nullptr));
  document.member("redacted", recording.is_redacted());
  document.member("snapshots", all.size());
  document.member("dropped_to", reader.dropped_to());
  document.member("from", all.empty() ? Json(nullptr) : Json(iso_time(all.front().began_wall_us)));
  document.member("to", all.empty() ? Json(nullptr) : Json(iso_time(all.back().began_wall_us)));
  document.member("clock_went_back_us", put_back(recording).micros);
  document.member("interval_us", all.empty() ? Json(nullptr) : Json(all.back().interval_us));
  Json nodes = Json::array();
  for (const NodeRecord& node : reader.nodes()) nodes.push_back(node_json(reader, node));
  document.member("nodes", nodes);
  document.member("gaps", gaps_json(recording));
  write_completeness(recording, sum, document);
  document.member("bytes", reader.file_bytes());
  document.member("bytes_per_process_snapshot", rounded(bytes_per_process(reader, sum), 1e-4));
  Json notes = Json::array();
  for (const NoteRecord& note : reader.notes()) {
    notes.push_back({{"time", iso_time(note.wall_us)}, {"text", note.text}});
  }
  document.member("notes", notes);
  document.member("remarks", reader.remarks());
  document.member("damage", damage_texts(recording, {}));
  document.end();
}

std::string span_text(std::int64_t from_us, std::int64_t to_us, std::int64_t passed_us) {
  const bool same_day = date_text(from_us) == date_text(to_us);
  return fmt::format("{} {} to {}{} UTC ({})", date_text(from_us), clock_text(from_us, false),
                     same_day ? "" : date_text(to_us) + " ", clock_text(to_us, false),
                     duration_text(passed_us));
}

void add_node_lines(const Reader& reader, TextTable& table) {
  for (const NodeRecord& node : reader.nodes()) {
    std::vector<std::string> parts;
    if (const auto otp = fact(node, "otp_release"); !otp.empty()) parts.push_back("OTP " + otp);
    parts.push_back(fmt::format("creation {}", node.creation));
    parts.push_back(fmt::format("attached {}", clock_text(node.attached_wall_us, false)));
    if (!node.applications.empty()) {
      parts.push_back(counted(node.applications.size(), "application"));
    }
    table.add(
        {"node", fmt::format("{} ({})", printable(node.name), printable(joined(parts, ", ")))});
  }
}

// Before what is told of one of several nodes.
std::string of_node(const Summary& sum, const Pace& pace) {
  return sum.paces.size() > 1 ? printable(pace.node) + ": " : std::string();
}

void add_completeness_lines(const Reader& reader, const Summary& sum, TextTable& table) {
  for (const Pace& pace : sum.paces) {
    table.add({"processes", of_node(sum, pace) + fmt::format("{} in the last snapshot, {} at most",
                                                             grouped(pace.last_processes),
                                                             grouped(pace.most_processes))});
  }
  std::string complete = "everything that was asked for was read";
  if (sum.incomplete > 0) {
    complete = fmt::format("{} of {} {} something, {} of processes in all", grouped(sum.incomplete),
                           counted(reader.snapshots().size(), "snapshot"),
                           sum.incomplete == 1 ? "misses" : "miss",
                           counted(static_cast<std::size_t>(sum.not_read), "reading"));
  }
  if (sum.filling > 0) {
    complete += fmt::format("; {} taken before all had been read once", grouped(sum.filling));
  }
  if (sum.stale_found > 0) {
    complete +=
        fmt::format("; {} found stale", counted(static_cast<std::size_t>(sum.stale_found), "row"));
  }
  table.add({"complete", complete});
}

void add_gap_lines(const Recording& recording, TextTable& table) {
  const auto& gaps = recording.reader().gaps();
  if (gaps.empty()) table.add({"gaps", "none"});
  for (const GapRecord& gap : gaps) {
    const auto span =
        span_text(gap.from_wall_us, gap.to_wall_us, gap.to_wall_us - gap.from_wall_us);
    table.add({"gap", fmt::format("{}: {}", span, printable(recording.reason_of(gap)))});
  }
}

// Each has a budget of its own.
void add_cost_lines(const Summary& sum, TextTable& table) {
  for (const Pace& pace : sum.paces) {
    table.add({"cost", of_node(sum, pace) + pace.cost_text() +
                           fmt::format("; {} received", size_text(pace.received_bytes))});
  }
}

// "the first 64 snapshots"; of several nodes the oldest groups of each go, "58 of the first 64 …".
std::string dropped_text(const Reader& reader) {
  const std::int64_t to = reader.dropped_to();
  const auto& all = reader.snapshots();
  const auto kept = std::count_if(all.begin(), all.end(),
                                  [&](const SnapshotRecord& one) { return one.id <= to; });
  if (kept == 0 && to == 1) return "the first snapshot";
  if (kept == 0) return fmt::format("the first {} snapshots", grouped(to));
  return fmt::format("{} of the first {} snapshots", grouped(to - kept), grouped(to));
}

void write_text(const Recording& recording, Output& out) {
  const Reader& reader = recording.reader();
  const auto& all = reader.snapshots();
  const Summary sum = summarize(recording);
  TextTable table({{"", false, false}, {"", false, false}});
  table.add({"file", fmt::format("{} (format {})", recording.path(), reader.format_version())});
  if (recording.is_redacted()) table.add({"redacted", "its names are of its own"});
  add_node_lines(reader, table);
  if (!all.empty()) {
    table.add({"recorded", span_text(all.front().began_wall_us, all.back().began_wall_us,
                                     recorded_micros(recording))});
    if (const auto back = put_back(recording); back.times > 0) table.add({"clock", back.text()});
    table.add({"snapshots", snapshots_text(reader)});
  } else {
    table.add({"snapshots", "none"});
  }
  if (reader.dropped_to() > 0) {
    table.add({"without", dropped_text(reader) + ": dropped for --keep or --max-size, or cut off"});
  }
  if (!all.empty()) {
    add_completeness_lines(reader, sum, table);
    add_cost_lines(sum, table);
  }
  add_gap_lines(recording, table);
  auto size = size_text(reader.file_bytes());
  if (const auto per = bytes_per_process(reader, sum)) {
    size += fmt::format(", {} bytes per process and snapshot", rate_text(*per));
  }
  table.add({"size", size});
  for (const NoteRecord& note : reader.notes()) {
    table.add(
        {"note", fmt::format("{} {}", clock_text(note.wall_us, false), printable(note.text))});
  }
  for (const std::string& remark : reader.remarks()) table.add({"remark", printable(remark)});
  out.write(table.text(0, ""));
}

Expected<int> run(const Options& options, Context& context) {
  const auto recording = open_recording(context, options.file);
  if (!recording) return tl::unexpected(recording.error());
  if (options.format.format() == Format::kJson) {
    write_json(*recording, context.out);
  } else {
    write_text(*recording, context.out);
  }
  return warn_of_damage(context, options.file, damage_texts(*recording, {}));
}

Command::Run declare(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  add_file(app, options->file);
  add_format(app, options->format, false);
  app.footer("Example: info FILE --json");
  return [options](Context& context) { return run(*options, context); };
}

}  // namespace
}  // namespace info_command

const Command kInfoCommand{"info", "What a recording holds, how completely, at what cost",
                           info_command::declare};

}  // namespace beamtape
