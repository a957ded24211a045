#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "schema/model/list.h"
#include "schema/model/table_data.h"
#include "schema/store/reader.h"
#include "schema/store/writer.h"
#include "schema/tables/table.h"

namespace beamtape::test {

// A folder of this test alone, removed with everything in it.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string file(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// A part of all of these; ids ascend.
std::vector<std::uint8_t> lists_part(const std::vector<std::pair<Cell, List>>& lists);

std::vector<std::uint8_t> read_file(const std::string& path);
// True if another process sees SQLite's lock of whoever has a file open. Without it one that closes
// the file takes itself for the last and removes the -wal.
bool is_locked_for_others(const std::string& path);
void write_file(const std::string& path, const std::vector<std::uint8_t>& bytes);
bool exists(const std::string& path);

// A columnar table with a column of every type: key, reductions, memory, name, parent, links.
Table animals();
// A `node` table of three columns.
Table small_node_table();

// Rows that change like those of a node, from a seed: most cells stay, counters grow, some are
// missing for every reason, subjects come and go.
class RandomRows {
 public:
  explicit RandomRows(std::uint32_t seed) : random_(seed) {}

  RowGroup rows(const Table& table, std::size_t count);
  // `share` of the rows change; a tenth of these are other subjects or empty afterwards.
  void change(const Table& table, double share, RowGroup& rows);
  // Any cell at all, with a liking for the ends of the range.
  Cell any_cell();
  std::size_t below(std::size_t limit);

 private:
  Cell value(const Column& column);
  void fill_row(const Table& table, std::size_t row, RowGroup& rows);
  std::mt19937 random_;
  Cell next_key_ = 400;
};

// A recording as it is written, with what must come back.
struct Expectation {
  SnapshotRecord record;
  TableData animals;
  Aggregates aggregates;
};
struct RecordingPlan {
  std::uint32_t seed = 1;
  std::size_t slots = 100;
  int snapshots = 10;
  int keyframe_every = 4;
  double share = 0.2;
  std::int64_t max_bytes = 0;  // as in Writer::Options
  std::int64_t keep_us = 0;
};
class RecordingStory {
 public:
  RecordingStory(std::string path, const RecordingPlan& plan);

  // Each asserts that nothing fails.
  void write_snapshot();
  void write_all();
  void close();
  // Closes, or not, and goes on in the same file; the next snapshot starts a keyframe group.
  void append_anew(const std::string& path);
  // Forgets the expectation of what the reader says was dropped.
  void drop_to(std::int64_t snapshot);

  Writer& writer() { return *writer_; }
  const std::vector<Expectation>& told() const { return told_; }
  static Writer::Options options();

 private:
  void put_dictionary();

  RecordingPlan plan_;
  Table table_ = test::animals();
  std::unique_ptr<Writer> writer_;
  RandomRows random_;
  TableData now_;
  std::int64_t last_ = 0;  // snapshot
  std::int64_t epoch_ = 0;
  bool begins_ = true;  // the next snapshot starts a keyframe group in any case
  std::vector<Expectation> told_;
};

// Fails the test where the file does not open, or check() finds something else than that texts are
// not there, which RandomRows made up. `many`: there may be more of these than check() tells.
void expect_whole_but_for_texts(const std::string& path, bool many);
// Fails the test where the reader says something else than was told.
void expect_same(Reader& reader, const std::vector<Expectation>& told);

}  // namespace beamtape::test
