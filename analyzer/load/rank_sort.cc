#include "analyzer/load/rank_sort.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace beamtape {

namespace {

constexpr int kDigitBits = 11;  // 2048 counters stay in the first-level cache
constexpr std::size_t kDigits = std::size_t{1} << kDigitBits;

std::size_t digit(std::uint64_t rank, int shift) { return (rank >> shift) & (kDigits - 1); }

}  // namespace

void sort_by_rank(std::vector<Ranked>& rows) {
  std::uint64_t differing = 0;
  bool ascends = true;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    differing |= rows[i].rank ^ rows[0].rank;
    ascends &= rows[i - 1].rank <= rows[i].rank;
  }
  if (ascends) return;
  // Kept for the next time, 16 bytes a row: fresh pages take longer than sorting does.
  thread_local std::vector<Ranked> other;
  other.resize(rows.size());
  std::array<std::size_t, kDigits> next{};
  for (int shift = 0; shift < 64; shift += kDigitBits) {
    if (digit(differing, shift) == 0) continue;
    next.fill(0);
    for (const Ranked& one : rows) ++next[digit(one.rank, shift)];
    std::size_t before = 0;
    for (std::size_t& place : next) {
      const std::size_t count = place;
      place = before;
      before += count;
    }
    for (const Ranked& one : rows) other[next[digit(one.rank, shift)]++] = one;
    rows.swap(other);
  }
}

}  // namespace beamtape
