#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "analyzer/load/recording.h"
#include "analyzer/tree/parents.h"

namespace beamtape {

// What rows of a table can be grouped by: of processes "group", "application", "function" and
// "owner" (who they are below in the tree). Empty: nothing.
std::vector<std::string> group_keys(const std::string& table_name);

// Says what each row of one frame has in common with others.
class RowNamer {
 public:
  // `key` is one of the table's, and outlives this.
  RowNamer(const Table& table, const std::string& key);

  // From now on rows of this frame are named, or of another one at its instant. Reads the processes
  // of then, if the key needs them.
  Expected<void> begin(const Recording& recording, const Frame& frame, std::vector<Damage>& damage);
  std::string name(const RowView& row) const;

 private:
  // The process that the row is, or that it belongs to.
  std::size_t process_of(const RowView& row) const;
  std::string application_of(std::size_t slot) const;
  std::string owner_of(std::size_t slot) const;
  // One process: its registered name, else its pid with what it is.
  std::string called(std::size_t slot) const;

  const std::string& key_;
  const char* owner_;  // the column that names the process that a row belongs to
  const std::vector<NodeRecord::Application>* applications_ = nullptr;
  std::optional<Frame> processes_;
  std::vector<Place> places_;
  std::unordered_map<Cell, std::size_t> slots_;
};

}  // namespace beamtape
