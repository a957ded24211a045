// Every allocator instance, in erts's own raw numbers; everything else (usage, fragmentation) is
// computed from them later. Of a statistic {Key, Current, MaxSinceLastRead, MaxEver} the
// second and fourth are kept: the third is reset by whoever reads it.

#include <algorithm>

#include "schema/tables/table.h"

namespace beamtape {
namespace {

// A number from its place in the answer: `mbcs.blocks` is column mbcs_blocks, `status.segments`
// column segments.
Column number(int id, std::string path, Unit unit, Kind kind, std::string sentence) {
  std::string name = path.starts_with("status.") ? path.substr(7) : path;
  std::replace(name.begin(), name.end(), '.', '_');
  return {.id = static_cast<std::uint16_t>(id),
          .name = std::move(name),
          .unit = unit,
          .kind = kind,
          .sentence = std::move(sentence),
          .path = std::move(path)};
}
Column count(int id, std::string path, std::string sentence) {
  return number(id, std::move(path), Unit::kCount, Kind::kGauge, std::move(sentence));
}
Column bytes(int id, std::string path, std::string sentence) {
  return number(id, std::move(path), Unit::kBytes, Kind::kGauge, std::move(sentence));
}
Column calls(int id, const std::string& of, std::string sentence) {
  return number(id, "calls." + of, Unit::kCount, Kind::kCounter, std::move(sentence));
}

// `of`: where in the answer; ids from `first` on.
std::vector<Column> carriers(int first, const std::string& of, const std::string& which) {
  return {count(first, of + ".blocks", "Blocks in " + which),
          bytes(first + 1, of + ".blocks_size", "Bytes of those blocks: used"),
          count(first + 2, of + ".carriers", "Carriers: " + which),
          bytes(first + 3, of + ".carriers_size", "Bytes of those carriers: allocated")};
}

// What carriers have that are not in the pool.
std::vector<Column> origins(int first, const std::string& of) {
  return {
      count(first, of + ".blocks.max", "Most blocks ever, summed over block types"),
      bytes(first + 1, of + ".blocks_size.max",
            "Most bytes of blocks ever, summed over block types"),
      count(first + 2, of + ".carriers.max", "Most carriers ever"),
      bytes(first + 3, of + ".carriers_size.max", "Most bytes of carriers ever"),
      count(first + 4, of + ".mseg_alloc_carriers", "Of them, from mseg_alloc"),
      count(first + 5, of + ".sys_alloc_carriers", "Of them, from sys_alloc"),
      bytes(first + 6, of + ".mseg_alloc_carriers_size", "Bytes of carriers from mseg_alloc"),
      bytes(first + 7, of + ".sys_alloc_carriers_size", "Bytes of carriers from sys_alloc"),
  };
}

std::vector<Column> foreign_blocks(std::uint16_t id, const std::string& of) {
  return {list_column(
      id, of + "_foreign_blocks",
      "Blocks of other allocators that live in these carriers, by block type",
      {{"type", Type::kAtom}, {"count", Type::kInteger}, {"size", Type::kInteger, Unit::kBytes}},
      Ask::kEvery, of + ".foreign_blocks")};
}

std::vector<Column> all_calls() {
  return {
      calls(60, "alloc", "Allocations"),
      calls(61, "free", "Frees"),
      calls(62, "realloc", "Reallocations"),
      calls(63, "mseg_alloc", "Segments taken from mseg_alloc"),
      calls(64, "mseg_dealloc", "Segments given back to mseg_alloc"),
      calls(65, "mseg_realloc", "Segments resized by mseg_alloc"),
      calls(66, "sys_alloc", "Areas taken from the system's malloc"),
      calls(67, "sys_free", "Areas given back to it"),
      calls(68, "sys_realloc", "Areas resized by it"),
      calls(69, "mseg_create", "Segments mapped (mseg_alloc only)"),
      calls(70, "mseg_create_resize", "Segments mapped by resizing (mseg_alloc only)"),
      calls(71, "mseg_destroy", "Segments unmapped (mseg_alloc only)"),
      calls(72, "mseg_recreate", "Segments remapped (mseg_alloc only)"),
      calls(73, "mseg_clear_cache", "Times the cache was cleared (mseg_alloc only)"),
      calls(74, "mseg_check_cache", "Times the cache was looked through (mseg_alloc only)"),
  };
}

std::vector<Column> segments() {
  return {
      count(80, "status.cached_segments", "Segments kept for reuse (mseg_alloc only)"),
      number(81, "status.cache_hits", Unit::kCount, Kind::kCounter,
             "Segments served from the cache (mseg_alloc only)"),
      count(82, "status.segments", "Segments in use (mseg_alloc only)"),
      bytes(83, "status.segments_size", "Bytes of segments in use (mseg_alloc only)"),
      count(84, "status.segments.max", "Most segments ever (mseg_alloc only)"),
      bytes(85, "status.segments_size.max", "Most bytes of segments ever (mseg_alloc only)"),
      count(86, "status.segments_watermark",
            "Segments that were in use at once lately (mseg_alloc only)"),
  };
}

}  // namespace

const Table& allocator_table() {
  using enum Type;
  using enum Kind;
  static const Table table{
      5, "allocator", "Every allocator instance of the node",
      joined({
          {{1, "key", kTerm, Unit::kNone, kIdentity, "Allocator and instance: eheap_alloc/2",
            Ask::kKey},
           {2, "allocator", kAtom, Unit::kNone, kIdentity, "Allocator: eheap_alloc, ets_alloc, …"},
           {3, "instance", kInteger, Unit::kNone, kIdentity,
            "Scheduler it serves; 0 for other threads"}},
          carriers(10, "mbcs", "multi-block carriers"),
          origins(14, "mbcs"),
          foreign_blocks(22, "mbcs"),
          carriers(30, "mbcs_pool", "abandoned multi-block carriers, waiting in the pool"),
          foreign_blocks(34, "mbcs_pool"),
          carriers(40, "sbcs", "single-block carriers"),
          origins(44, "sbcs"),
          foreign_blocks(52, "sbcs"),
          all_calls(),
          segments(),
      })};
  return table;
}

}  // namespace beamtape
