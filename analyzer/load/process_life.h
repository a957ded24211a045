#pragma once

#include <limits>
#include <string>
#include <vector>

#include "analyzer/load/lives.h"
#include "analyzer/load/recording.h"

namespace beamtape {

// All that a recording knows of one life of one process.

// Another subject that it has to do with.
struct Related {
  std::string ref;   // "<0.5.0>", "#Port<0.7>", or as the node told it
  std::string name;  // of a process that lives: what it is called; else empty
};

struct Relation {
  std::string column;      // "links", "monitored_by", "parent", …
  std::int64_t count = 0;  // on the node; `to` may be fewer
  std::vector<Related> to;
};

// A row of another table whose owner it is.
struct Owned {
  std::string id;
  std::string name;
  Value memory;  // bytes
  Value size;    // rows of a table; of ports none
};

struct StackSpan {
  const SnapshotRecord* first = nullptr;
  const SnapshotRecord* last = nullptr;
  std::vector<std::string> frames;  // innermost first: "gen_server:loop/7 (gen_server.erl:1061)"
};

struct ProcessLife {
  Life life;
  std::string pid;
  struct Row {
    const SnapshotRecord* snapshot = nullptr;
    std::vector<Value> values;  // one per column of ProcessLives::columns
  };
  std::vector<Row> rows;
  bool lives_at_end = false;  // listed in the last snapshot of its node that was looked at
  // Not listed there, and nowhere after its last row, because all of that is damaged.
  bool end_unknown = false;
  std::vector<StackSpan> stacks;
  // As they were in its last snapshot, or in the one that was asked for.
  std::vector<Relation> relations;
  std::vector<Owned> ets;
  std::vector<Owned> ports;
};

struct ProcessLives {
  std::vector<Shown> columns;  // of the process table
  std::vector<ProcessLife> lives;
  std::vector<Damage> damage;
};

inline constexpr std::int64_t kLastSnapshot = std::numeric_limits<std::int64_t>::max();

// Every life of the process that `subject` names (find_lives), whole within `range`; only lives
// that go through `at` unless that is null. Relations and what it owns are those of the newest
// snapshot of the life up to `as_of`, else of its first one. kUsage if nobody has that pid or name:
// the nearest are named.
Expected<ProcessLives> read_process(const Recording& recording, const std::string& subject,
                                    const std::string& node, const SnapshotRecord* at,
                                    std::pair<std::int64_t, std::int64_t> range,
                                    std::int64_t as_of = kLastSnapshot);

}  // namespace beamtape
