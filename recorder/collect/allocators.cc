// Every allocator instance: system_info({allocator, A}), OTP 23 and later. Of a statistic {Key,
// Current, MaxSinceLastRead, MaxEver} the third is reset by whoever reads it, so it is left alone.
// Blocks are listed by block type; carriers taken over from another allocator's pool hold blocks
// of its type ("foreign"). Calls are {Name, Giga, Ones}.

#include <fmt/format.h>

#include <map>
#include <string>

#include "recorder/collect/all_collectors.h"
#include "recorder/collect/listed_table.h"

namespace beamtape {
namespace {

const Question kAllocators{
    .name = "allocators",
    .keys = "erlang:system_info(alloc_util_allocators) ++ [mseg_alloc, sys_alloc]",
    .answer = "[{A, erlang:system_info({allocator, A})} || A <- Part]",
    .chunk = 4,
    .most_per_row = std::chrono::microseconds(100),
};

constexpr Cell kGiga = 1'000'000'000;

class Allocators : public ListedTable {
 public:
  Allocators() : ListedTable(allocator_table(), kAllocators) {
    for (const std::size_t at : reader().columns()) {
      const Column& column = table().columns[at];
      columns_[column.path.empty() ? column.name : column.path] = at;
    }
  }

 private:
  std::size_t read_chunk(Cursor& cursor, RecordedNode& node) override {
    ListReader allocators(cursor);
    std::size_t count = 0;
    while (allocators.next()) {
      const auto name = cursor.tuple(2) ? cursor.atom() : std::nullopt;
      if (!name) {
        cursor.skip();
        continue;
      }
      name_ = name->utf8();
      ListReader instances(cursor);
      if (!instances.is_list()) cursor.skip();  // false: switched off on this node
      while (instances.next()) count += read_instance(cursor, node) ? 1 : 0;
    }
    return count;
  }

  bool read_instance(Cursor& cursor, RecordedNode& node) {
    if (!cursor.tuple(3) || !cursor.take_atom("instance")) {
      cursor.skip();
      return false;
    }
    const auto instance = cursor.integer();
    if (!instance) return false;
    Cells cells = node.cells();
    std::fill(row_.begin(), row_.end(), missing(Missing::kNone));
    read_items(cursor, "", cells);
    set("allocator", cells.text(name_));
    set("instance", *instance);
    store(cells.text(fmt::format("{}/{}", name_, *instance)), node);
    return true;
  }

  void set(const std::string& path, Cell cell) {
    if (const auto at = columns_.find(path); at != columns_.end()) row_[at->second] = cell;
  }

  // [{Key, …}], each into the column whose path is `prefix` + Key. Sections nest.
  void read_items(Cursor& cursor, const std::string& prefix, Cells& cells) {
    ListReader items(cursor);
    if (!items.is_list()) cursor.skip();
    while (items.next()) {
      const auto arity = cursor.tuple();
      const auto key = arity && *arity > 0 ? cursor.atom() : std::nullopt;
      if (!key) {
        cursor.skip();
        continue;
      }
      read_item(cursor, prefix, key->utf8(), *arity, cells);
    }
  }

  void read_item(Cursor& cursor, const std::string& prefix, const std::string& key,
                 std::uint32_t arity, Cells& cells) {
    if (arity == 2 && (key == "mbcs" || key == "mbcs_pool" || key == "sbcs")) {
      read_items(cursor, key + ".", cells);
    } else if (arity == 2 && key == "memkind") {
      read_items(cursor, "", cells);  // mseg_alloc keeps one set of numbers in here
    } else if (arity == 2 && key == "status") {
      read_items(cursor, "status.", cells);
    } else if (arity == 2 && key == "calls") {
      read_calls(cursor);
    } else if (arity == 2 && key == "blocks") {
      read_blocks(cursor, prefix, cells);
    } else {
      for (std::uint32_t at = 2; at <= arity; ++at) {
        const auto value = cursor.integer();
        if (!value) {
          cursor.skip();
        } else if (at == 2) {
          set(prefix + key, *value);
        } else if (at == 4) {
          set(prefix + key + ".max", *value);
        }
      }
    }
  }

  // [{Type, [{count, …}, {size, …}]}]: sums over types, and what is of another type than ours.
  void read_blocks(Cursor& cursor, const std::string& prefix, Cells& cells) {
    Cell sums[4] = {};  // count, size, most count, most size
    List foreign;
    ListReader types(cursor);
    while (types.next()) {
      const auto type = cursor.tuple(2) ? cursor.atom() : std::nullopt;
      if (!type) {
        cursor.skip();
        continue;
      }
      Cell own[4] = {};
      ListReader numbers(cursor);
      while (numbers.next()) read_block_number(cursor, own);
      for (int at = 0; at < 4; ++at) sums[at] += own[at];
      if (*type == name_) continue;
      ++foreign.true_count;
      foreign.items.insert(foreign.items.end(), {cells.text(type->utf8()), own[0], own[1]});
    }
    set(prefix + "blocks", sums[0]);
    set(prefix + "blocks_size", sums[1]);
    set(prefix + "blocks.max", sums[2]);
    set(prefix + "blocks_size.max", sums[3]);
    set(prefix + "foreign_blocks", cells.list(std::move(foreign)));
  }

  static void read_block_number(Cursor& cursor, Cell (&own)[4]) {
    const auto arity = cursor.tuple();
    if (!arity || *arity < 2) {
      cursor.skip();
      return;
    }
    const bool is_count = cursor.at_atom("count");
    cursor.skip();
    for (std::uint32_t at = 2; at <= *arity; ++at) {
      const Cell value = cursor.integer().value_or(0);
      if (at == 2) own[is_count ? 0 : 1] = value;
      if (at == 4) own[is_count ? 2 : 3] = value;
    }
  }

  // {eheap_alloc, Giga, Ones} is this allocator's own alloc; so for free and realloc.
  void read_calls(Cursor& cursor) {
    const std::string kind = name_.substr(0, name_.rfind("_alloc"));
    ListReader calls(cursor);
    while (calls.next()) {
      const auto name = cursor.tuple(3) ? cursor.atom() : std::nullopt;
      if (!name) {
        cursor.skip();
        continue;
      }
      const Cell giga = cursor.integer().value_or(0);
      const Cell ones = cursor.integer().value_or(0);
      std::string call = name->utf8();
      if (kind != "mseg" && kind != "sys" && call.rfind(kind + "_", 0) == 0) {
        call = call.substr(kind.size() + 1);
      }
      set("calls." + call, giga * kGiga + ones);
    }
  }

  std::map<std::string, std::size_t> columns_;  // by path
  std::string name_;                            // of the allocator being read
};

}  // namespace

std::unique_ptr<Collector> allocators() { return std::make_unique<Allocators>(); }

}  // namespace beamtape
