#include "recorder/collect/answered_rows.h"

namespace beamtape {

AnsweredRows::AnsweredRows(const Answer& answer, const RowReader& reader, Cells& cells)
    : reader_(reader), cells_(cells), pids_(answer.payload()), infos_(pids_) {
  if (pids_.tuple(3)) {
    infos_ = pids_;
    infos_.skip();
    if (!infos_.take_atom("values")) return;
    has_keys_ = false;
  } else if (pids_.tuple(2)) {
    infos_ = pids_;
    infos_.skip();
  } else {
    return;
  }
  pid_list_.emplace(pids_);
  info_list_.emplace(infos_);
}

bool AnsweredRows::next() {
  if (!pid_list_ || !pid_list_->next() || (has_keys_ && !info_list_->next())) return false;
  pid_ = cells_.ref(pids_);
  return true;
}

bool AnsweredRows::read(std::vector<Cell>& row) {
  if (!has_keys_) {
    reader_.read_values(*info_list_, infos_, cells_, row);
    return true;
  }
  if (infos_.take_atom("undefined")) return false;
  reader_.read(infos_, cells_, row);
  return true;
}

void AnsweredRows::skip() {
  if (has_keys_) {
    infos_.skip();
    return;
  }
  for (std::size_t at = 0; at < reader_.item_count() && info_list_->next(); ++at) infos_.skip();
}

}  // namespace beamtape
