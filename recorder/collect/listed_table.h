#pragma once

#include <vector>

#include "recorder/collect/collector.h"
#include "recorder/collect/row_reader.h"

namespace beamtape {

// A table whose rows are all read anew each snapshot, by one question. Derived classes read
// one chunk of answers; rows that no chunk lists are gone, unless a chunk is missing: then they
// stay and what was not read of them says why.
class ListedTable : public Collector {
 public:
  ListedTable(const Table& table, const Question& question);

  std::vector<std::pair<const Question*, Bytes>> questions(const RecordedNode& node) const override;
  void begin(RecordedNode& node, Inquiry& inquiry) override;
  std::size_t answer(const Answer& answer, RecordedNode& node) override;
  void over(const Question& question, Missing reason, RecordedNode& node) override;

 protected:
  // Reads one chunk's answer, storing each row with store(); returns how many.
  virtual std::size_t read_chunk(Cursor& cursor, RecordedNode& node) = 0;
  // Lists the row of `key` and sets all columns that every snapshot reads to what is in `row_`.
  // Returns its slot; `is_new` may be null.
  std::size_t store(Cell key, RecordedNode& node, bool* is_new = nullptr);

  const Table& table() const { return *table_; }
  const RowReader& reader() const { return reader_; }
  std::vector<Cell> row_;  // one cell per column

 private:
  const Table* table_;
  const Question* question_;
  RowReader reader_;  // of the columns with Ask::kEvery
  Missing incomplete_ = Missing::kNone;
};

}  // namespace beamtape
