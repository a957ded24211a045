#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "analyzer/findings/observed.h"

namespace beamtape {

// Watches, while stepping through processes, who is born in place of whom: under the same
// registered name, or of the same kind below the same supervisor. Fills Observed::restarts.
class RestartScan {
 public:
  RestartScan(const Table& table, Observed& observed);

  // Around each snapshot: its rows, its index in the segment.
  void begin(const TableData& data, std::size_t at);
  void end();
  // In between: another process lives in the slot (also those of the first snapshot), nobody does.
  void born(std::size_t slot, std::int64_t first_seen);
  void gone(std::size_t slot);

 private:
  // What several processes one after another are: by name, or by supervisor and initial call.
  struct Family {
    Restarts restarts;
    int living = 0;
    bool known_before = false;  // somebody of it lived before
  };
  Family* family_of(std::size_t slot);
  std::int32_t find_family(Cell name, Cell call, Cell ancestors);
  std::string text(Cell cell, const Column& column) const;

  const Table& table_;
  Observed& observed_;
  std::optional<std::size_t> name_, call_, ancestors_;
  const TableData* data_ = nullptr;
  std::size_t at_ = 0;
  std::map<std::string, std::int32_t> by_key_;
  // The same by the cells that say so, which mean the same within a keyframe group; -1: none.
  std::map<std::array<Cell, 3>, std::int32_t> by_cells_;
  std::int64_t epoch_ = -1;
  std::vector<Family> families_;
  std::vector<std::int32_t> family_of_slot_;  // -1: none
};

}  // namespace beamtape
