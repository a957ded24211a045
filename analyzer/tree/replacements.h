#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "analyzer/load/value.h"
#include "schema/model/table_data.h"
#include "schema/store/records.h"
#include "schema/tables/table.h"

namespace beamtape {

// A place in the tree whose holder was replaced: the processes that had one registered name, or,
// without a name, the only child of its kind below one parent. Children of a kind that are several
// at a time come and go on purpose: they are none.
struct Replaced {
  struct Event {
    std::int64_t mono_us = 0;  // of the snapshot in which the new one was first listed
    std::string parent;        // its pid or name, as recorded; empty if it is not known
  };
  std::string name;  // registered name, or initial call
  bool registered = false;
  std::size_t slot = static_cast<std::size_t>(-1);  // of the one that lives at the end; -1: nobody
  std::vector<Event> events;                        // in order of time
};

// Watches snapshot after snapshot of one life of a node who is born in whose place. What starts and
// ends between two snapshots is not seen.
class Replacements {
 public:
  explicit Replacements(const Table& process_table);

  // The next snapshot; `texts` are those of its keyframe group.
  void look(const SnapshotRecord& snapshot, const TableData& processes, const Texts& texts);
  // Those with at least one event.
  std::vector<Replaced> take();

 private:
  struct Family {
    Replaced replaced;
    int living = 0;
    bool single = true;  // never two at a time, or under one name
  };
  void born(std::size_t slot);
  void gone(std::size_t slot);
  std::string parent_text(std::size_t slot) const;
  std::string text(std::size_t slot, const std::optional<std::size_t>& column) const;

  const Table& table_;
  const std::optional<std::size_t> first_seen_, name_, call_, initial_call_, parent_, ancestors_;
  const SnapshotRecord* snapshot_ = nullptr;
  const TableData* data_ = nullptr;
  const Texts* texts_ = nullptr;
  bool first_ = true;
  std::unordered_map<std::string, std::size_t> by_key_;
  std::vector<Family> families_;
  struct Resident {
    Cell first_seen = missing(Missing::kNone);  // of who lives in the slot; kNone: nobody
    std::int32_t family = -1;
  };
  std::vector<Resident> residents_;
};

}  // namespace beamtape
