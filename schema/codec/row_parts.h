#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "schema/codec/bytes.h"
#include "schema/model/table_data.h"

namespace beamtape {

// The bodies of the two kinds of parts that hold rows; see keyframe.cc and difference.cc for
// their grammars. Decoding returns false for anything that does not follow them.
// `boundaries` gets the offsets where columns begin, for seal().

void write_keyframe(ByteWriter& out, const Table& table, const RowGroup& rows,
                    std::vector<std::size_t>& boundaries);
bool read_keyframe(ByteReader& in, const Table& table, RowGroup& rows);

// False if there is no difference (nothing useful was written).
bool write_difference(ByteWriter& out, const Table& table, const RowGroup& before,
                      const RowGroup& now, std::vector<std::size_t>& boundaries);
// `version`: of the part. Adds to `changed`.
bool read_difference(ByteReader& in, const Table& table, RowGroup& rows, std::uint8_t version,
                     ChangedRows& changed);

// Columns are named by their ids, ascending differences: id - previous - 1.
class ColumnIds {
 public:
  explicit ColumnIds(const Table& table);
  // Position of the column of that id in the table; nothing if it is not declared.
  std::optional<std::size_t> position(std::uint64_t id) const;

 private:
  std::vector<std::pair<std::uint64_t, std::size_t>> by_id_;
};

inline constexpr std::uint64_t kMaxColumnId = 0xFFFF;

// Cells of columns that `table` has and the part does not: nobody recorded them.
void mark_not_recorded(const std::vector<bool>& present, RowGroup& rows);

}  // namespace beamtape
