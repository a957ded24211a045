#pragma once

#include <cstdint>
#include <vector>

#include "recorder/session/batch.h"

namespace beamtape {

// The numbers in the file of the snapshots of one life of a node. A session counts its own, from 1
// or from the last one of an earlier session; in the file others' are between them, and what was
// not stored has that of the next one. Twelve bytes for each run of neighbours. One thread.
class Numbering {
 public:
  // Up to `last` the session's numbers are the file's: those of an earlier session. Before any
  // other call.
  void go_on_after(std::int64_t last);
  // The session's snapshot `own`, later than all before, becomes `in_file`.
  void add(std::int64_t own, std::int64_t in_file);
  // The last one did not become that: it could not be stored.
  void take_back();
  // Of the snapshot itself, or, if it never came here, of the next one that did.
  std::int64_t in_file(std::int64_t own) const;
  // Replaces the session's numbers, in all cells that are snapshots' numbers, by those in the file.
  void apply(std::vector<Batch::Group>& groups) const;

 private:
  struct Run {
    std::uint32_t own;      // the first
    std::uint32_t in_file;  // of it
    std::uint32_t count;
  };
  std::vector<Run> runs_;
};

}  // namespace beamtape
