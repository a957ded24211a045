#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "schema/model/table_data.h"

namespace beamtape {

// Counts how often numbers occur, up to one row group of them, in one pass without allocating.
class Frequency {
 public:
  struct Entry {
    std::uint64_t value = 0;
    std::uint32_t count = 0;
    std::uint16_t index = 0;  // order of first appearance
  };

  void clear() {
    for (const auto slot : used_) slots_[slot].count = 0;
    used_.clear();
    most_ = nullptr;
  }
  // At most kRowsPerGroup calls after a clear().
  const Entry& add(std::uint64_t value) {
    Entry& entry = find(value);
    if (entry.count++ == 0) {
      entry.value = value;
      entry.index = static_cast<std::uint16_t>(used_.size());
      used_.push_back(static_cast<std::uint16_t>(&entry - slots_.data()));
    }
    if (most_ == nullptr || entry.count > most_->count) most_ = &entry;
    return entry;
  }
  std::size_t distinct() const { return used_.size(); }
  // By order of first appearance.
  const Entry& entry(std::size_t index) const { return slots_[used_[index]]; }
  const Entry& of(std::uint64_t value) { return find(value); }
  // The first of the most frequent ones; a count of 0 if nothing was added.
  Entry most() const { return most_ == nullptr ? Entry{} : *most_; }

 private:
  static constexpr std::size_t kSlots = 2 * kRowsPerGroup;

  Entry& find(std::uint64_t value) {
    auto slot = (value * 0x9E37'79B9'7F4A'7C15U) >> 51;  // 13 bits
    while (slots_[slot].count != 0 && slots_[slot].value != value) slot = (slot + 1) % kSlots;
    return slots_[slot];
  }

  static_assert(kSlots == std::size_t{1} << 13);
  std::vector<Entry> slots_ = std::vector<Entry>(kSlots);
  std::vector<std::uint16_t> used_;
  const Entry* most_ = nullptr;
};

}  // namespace beamtape
