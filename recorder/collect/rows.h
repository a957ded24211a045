#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "schema/model/table_data.h"

namespace beamtape {

// The present rows of one table on the recorder's side. A row keeps its slot while its subject
// lives; a slot that became free is given away again after the next sweep. One thread.
class Rows {
 public:
  explicit Rows(const Table& table);

  const Table& table() const { return *table_; }
  const TableData& data() const { return data_; }
  std::size_t slots() const { return slots_; }
  std::size_t living() const { return slots_ - free_.size() - freed_.size(); }

  Cell get(std::size_t slot, std::size_t column) const { return data_.at(slot, column); }
  bool occupied(std::size_t slot) const { return data_.occupied(slot); }
  // Marks the row group as changed if the value is another.
  void set(std::size_t slot, std::size_t column, Cell cell);

  std::optional<std::size_t> find(Cell key) const;
  // The row of `key`, made if there is none (all columns `fresh`); true if it was made. Marks it
  // as listed.
  std::pair<std::size_t, bool> list(Cell key, Cell fresh);
  // Makes the row of `key` in this slot, which must lie beyond all others; those between are free.
  // The other columns are as renew() sets them. Nothing happens, and false, if the key has a row.
  bool place(std::size_t slot, Cell key, std::span<const Cell> fresh);
  // Sets every column but the key to `fresh`: another subject under the same key.
  void renew(std::size_t slot, Cell fresh);
  // The same, with a cell for each column; the key's is not looked at.
  void renew(std::size_t slot, std::span<const Cell> fresh);
  bool listed(std::size_t slot) const { return listed_[slot] == pass_; }

  // A pass: begin, list() whatever the node lists, sweep.
  void begin_pass() { ++pass_; }
  // Frees the rows that were not listed in this pass, telling of each before it goes.
  void sweep(const std::function<void(std::size_t slot)>& going);

  // Row groups changed since they were last asked for, ascending; forgets them.
  std::vector<std::size_t> take_changed();
  void mark_all_changed();

  // Replaces every cell by what `map` makes of it (column, cell), keys included.
  void renumber(const std::function<Cell(std::size_t column, Cell cell)>& map);

 private:
  std::size_t new_slot();
  std::size_t add_slot();
  void put_key(std::size_t slot, Cell key);
  void index_insert(Cell key, std::size_t slot);
  void index_erase(Cell key);
  void index_rebuild(std::size_t buckets);
  std::size_t bucket_of(Cell key) const;

  static constexpr std::uint32_t kEmpty = UINT32_MAX;

  const Table* table_;
  TableData data_;
  std::size_t slots_ = 0;
  std::vector<std::uint32_t> listed_;  // pass in which the slot was last listed
  std::uint32_t pass_ = 0;
  std::vector<std::uint32_t> free_;     // may be given away
  std::vector<std::uint32_t> freed_;    // by the last sweep: the file sees them empty once
  std::vector<bool> changed_;           // by row group
  std::vector<std::uint32_t> buckets_;  // open addressing, linear probing; slot or kEmpty
  std::size_t used_buckets_ = 0;
  std::size_t last_listed_ = 0;  // the node lists in much the same order each time
};

}  // namespace beamtape
