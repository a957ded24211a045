#include "recorder/collect/listed_table.h"

namespace beamtape {

ListedTable::ListedTable(const Table& table, const Question& question)
    : row_(table.columns.size(), missing(Missing::kNotRecorded)),
      table_(&table),
      question_(&question),
      reader_(table, [](const Column& column) { return column.ask == Ask::kEvery; }) {}

std::vector<std::pair<const Question*, Bytes>> ListedTable::questions(const RecordedNode&) const {
  return {{question_, {}}};
}

void ListedTable::begin(RecordedNode& node, Inquiry& inquiry) {
  incomplete_ = Missing::kNone;
  node.rows(*table_).begin_pass();
  inquiry.ask(*question_);
}

std::size_t ListedTable::answer(const Answer& answer, RecordedNode& node) {
  if (answer.outcome == Answer::Outcome::kOk) {
    Cursor cursor = answer.payload();
    return read_chunk(cursor, node);
  }
  incomplete_ =
      answer.outcome == Answer::Outcome::kDeadline ? Missing::kDeadline : Missing::kBadAnswer;
  return 0;
}

void ListedTable::over(const Question&, Missing reason, RecordedNode& node) {
  if (reason == Missing::kNone) reason = incomplete_;
  Rows& rows = node.rows(*table_);
  if (reason == Missing::kNone) {
    rows.sweep([](std::size_t) {});
    return;
  }
  for (std::size_t slot = 0; slot < rows.slots(); ++slot) {
    if (!rows.occupied(slot) || rows.listed(slot)) continue;
    for (const std::size_t column : reader_.columns()) rows.set(slot, column, missing(reason));
  }
}

std::size_t ListedTable::store(Cell key, RecordedNode& node, bool* is_new) {
  Rows& rows = node.rows(*table_);
  const auto [slot, made] = rows.list(key, missing(Missing::kNotRecorded));
  if (made) {
    if (const auto first_seen = table_->find("first_seen")) {
      rows.set(slot, *first_seen, node.snapshot);
    }
  }
  for (const std::size_t column : reader_.columns()) rows.set(slot, column, row_[column]);
  if (is_new) *is_new = made;
  return slot;
}

}  // namespace beamtape
