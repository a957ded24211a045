#include "analyzer/view/overview.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

#include "analyzer/load/scheduler_use.h"
#include "analyzer/load/series.h"
#include "analyzer/load/text.h"

namespace beamtape {

namespace {

struct Declared {
  const char* metric;
  const char* title;
  const char* part = nullptr;  // of all memory, what it is called there
};

constexpr Declared kTracks[] = {{"memory_total", "memory"},
                                {"process_count", "processes"},
                                {"message_queue_len", "messages waiting"},
                                {"max_message_queue_len", "longest mailbox"},
                                {"run_queue_all", "run queue"},
                                {"rate(reductions_done)", "reductions"},
                                {"memory_processes", "memory: processes", "processes"},
                                {"memory_binary", "memory: binaries", "binary"},
                                {"memory_ets", "memory: ETS", "ets"},
                                {"memory_code", "memory: code", "code"},
                                {"memory_atom", "memory: atoms", "atom"},
                                {"port_count", "ports"},
                                {"ets_count", "ETS tables"},
                                {"atom_count", "atoms"}};

// Empty values where this recording has no such metric.
Track read_track(const Recording& recording, const Declared& declared, const Overview& overview) {
  Track track{declared.metric, declared.title, Unit::kNone, false, false, {}};
  const double none = std::numeric_limits<double>::quiet_NaN();
  track.values.assign(overview.instants.size(), none);
  const auto series =
      read_series(recording, "node", declared.metric, overview.node,
                  {overview.instants.front().snapshot, overview.instants.back().snapshot});
  if (!series) return track;  // an older recorder did not ask for it: shown as "not read"
  track.unit = series->unit;
  track.is_rate = series->is_rate;
  std::size_t at = 0;
  for (const Point& point : series->points) {
    while (at < overview.instants.size() && overview.instants[at].snapshot < point.snapshot->id) {
      ++at;
    }
    if (at == overview.instants.size()) break;
    if (overview.instants[at].snapshot != point.snapshot->id) continue;
    if (const auto* number = std::get_if<std::int64_t>(&point.value)) {
      track.values[at] = static_cast<double>(*number);
    } else if (const auto* rate = std::get_if<double>(&point.value)) {
      track.values[at] = *rate;
    }
  }
  return track;
}

void add_instants(const Recording& recording, Overview& overview) {
  for (const SnapshotRecord& one : recording.reader().snapshots()) {
    if (recording.node_name(one) != overview.node) continue;
    overview.instants.push_back({one.id, one.began_wall_us, one.ended_wall_us - one.began_wall_us,
                                 one.target_us, one.received_bytes, one.processes, one.not_read,
                                 one.filling, one.not_answered});
    overview.seconds.push_back(
        static_cast<double>(one.began_wall_us - overview.instants.front().wall_us) / 1e6);
  }
}

void add_memory(Overview& overview) {
  for (std::size_t i = 0; i < std::size(kTracks); ++i) {
    if (!kTracks[i].part) continue;
    overview.memory.push_back(overview.tracks[i]);
    overview.memory.back().title = kTracks[i].part;
  }
  Track rest{"memory_total", "other", Unit::kBytes, false, false, {}};
  const Track& total = overview.tracks.front();
  for (std::size_t i = 0; i < total.values.size(); ++i) {
    double explained = 0;
    for (const Track& part : overview.memory) {
      explained += std::isnan(part.values[i]) ? 0 : part.values[i];
    }
    // Not known where the total is not: std::max would give its first argument then.
    rest.values.push_back(std::max(total.values[i] - explained, 0.0));
  }
  overview.memory.push_back(std::move(rest));
}

}  // namespace

Overview read_overview(const Recording& recording, const std::string& node,
                       const std::function<bool(double)>& goes_on) {
  Overview overview;
  const Reader& reader = recording.reader();
  overview.file_bytes = reader.file_bytes();
  overview.format_version = reader.format_version();
  overview.remarks = reader.remarks();
  const auto& names = recording.node_names();
  if (names.empty()) {
    overview.error = "Nothing was recorded: the file has no snapshots.";
    return overview;
  }
  overview.nodes = names;
  overview.node = node.empty() ? names.front() : node;
  add_instants(recording, overview);
  if (overview.instants.empty()) {
    overview.error = fmt::format("No snapshot of {} is in this file.", overview.node);
    return overview;
  }
  for (const NodeRecord& one : reader.nodes()) {
    if (one.name == overview.node) overview.facts = one.facts;
  }
  for (const Declared& one : kTracks) {
    const double share = static_cast<double>(overview.tracks.size()) / std::size(kTracks);
    if (goes_on && !goes_on(share)) {
      overview.error = "It was not read to the end: stopped.";
      return overview;
    }
    overview.tracks.push_back(read_track(recording, one, overview));
  }
  add_memory(overview);
  for (const GapRecord& gap : reader.gaps()) {
    const NodeRecord* of = recording.node(gap.node);
    if (of && of->name != overview.node) continue;
    overview.gaps.push_back({gap.from_wall_us, gap.to_wall_us, printable(gap.reason)});
  }
  std::sort(overview.gaps.begin(), overview.gaps.end(),
            [](const Stretch& a, const Stretch& b) { return a.from_us < b.from_us; });
  for (const NoteRecord& note : reader.notes()) {
    overview.notes.push_back({note.wall_us, note.wall_us, printable(note.text)});
  }
  return overview;
}

bool gap_between(const Overview& overview, double from_s, double to_s) {
  if (overview.gaps.empty()) return false;
  const auto wall_us = [&](double second) {
    return overview.instants.front().wall_us + std::llround(second * 1e6);
  };
  const auto from = wall_us(from_s), to = wall_us(to_s);
  const auto next = std::partition_point(overview.gaps.begin(), overview.gaps.end(),
                                         [from](const Stretch& gap) { return gap.to_us <= from; });
  return next != overview.gaps.end() && next->from_us < to;
}

std::string text_at(const Track& track, std::size_t position) {
  const double value = position < track.values.size() ? track.values[position]
                                                      : std::numeric_limits<double>::quiet_NaN();
  if (track.is_share && !std::isnan(value)) return fmt::format("{:.1f} %", 100 * value);
  return track_text(value, track.unit, track.is_rate);
}

Track read_scheduler_use(const Recording& recording, const std::string& node) {
  Track track{"", "scheduler use", Unit::kNone, false, true, {}};
  const auto& snapshots = recording.reader().snapshots();
  if (snapshots.empty()) return track;
  const auto uses = scheduler_use(recording, node, {snapshots.front().id, snapshots.back().id});
  if (!uses || uses->empty()) return track;
  auto next = uses->begin();
  for (const SnapshotRecord& one : snapshots) {
    if (recording.node_name(one) != node) continue;
    const bool known = next != uses->end() && next->snapshot->id == one.id;
    track.values.push_back(known ? next->share : std::numeric_limits<double>::quiet_NaN());
    if (known) ++next;
  }
  return track;
}

std::string track_text(double value, Unit unit, bool is_rate) {
  if (std::isnan(value)) return "not read";
  if (unit == Unit::kBytes) {
    return size_text(static_cast<std::int64_t>(value)) + (is_rate ? "/s" : "");
  }
  return is_rate ? rate_text(value) + "/s" : grouped(static_cast<std::int64_t>(value));
}

}  // namespace beamtape
