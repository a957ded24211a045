#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analyzer/load/frame.h"

namespace beamtape {

// What the node's memory allocators say about themselves, computed from erts's raw numbers: how
// full carriers are, where bytes are held without data, and whether large blocks are common. The
// views are those of recon_alloc, with its names, order and arithmetic; abandoned carriers (the
// pool) count with the multi-block carriers they are.

// Of a kind of carrier of one instance. Bytes, but `blocks`.
struct CarrierNumbers {
  std::int64_t blocks = 0;
  std::int64_t blocks_size = 0;
  std::int64_t carriers_size = 0;
};

// An allocator instance of those that programs' data lives in (temp_alloc to std_alloc; not
// literal_alloc and others, as recon_alloc has it).
struct AllocatorInstance {
  std::string allocator;
  std::int64_t instance = 0;  // the scheduler it serves; 0 for other threads
  CarrierNumbers mbcs;        // multi-block carriers
  CarrierNumbers sbcs;        // single-block carriers
};

enum class Moment {
  kCurrent,
  kMax,  // since the node started. erts keeps no maximum of the pool: it is left out
};

struct Usage {
  std::int64_t used = 0;       // bytes of blocks
  std::int64_t allocated = 0;  // bytes of carriers
  double ratio = 1;            // used / allocated

  std::int64_t unused() const { return allocated - used; }
};

struct Fragmentation {
  AllocatorInstance numbers;
  double sbcs_usage = 1;
  double mbcs_usage = 1;
  double held_bytes = 0;  // of carriers, without data in them
};

struct BlockRatio {
  std::string allocator;
  std::int64_t instance = 0;
  // Single-block carriers' blocks per block of the others; infinite where there are no others.
  double ratio = 0;
};

struct AverageBlockSize {  // bytes; 0 where there is no block
  std::string allocator;
  double mbcs = 0;
  double sbcs = 0;
};

struct CacheHitRate {  // of mseg_alloc's cache of segments
  std::int64_t instance = 0;
  std::int64_t hits = 0;
  std::int64_t calls = 0;
  double rate = 1;
};

// The views of one moment. Where erts's numbers contradict each other (blocks without a carrier)
// the carrier counts as full.
struct AllocatorViews {
  Usage usage;
  std::vector<Fragmentation> fragmentation;           // most held bytes first
  std::vector<BlockRatio> sbcs_to_mbcs;               // highest first
  std::vector<AverageBlockSize> average_block_sizes;  // by name
  // "eheap_alloc/3": instances whose numbers were not read, which no view counts.
  std::vector<std::string> left_out;
};

// Of the frame's table `allocator`.
AllocatorViews allocator_views(const Frame& frame, Moment moment);
// Most misses first.
std::vector<CacheHitRate> cache_hit_rates(const Frame& frame);

}  // namespace beamtape
