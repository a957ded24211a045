#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "analyzer/load/lives.h"
#include "analyzer/load/recording.h"

namespace beamtape {

// One quantity of one subject over time.
struct Point {
  const SnapshotRecord* snapshot = nullptr;
  // A number, per second where it is a rate; or why there is none: kNone where the subject did
  // not exist (or had no such value), any other reason where it was not read.
  std::variant<NoValue, std::int64_t, double> value;
  std::size_t life = 0;  // changes where another incarnation of the subject begins
};

struct Series {
  std::string kind;     // node, process, group, ets, port, allocator
  std::string subject;  // name or pid; the node's name
  std::string metric;   // as asked: "memory", "rate(reductions)"
  Unit unit = Unit::kNone;
  Kind metric_kind = Kind::kGauge;
  bool is_rate = false;
  std::vector<std::string> lives;  // keys of the incarnations, "<0.123.0>"; may be empty
  std::vector<Point> points;       // every snapshot of the node in the range
  std::vector<Damage> damage;
};

// What `series FILE SUBJECT METRIC` asks for. SUBJECT is "node", "process:PID|NAME",
// "group:NAME", "ets:NAME", "port:DRIVER", "allocator:NAME" or a bare pid or name, if
// only one of them has it. Of one ETS table or port instead of all with the name, NAME is its
// identifier. METRIC is a number column or, of counters, "rate(COLUMN)".
// kUsage: nothing has that name (the nearest are named), several have, no such metric,
// a file of several nodes and no `node`.
Expected<Series> read_series(const Recording& recording, const std::string& subject,
                             const std::string& metric, const std::string& node,
                             std::pair<std::int64_t, std::int64_t> range);

}  // namespace beamtape
