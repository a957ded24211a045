#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "schema/store/records.h"
#include "schema/tables/table.h"

namespace beamtape {

// The plain SQL tables of a recording, stated once for writing, reading and checking. Not a
// public header. In words: schema/FORMAT.md.

inline constexpr int kFormatVersion = 3;                     // user_version
inline constexpr std::uint32_t kApplicationId = 0x42746170;  // application_id, "Btap"
inline constexpr int kPageBytes = 4096;
inline constexpr std::int64_t kFrameBytes = kPageBytes + 24;  // of a page in the -wal

// The pseudo table of lists in the keys of `part`, and the highest number of a real one.
inline constexpr std::uint8_t kListsTable = 255;
inline constexpr std::uint16_t kMaxTableId = 254;
// Snapshots are numbered below this: their number is half of a checksum's seed.
inline constexpr std::int64_t kMaxSnapshotId = 0xFFFF'FFFF;

// Key of the blob of one snapshot and table.
constexpr std::int64_t part_key(std::int64_t snapshot, std::uint8_t table) {
  return snapshot * 256 + table;
}

// An integer column of a plain table and where it lives in memory.
template <typename Row>
struct Field64 {
  const char* name;
  std::int64_t Row::*member;
};

// One of the tables of aggregates, keyed by snapshot and name.
template <typename Row>
struct SampleTable {
  const char* name;  // of the SQL table
  const char* view;  // of the SQL view with texts instead of ids
  std::vector<Row> Aggregates::*rows;
  std::vector<Field64<Row>> fields;  // `name` itself apart
};

const SampleTable<GroupSample>& group_samples();
const SampleTable<EtsSample>& ets_samples();
const SampleTable<PortSample>& port_samples();
const SampleTable<AllocatorSample>& allocator_samples();

// Calls `visit` with each of the four.
template <typename Visit>
void for_each_sample_table(Visit&& visit) {
  visit(group_samples());
  visit(ets_samples());
  visit(port_samples());
  visit(allocator_samples());
}

// The integer columns of `snapshot`, `id` first. `filling`, `not_answered`, `tables` and the
// two checksums follow them.
std::span<const Field64<SnapshotRecord>> snapshot_fields();

// Statements that make an empty recording with these tables declared; `node` is the one
// whose columns become those of node_sample.
std::vector<std::string> creation_sql(const Table& node);

// "a, b, c" of a table's own columns, and "?, ?, ?".
template <typename Fields>
std::string field_names(const Fields& fields) {
  std::string names;
  for (const auto& field : fields) {
    if (!names.empty()) names += ", ";
    names += field.name;
  }
  return names;
}
std::string placeholders(std::size_t count);

// The reasons of missing cells of node_sample: "atom_count:3 ets_count:1"; kNone is not said.
std::string not_read_text(const Table& node, std::span<const Cell> cells);
// Puts the reasons into `cells`, in which a NULL is kNone so far. Ignores what it cannot read.
void apply_not_read(const Table& node, std::string_view text, std::span<Cell> cells);

}  // namespace beamtape
