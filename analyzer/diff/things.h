#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "analyzer/load/recording.h"

namespace beamtape {

// One end of a comparison. Refers to what it is given.
struct DiffSide {
  const Recording* recording = nullptr;
  const SnapshotRecord* snapshot = nullptr;
};

// How the things of two sides are told to be the same ones.
enum class Matching {
  kIdentity,  // pid, table or port identifier and when it was first seen: within one life of a node
  kName,      // registered name, table name, driver: between lives and between recordings
};

// The rows of one subject ("process", "group", "ets", "port", "allocator", "node") at one side, by
// what identifies them.
class Things {
 public:
  // By name, ETS tables and ports are those of one name together, and of processes there are only
  // the registered ones: the others have no name of their own (their groups are compared).
  static Expected<Things> load(const DiffSide& side, const std::string& subject, Matching matching);

  const Frame& frame() const { return frame_; }
  const std::vector<Shown>& columns() const { return columns_; }
  const std::vector<std::size_t>& slots() const { return slots_; }
  // What two sides that are matched by name know a thing by.
  std::string key(std::size_t slot) const;
  // The slot that has the thing of that key; nothing where things are matched by identity.
  std::optional<std::size_t> find(const std::string& key) const;
  // The slot here of what has `slot` at the other side.
  std::optional<std::size_t> match(const Things& other, std::size_t slot) const;
  // Null if this file has no such column.
  const Shown* column(const std::string& name) const { return find_shown(columns_, name); }
  // Nothing if the value was not read, or `column` is null.
  std::optional<std::int64_t> number(std::size_t slot, const Shown* column) const;
  // "<0.1.2>"; empty where the name says all.
  std::string id(std::size_t slot) const;
  std::string name(std::size_t slot) const;
  // True if what has `slot` at the other side, and is not here, may be in a damaged part.
  bool may_hide(std::size_t slot) const {
    return identified_ ? frame_.lost(slot) : !frame_.damage.empty();
  }

 private:
  Things(Frame frame, const DiffSide& side);

  Frame frame_;
  std::vector<Shown> columns_;
  std::string node_name_;
  bool identified_ = false;
  std::vector<std::size_t> slots_;
  std::unordered_map<std::string, std::size_t> by_key_;  // unless they are identified
};

}  // namespace beamtape
