#pragma once

#include <string>
#include <vector>

#include "schema/tables/table.h"
#include "tests/live/recording.h"

namespace beamtape::live {

// Compares recorded rows of one table with what the node itself answers, column by column, and
// fails the test in its destructor, naming the differences and how much was compared.
class Comparison {
 public:
  explicit Comparison(const Table& table) : table_(table) {}
  Comparison(const Comparison&) = delete;
  Comparison& operator=(const Comparison&) = delete;
  ~Comparison();

  // Begins a row; every column that the table declares has to be in it.
  void row(const std::string& key, const Json& recorded);

  // Each compares one column of that row. `answer` must have the column.
  void equal(const Column& column, const Json& answer);
  // `low` <= recorded <= `high`.
  void between(const Column& column, const Json& low, const Json& high);
  // Null, and the reason is said.
  void not_read(const Column& column, const std::string& reason);
  void that(const Column& column, bool holds, const std::string& what);

  std::size_t rows() const { return rows_; }
  std::size_t values() const { return values_; }

 private:
  void difference(const Column& column, const std::string& text);
  const Json* expected(const Column& column, const Json& answer);

  const Table& table_;
  std::string key_;
  const Json* recorded_ = nullptr;
  std::size_t rows_ = 0;
  std::size_t values_ = 0;
  std::size_t differing_ = 0;
  std::vector<std::string> differences_;
};

// Whole tables. `before` and `after` are the node's answers on both sides of the recording: what
// differs between them moved on its own and is not compared, but what must not move, as every
// row whose key is in `still` must not.
struct NodeAnswers {
  Rows before;
  Rows after;
  std::vector<std::string> still = {};
};
struct Compared {
  std::size_t rows = 0;
  std::size_t values = 0;
  std::size_t moving = 0;  // rows of which only the identity was compared
};

Compared compare_processes(const Rows& recorded, const NodeAnswers& node, std::int64_t last);
// ETS tables, ports, sockets, connections: no row's reading changes it.
Compared compare_plain(const Table& table, const Rows& recorded, const NodeAnswers& node,
                       std::int64_t last);
Compared compare_allocators(const Rows& recorded, const NodeAnswers& node);

}  // namespace beamtape::live
