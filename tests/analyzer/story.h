#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "schema/model/list.h"
#include "schema/model/table_data.h"
#include "schema/store/records.h"
#include "schema/tables/table.h"

namespace beamtape {

// A small recording told in a few lines, in memory: played back by FakeReader, or written to a
// file by write_story(). Texts and lists get new numbers in each keyframe group, as in a file.
class Story {
 public:
  // What is known of one row; columns that are not mentioned have no value on the node.
  class Row {
   public:
    Row(Story& story, RowGroup& group, std::size_t index, const Table& table)
        : story_(story), group_(group), index_(index), table_(table) {}

    Row& number(const std::string& column, std::int64_t value);
    Row& flag(const std::string& column, bool value);
    Row& text(const std::string& column, const std::string& value);  // an atom or a term
    Row& ref(const std::string& column, const std::string& value);   // "<0.1.0>" or any text
    Row& not_read(const std::string& column, Missing why);
    // Elements of one ref each; `true_count` where the node had more.
    Row& refs(const std::string& column, const std::vector<std::string>& values,
              std::optional<std::uint64_t> true_count = {});
    // Frames of (function, file, line).
    Row& stack(const std::vector<std::pair<std::string, std::int64_t>>& frames);
    Row& raw(const std::string& column, Cell cell);

   private:
    Story& story_;
    RowGroup& group_;
    std::size_t index_;
    const Table& table_;
  };

  std::int64_t node(const std::string& name, std::int64_t creation = 1);
  // Starts the next snapshot, so many seconds after 2024-11-20 12:00:00 UTC, with nobody in it.
  void snapshot(double second, std::int64_t node = 1);
  void new_epoch() { epoch_begins_ = true; }
  void gap(double from, double to, const std::string& reason, std::int64_t node = 1);
  void note(double second, const std::string& text);

  // A row of the snapshot that was started last.
  Row process(const std::string& pid);
  Row row(const Table& table, const std::string& key);  // the key's text; see Table
  Row node_row();
  Aggregates& aggregates();
  SnapshotRecord& record() { return snapshots.back(); }

  Cell text_id(const std::string& text);
  Cell list_id(List list);
  Cell ref_cell(const std::string& text);

  std::vector<NodeRecord> nodes;
  std::vector<SnapshotRecord> snapshots;
  std::vector<GapRecord> gaps;
  std::vector<NoteRecord> notes;
  // By table name and snapshot. Slots stay with their subject while it lives.
  std::map<std::pair<std::string, std::int64_t>, TableData> rows;
  std::map<std::int64_t, Aggregates> samples;
  std::map<std::int64_t, std::vector<std::string>> texts;  // by epoch; id - first id
  std::map<std::int64_t, std::vector<List>> lists;
  static constexpr Cell kIdsPerEpoch = 1000;

 private:
  bool epoch_begins_ = true;
  // Of each table: who lives in which slot, and since when.
  struct Resident {
    std::int64_t last_seen = 0;
    std::int64_t first_seen = 0;
    std::size_t slot = 0;
  };
  std::map<std::pair<std::string, std::string>, Resident> residents_;
  std::map<std::string, std::size_t> next_slot_;
};

// 2024-11-20 12:00:00 UTC in microseconds.
inline constexpr std::int64_t kNoon = 1732104000LL * 1'000'000;

}  // namespace beamtape
