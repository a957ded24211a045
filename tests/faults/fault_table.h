#pragma once

#include <optional>
#include <string>

namespace beamtape::faults {

// How many of a fault that is done `full` times in the full run are done now: the percentage that
// the environment's BEAMTAPE_FAULTS names, 5 if it names none; `at_least` in any case.
int scaled(int full, int at_least = 1);

// A line of the fault table. What a fault has no figure for is left out.
struct FaultRow {
  std::string fault;
  int times = 0;
  std::optional<int> opened = {};  // files that open
  std::optional<int> sound = {};   // files in which `check` finds nothing
  std::optional<int> lost = {};    // most snapshots that one of them cost
  std::optional<int> hung = {};
  std::optional<int> gaps = {};  // marked in the recording
  std::string also = {};
};

// Prints the line, and adds it to the file that the environment's BEAMTAPE_FAULT_TABLE names.
void tell(const FaultRow& row);

}  // namespace beamtape::faults
