// Slots are found by open addressing with linear probing over 4-byte buckets, deletion by
// shifting back (Knuth, The Art of Computer Programming 3, 6.4, algorithm R): at a million
// processes the index takes 8 MB, where a node-based map takes 50.

#include "recorder/collect/rows.h"

#include <algorithm>
#include <cassert>

namespace beamtape {
namespace {

std::size_t hash(Cell key) {
  auto bits = static_cast<std::uint64_t>(key) * 0x9E3779B97F4A7C15u;
  return bits ^ (bits >> 32);
}

constexpr std::size_t kFirstBuckets = 64;
constexpr std::size_t kFirstRows = 16;

}  // namespace

Rows::Rows(const Table& table) : table_(&table) { index_rebuild(kFirstBuckets); }

void Rows::set(std::size_t slot, std::size_t column, Cell cell) {
  const std::size_t group = slot / kRowsPerGroup;
  CellColumn& cells = data_.groups[group].columns[column];
  if (cells[slot % kRowsPerGroup] == cell) return;
  cells.set(slot % kRowsPerGroup, cell);
  changed_[group] = true;
}

std::size_t Rows::bucket_of(Cell key) const {
  const std::size_t mask = buckets_.size() - 1;
  std::size_t at = hash(key) & mask;
  while (buckets_[at] != kEmpty && get(buckets_[at], 0) != key) at = (at + 1) & mask;
  return at;
}

std::optional<std::size_t> Rows::find(Cell key) const {
  const std::uint32_t slot = buckets_[bucket_of(key)];
  if (slot == kEmpty) return std::nullopt;
  return slot;
}

void Rows::index_rebuild(std::size_t buckets) {
  buckets_.assign(buckets, kEmpty);
  used_buckets_ = 0;
  for (std::size_t slot = 0; slot < slots_; ++slot) {
    if (occupied(slot)) index_insert(get(slot, 0), slot);
  }
}

void Rows::index_insert(Cell key, std::size_t slot) {
  buckets_[bucket_of(key)] = static_cast<std::uint32_t>(slot);
  ++used_buckets_;
}

void Rows::index_erase(Cell key) {
  const std::size_t mask = buckets_.size() - 1;
  std::size_t hole = bucket_of(key);
  if (buckets_[hole] == kEmpty) return;
  --used_buckets_;
  for (std::size_t at = (hole + 1) & mask; buckets_[at] != kEmpty; at = (at + 1) & mask) {
    const std::size_t home = hash(get(buckets_[at], 0)) & mask;
    if (((at - home) & mask) < ((at - hole) & mask)) continue;  // its home lies behind the hole
    buckets_[hole] = buckets_[at];
    hole = at;
  }
  buckets_[hole] = kEmpty;
}

std::size_t Rows::new_slot() {
  if (!free_.empty()) {
    const std::size_t slot = free_.back();
    free_.pop_back();
    return slot;
  }
  return add_slot();
}

std::size_t Rows::add_slot() {
  const std::size_t slot = slots_++;
  const std::size_t group = slot / kRowsPerGroup;
  if (group == data_.groups.size()) {
    data_.groups.emplace_back();
    changed_.push_back(true);
  }
  RowGroup& rows = data_.groups[group];
  if (slot % kRowsPerGroup >= rows.rows) {
    rows.grow(table_->columns.size(), std::min(kRowsPerGroup, std::max(kFirstRows, rows.rows * 2)));
  }
  changed_[group] = true;
  listed_.push_back(0);
  return slot;
}

std::pair<std::size_t, bool> Rows::list(Cell key, Cell fresh) {
  const std::size_t guess = last_listed_ + 1;
  std::optional<std::size_t> known;
  if (guess < slots_ && get(guess, 0) == key) {
    known = guess;
  } else {
    known = find(key);
  }
  if (known) {
    last_listed_ = *known;
    listed_[*known] = pass_;
    return {*known, false};
  }
  const std::size_t slot = new_slot();
  put_key(slot, key);
  renew(slot, fresh);
  last_listed_ = slot;
  listed_[slot] = pass_;
  return {slot, true};
}

bool Rows::place(std::size_t slot, Cell key, std::span<const Cell> fresh) {
  assert(slot >= slots_);
  if (find(key)) return false;
  while (slots_ < slot) free_.push_back(static_cast<std::uint32_t>(add_slot()));
  put_key(add_slot(), key);
  renew(slot, fresh);
  return true;
}

void Rows::put_key(std::size_t slot, Cell key) {
  set(slot, 0, key);
  if ((used_buckets_ + 1) * 2 > buckets_.size()) {
    index_rebuild(buckets_.size() * 2);
  } else {
    index_insert(key, slot);
  }
}

void Rows::renew(std::size_t slot, Cell fresh) {
  for (std::size_t column = 1; column < table_->columns.size(); ++column) set(slot, column, fresh);
}

void Rows::renew(std::size_t slot, std::span<const Cell> fresh) {
  for (std::size_t column = 1; column < fresh.size(); ++column) set(slot, column, fresh[column]);
}

void Rows::sweep(const std::function<void(std::size_t slot)>& going) {
  std::vector<std::uint32_t> dead;
  for (std::size_t slot = 0; slot < slots_; ++slot) {
    if (listed_[slot] == pass_ || !occupied(slot)) continue;
    going(slot);
    index_erase(get(slot, 0));
    for (std::size_t column = 0; column < table_->columns.size(); ++column) {
      set(slot, column, missing(Missing::kNone));
    }
    dead.push_back(static_cast<std::uint32_t>(slot));
  }
  free_.insert(free_.end(), freed_.begin(), freed_.end());
  std::sort(free_.rbegin(), free_.rend());  // lowest slots are given away first
  freed_ = std::move(dead);
}

std::vector<std::size_t> Rows::take_changed() {
  std::vector<std::size_t> groups;
  for (std::size_t group = 0; group < changed_.size(); ++group) {
    if (changed_[group]) groups.push_back(group);
    changed_[group] = false;
  }
  return groups;
}

void Rows::mark_all_changed() { changed_.assign(changed_.size(), true); }

void Rows::renumber(const std::function<Cell(std::size_t column, Cell cell)>& map) {
  std::vector<Cell> cells;
  for (RowGroup& group : data_.groups) {
    cells.resize(group.rows);
    for (std::size_t column = 0; column < group.columns.size(); ++column) {
      group.columns[column].copy_to(cells);
      for (Cell& cell : cells) cell = map(column, cell);
      group.columns[column].assign(cells);
    }
  }
  mark_all_changed();
  index_rebuild(buckets_.size());
}

}  // namespace beamtape
