// A port's queue does not drain: 64 KiB or more in at least five snapshots in a row up to the end,
// not falling; or 8 KiB or more, from which on senders have to wait by default, that have not
// changed by a byte in them. Those who send to it are suspended, or pile up data.

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "analyzer/findings/all_rules.h"
#include "analyzer/findings/evidence.h"
#include "analyzer/load/frame.h"
#include "analyzer/load/text.h"
#include "schema/model/ref.h"

namespace beamtape {
namespace port_backpressure_rule {
namespace {

constexpr double kLeastBytes = 64 * 1024, kLeastStill = 8 * 1024;
constexpr std::size_t kInARow = 5;
constexpr std::size_t kMostTold = 8;

struct Queue {
  std::string name, owner, peer;
  Values bytes;
};

// Queues of the ports that end with a long one, by port.
std::map<Cell, Queue> long_queues(const Observed& observed, const Table& table,
                                  std::size_t queue_at) {
  std::map<Cell, Queue> found;
  Reader& reader = observed.recording->reader();
  const auto last = observed.recording->frame(table, observed.last_snapshot());
  if (!last) return found;
  const auto columns = shown_columns(table);
  std::map<std::size_t, std::vector<std::pair<std::size_t, Cell>>> slots;  // by row group
  for (const std::size_t slot : last->slots()) {
    const RowView row = last->row(slot);
    if (is_missing(row.cell(queue_at)) || static_cast<double>(row.cell(queue_at)) < kLeastStill)
      continue;
    const auto text = [&](const char* column) {
      const Shown* shown = find_shown(columns, column);
      const Value value = shown ? value_of(row, *shown) : Value(NoValue{});
      return no_value(value) ? std::string() : display(value, Unit::kNone);
    };
    found[row.cell(0)] = {text("name"), text("connected"), text("peername"),
                          Values(observed.size(), kNaN)};
    slots[slot / kRowsPerGroup].emplace_back(slot % kRowsPerGroup, row.cell(0));
  }
  std::vector<std::size_t> groups;
  for (const auto& one : slots) groups.push_back(one.first);
  std::size_t at = 0;
  const auto& snapshots = observed.segment.snapshots;
  // What cannot be read stays unknown.
  static_cast<void>(reader.histories(
      table, groups, snapshots.front()->id, snapshots.back()->id,
      [&](const SnapshotRecord& one, std::size_t group, const RowGroup& rows) {
        while (at < snapshots.size() && snapshots[at]->id < one.id) ++at;
        if (at == snapshots.size() || snapshots[at]->id != one.id) return true;
        for (const auto& [row, port] : slots[group]) {
          const bool there = row < rows.rows && rows.columns[0][row] == port;
          const Cell cell = there ? rows.columns[queue_at][row] : Cell{0};
          if (!is_missing(cell)) found[port].bytes[at] = static_cast<double>(cell);
        }
        return true;
      },
      nullptr));
  return found;
}

std::size_t in_a_row_at_end(const Values& bytes) {
  const double last = bytes.back();
  const bool long_one = last >= kLeastBytes;
  auto end = std::find_if(bytes.rbegin(), bytes.rend(), [&](double b) {
    return long_one ? b < kLeastBytes : b < last || b > last;
  });
  while (end != bytes.rbegin() && std::isnan(*(end - 1))) --end;
  return static_cast<std::size_t>(end - bytes.rbegin());
}

void tell(const Observed& observed, Cell port, const Queue& queue, Verdict& verdict) {
  const std::size_t snapshots = in_a_row_at_end(queue.bytes);
  const double now = queue.bytes.back();
  double most = 0;
  for (const double bytes : queue.bytes) most = bytes > most ? bytes : most;
  if (snapshots < kInARow || !(now >= most / 2)) return;
  const double since = observed.duration() - observed.seconds()[observed.size() - snapshots];
  const std::string id = ref_text(unpack(port));
  Finding& finding =
      verdict.add(observed.size() >= kFewestSamples ? Severity::kWarning : Severity::kInfo,
                  now / most, {"port", id, printable(queue.name), ""});
  finding.title = fmt::format("Port {} {} does not drain: {} wait in it", id, printable(queue.name),
                              amount(now, Unit::kBytes));
  finding.evidence =
      fmt::format("Its queue {} in the last {} snapshots, for {}; at most {}.",
                  now >= kLeastBytes ? "held 64 KiB or more" : "did not change by a byte",
                  snapshots, span_text(since), amount(most, Unit::kBytes));
  if (!queue.owner.empty()) finding.evidence += fmt::format(" It belongs to {}.", queue.owner);
  if (!queue.peer.empty()) finding.evidence += fmt::format(" The other end is {}.", queue.peer);
  finding.caveat =
      "A slow reader that is behind for a while looks the same as one that has stopped.";
  finding.advice =
      "See whether the other end still reads; a send timeout (send_timeout_close) ends such a "
      "connection.";
  finding.numbers = {
      {"snapshots", static_cast<double>(snapshots)}, {"bytes", now}, {"most_bytes", most}};
  finding.plot = plot_of(observed, "queue_size", Unit::kBytes, queue.bytes);
  seen_between(observed, observed.size() - snapshots, observed.size() - 1, finding);
  finding.involves.push_back("process " + queue.owner);
}

void evaluate(const Observed& observed, Verdict& verdict) {
  const Table* table = observed.recording->reader().table("port");
  const auto queue_at = table ? table->find("queue_size") : std::nullopt;
  if (!queue_at) return verdict.not_evaluated("the queues of ports were not recorded");
  if (observed.size() < kInARow) {
    return verdict.not_evaluated(
        fmt::format("needs {} snapshots, the stretch has {}", kInARow, observed.size()));
  }
  std::vector<std::pair<Cell, Queue>> queues;
  for (auto& one : long_queues(observed, *table, *queue_at)) queues.push_back(one);
  std::stable_sort(queues.begin(), queues.end(), [](const auto& a, const auto& b) {
    return a.second.bytes.back() > b.second.bytes.back();
  });
  if (queues.size() > kMostTold) queues.resize(kMostTold);
  for (const auto& [port, queue] : queues) tell(observed, port, queue, verdict);
}

}  // namespace
}  // namespace port_backpressure_rule

const Rule kPortBackpressureRule{"port-backpressure", "a port's queue does not drain",
                                 port_backpressure_rule::evaluate};

}  // namespace beamtape
