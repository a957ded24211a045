#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "recorder/collect/cells.h"
#include "recorder/collect/interner.h"
#include "recorder/collect/node_facts.h"
#include "recorder/collect/rows.h"
#include "schema/store/records.h"

namespace beamtape {

// What the recorder remembers of a process beside its row, to decide whether to read it again.
struct ProcessTrack {
  // Reductions that the last detail reported; reading it added exactly one. A process whose next
  // census shows at most one more has not run since.
  std::int64_t base_reductions = -1;   // -1: never read in detail
  std::int64_t base_queue = 0;         // its message_queue_len
  std::int64_t quarantined_until = 0;  // snapshot number
  std::uint16_t quarantine = 0;        // snapshots the last one lasted
  std::uint8_t identity_asked = 0;     // times, or as if: see identity.cc
  bool wide = false;                   // has had a list longer than kMaxListElements
};

// One life of one node as the recorder knows it at this moment. Collectors write into it, the
// session stores it. One thread.
struct RecordedNode {
  explicit RecordedNode(NodeFacts known);

  Rows& rows(const Table& table) { return tables[table.id - 1u]; }
  const Rows& rows(const Table& table) const { return tables[table.id - 1u]; }
  Cells cells() { return Cells(*interner, facts); }

  // True if this release's process_info has the item.
  bool knows_item(std::string_view item) const;

  // Starts a keyframe group: ids are given anew, and only what living rows refer to keeps one.
  void start_epoch();

  NodeFacts facts;
  NodeRecord record;
  std::vector<std::string> optional_items;  // of process_info, that this release knows
  std::unique_ptr<Interner> interner = std::make_unique<Interner>();
  std::int64_t epochs = 0;           // started so far: tells one interner from another
  std::vector<Rows> tables;          // by Table::id - 1, columnar ones
  std::vector<ProcessTrack> tracks;  // by slot of the process table
  std::vector<Cell> node_row;        // one cell per column of node_table()
  std::vector<Cell> standby;         // pids of ours there, which are no part of the node
  // Processes whose binaries were read though they hold little, oldest first: pid and snapshot.
  std::deque<std::pair<Cell, std::int64_t>> bystanders;

  // Of the snapshot being taken.
  std::int64_t target_us = 0;  // for how long workers have been busy on the node so far
  bool dear_answer = false;    // the answer read last has rows of unknown cost, see most_cost()
  // Once it has taken so much, it leaves processes that have never been read for the next one.
  std::int64_t filling_us = std::numeric_limits<std::int64_t>::max();
  bool is_filling = false;    // it has left some
  std::int64_t snapshot = 0;  // its number in the file
  std::int64_t turn = 0;      // snapshots of this node so far: drives rotations
  std::int64_t listed = 0;    // processes
  bool is_counted = false;    // a census has just listed them
  std::int64_t detailed = 0;
  std::int64_t stale_found = 0;
  std::int64_t appeared = 0;
  std::int64_t gone = 0;
  std::int64_t reductions_done = 0;  // since the recording of this node began
};

}  // namespace beamtape
