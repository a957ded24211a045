#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <unordered_set>
#include <utility>
#include <vector>

#include "schema/store/file_reader.h"

namespace beamtape {

// A set of ids, most of which are small and dense.
class IdSet {
 public:
  void insert(Cell id);
  bool has(Cell id) const;

 private:
  std::vector<bool> dense_;
  std::unordered_set<Cell> sparse_;
};

// Reads everything that means something in a recording, snapshot by snapshot. For one use. Not
// a public header.
class Checker {
 public:
  // Without `parts` only SQLite's pages and the plain rows, which is done in a tenth of the time:
  // no part is decoded.
  explicit Checker(FileReader& file, bool parts = true) : file_(file), parts_(parts) {}
  Expected<std::vector<Damage>> run(const std::function<void(double)>& progress);

 private:
  // The rows and the dictionary of one node as the walk over snapshots has them now.
  struct Walk {
    std::map<std::uint16_t, TableData> tables;
    std::int64_t epoch = 0;
    std::uint32_t text_checksum = 0;  // of the whole epoch
    IdSet texts;
    IdSet lists;
    std::map<std::pair<std::uint16_t, std::uint16_t>, IdSet> lists_checked;  // by table, column
    std::set<std::tuple<std::uint16_t, std::uint16_t, Cell>> reported;
  };

  void report(std::int64_t snapshot, std::string what);
  void check_pages();
  void report_pages(const std::string& problems);
  void check_stray_parts();
  void check_snapshot(std::size_t index, const Aggregates& aggregates);
  void check_parts(std::size_t index, Walk& walk);
  void check_order(std::size_t index);
  void check_names(std::int64_t snapshot, const Aggregates& aggregates, const Walk& walk);
  void start_epoch(std::int64_t snapshot, std::int64_t epoch, Walk& walk);
  bool ends_epoch(std::size_t index) const;
  void check_references(const Table& table, std::int64_t snapshot, const TableData& data,
                        Walk& walk);
  void check_cell(const Table& table, const Column& column, std::int64_t snapshot, Cell cell,
                  Walk& walk);
  bool list_is_whole(const Column& column, Cell id, Walk& walk);

  FileReader& file_;
  const bool parts_;
  std::vector<Damage> damage_;
  std::size_t left_out_ = 0;
  std::map<std::int64_t, Walk> walks_;  // by node
};

}  // namespace beamtape
