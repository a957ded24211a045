#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "schema/store/directory.h"
#include "schema/store/reader.h"
#include "schema/store/sqlite.h"

namespace beamtape {

// Decodes the parts of some snapshots, one after another in time, into the rows of one table. Row
// groups do not depend on each other: they are shared out among as many threads as there are
// processors, which have ended when run() returns. Not a public header.
class Decoding {
 public:
  // Both must outlive this; `damage` may be null.
  Decoding(const Table& table, TableData& data, std::vector<Damage>* damage)
      : table_(table), data_(data), damage_(damage) {}

  // Reads the parts of a snapshot later than all before. Decodes what was read so far when it has
  // become much. What cannot be read damages its row group from there on.
  void add(std::int64_t snapshot, const std::vector<PartEntry>& entries, BlobReader& blob);
  void run();

 private:
  struct Part {
    std::int64_t snapshot = 0;
    std::uint32_t group = 0;
    std::uint32_t checksum = 0;
    std::size_t at = 0;  // in bytes_
    std::size_t bytes = 0;
    std::string why;  // it could not be read, or decoded
  };

  void decode(Part& part, RowGroup& rows, ChangedRows& changed) const;

  const Table& table_;
  TableData& data_;
  std::vector<Damage>* damage_;
  std::vector<std::uint8_t> bytes_;
  std::vector<Part> parts_;
};

// What is lost by a damaged row group, in words.
std::string slots_of(const Table& table, std::uint32_t group);
void mark_damaged(RowGroup& rows);

}  // namespace beamtape
