#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "schema/error.h"
#include "schema/model/list.h"
#include "schema/model/table_data.h"

namespace beamtape {

// The bytes of one row group of one snapshot: a keyframe (all cells) or the difference to the
// snapshot before. Grammar on top of part.cc and in FORMAT.md. Columns are written with
// their ids, so that a reader skips none it does not know and marks what it misses.
std::vector<std::uint8_t> encode_keyframe(const Table& table, const RowGroup& rows, int zstd_level);
// Empty if nothing changed. `now` may have more rows than `before`, never fewer.
std::vector<std::uint8_t> encode_difference(const Table& table, const RowGroup& before,
                                            const RowGroup& now, int zstd_level);
// Brings `rows` (ignored by a keyframe) to the state that the part describes. kMalformed leaves
// `rows` unspecified. Bounds every count by kRowsPerGroup and the table's columns before use.
Expected<void> decode_part(const Table& table, std::span<const std::uint8_t> bytes, RowGroup& rows,
                           ChangedRows* changed = nullptr);

// Lists that became known in one snapshot, by ascending id, none of them negative: `some` of
// `lists.entries`. So many that all have together at most kListCellsPerPart items, or one list.
inline constexpr std::size_t kListCellsPerPart = std::size_t{1} << 18;
std::vector<std::uint8_t> encode_lists(const Lists& lists, std::span<const Lists::Entry> some,
                                       int zstd_level);
Expected<Lists> decode_lists(std::span<const std::uint8_t> bytes);

}  // namespace beamtape
