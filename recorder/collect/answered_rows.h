#pragma once

#include <optional>
#include <vector>

#include "recorder/collect/asker.h"
#include "recorder/collect/row_reader.h"

namespace beamtape {

// Walks the processes in the answer to a question `of_processes`: {Part, values, Values} or
// {Part, Infos}. For one use; the answer must outlive it.
class AnsweredRows {
 public:
  AnsweredRows(const Answer& answer, const RowReader& reader, Cells& cells);
  AnsweredRows(const AnsweredRows&) = delete;
  AnsweredRows& operator=(const AnsweredRows&) = delete;

  // Goes to the next process; then read() or skip() has to be called.
  bool next();
  // Who it is about: a ref, or a missing cell.
  Cell pid() const { return pid_; }
  // Puts its cells into `row`, as RowReader does. False if it had ended.
  bool read(std::vector<Cell>& row);
  void skip();

 private:
  const RowReader& reader_;
  Cells& cells_;
  Cursor pids_;
  Cursor infos_;
  bool has_keys_ = true;
  std::optional<ListReader> pid_list_;
  std::optional<ListReader> info_list_;
  Cell pid_ = 0;
};

}  // namespace beamtape
