#include "recorder/collect/processes.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "recorder/term/builder.h"
#include "schema/model/ref.h"

namespace beamtape {
namespace {

// Pids sent along with one question; the node asks about them in chunks.
constexpr std::size_t kMostGiven = 5000;
// A first quarantine lasts two snapshots, each further one twice as long, at most this many.
constexpr std::uint16_t kLongestQuarantine = 64;

bool is_column(const Column& column, std::string_view name) { return column.name == name; }

// Every reading also asks for these two: what the process had done when it was read.
bool is_baseline(const Column& column) {
  return is_column(column, "reductions") || is_column(column, "message_queue_len");
}
bool walks_mailbox(const Column& column) {
  return is_column(column, "memory") || is_column(column, "total_heap_size");
}
// Dear of a process with very long lists.
bool is_long_kind(const Column& column) {
  return (column.type == Type::kList && !is_column(column, "current_stacktrace")) ||
         walks_mailbox(column);
}
bool is_census(const Question& question) {
  return &question == &kCensusQuestion || &question == &kCensusListQuestion ||
         &question == &kCensusPartQuestion;
}
bool is_detail(const Column& column) { return column.ask == Ask::kDetail; }

Bytes item_list(const RowReader& reader) {
  const auto items = reader.items();
  TermBuilder list;
  list.list(static_cast<std::uint32_t>(items.size()));
  for (const std::string& item : items) list.atom(item);
  list.nil();
  return list.take();
}

template <typename Predicate>
RowReader reader(Predicate wanted) {
  return RowReader(process_table(), wanted);
}

// The identity but for what stands in the dictionary.
RowReader plain_identity(const RecordedNode& node) {
  return reader([&](const Column& c) {
    return is_column(c, "reductions") || is_column(c, "initial_call") ||
           (is_column(c, "parent") && node.knows_item("parent"));
  });
}

}  // namespace

Processes::Columns::Columns(const Table& table)
    : first_seen(table.index_of("first_seen")),
      detail_at(table.index_of("detail_at")),
      reductions(table.index_of("reductions")),
      message_queue_len(table.index_of("message_queue_len")),
      status(table.index_of("status")),
      heap_size(table.index_of("heap_size")),
      memory(table.index_of("memory")),
      total_heap_size(table.index_of("total_heap_size")),
      group_leader(table.index_of("group_leader")),
      registered_name(table.index_of("registered_name")),
      initial_call(table.index_of("initial_call")),
      dictionary_initial_call(table.index_of("dictionary_initial_call")),
      ancestors(table.index_of("ancestors")),
      label(table.index_of("label")),
      suspect_at(table.index_of("suspect_at")),
      binary(table.index_of("binary")) {}

Processes::Processes(const RecordedNode& node)
    : at_(process_table()),
      census_(reader([](const Column& c) { return c.ask == Ask::kEvery; })),
      readers_{reader([](const Column& c) { return is_detail(c) || is_baseline(c); }),
               reader([](const Column& c) {
                 return (is_detail(c) && !walks_mailbox(c)) || is_baseline(c);
               }),
               reader([](const Column& c) {
                 return (is_detail(c) && !is_long_kind(c)) || is_baseline(c);
               }),
               reader([](const Column& c) {
                 return (is_detail(c) && is_long_kind(c)) || is_column(c, "reductions");
               }),
               reader([](const Column& c) {
                 return c.ask == Ask::kSuspect || is_column(c, "reductions");
               }),
               plain_identity(node),
               plain_identity(node)},
      row_(process_table().columns.size(), missing(Missing::kNotRecorded)) {
  if (node.knows_item("label")) {
    // Labels change; where they are an item of their own (OTP 27.2) they are read with the detail.
    for (const Reading reading : {kDetail, kLongMailbox, kWide}) {
      readers_[reading].add("label", at_.label);
    }
  }
  for (std::size_t at = 0; at < process_table().columns.size(); ++at) {
    if (process_table().columns[at].ask == Ask::kIdentity) identity_columns_.push_back(at);
  }
}

const Question& Processes::question_of(Reading reading) {
  return reading == kIdentity ? kIdentityQuestion : kDetailQuestions[reading];
}

std::vector<std::pair<const Question*, Bytes>> Processes::questions(const RecordedNode&) const {
  std::vector<std::pair<const Question*, Bytes>> all{{&kCensusQuestion, item_list(census_)},
                                                     {&kCensusListQuestion, {}},
                                                     {&kCensusPartQuestion, item_list(census_)}};
  for (int reading = 0; reading < kReadings; ++reading) {
    all.emplace_back(&question_of(static_cast<Reading>(reading)), item_list(readers_[reading]));
  }
  return all;
}

void Processes::begin(RecordedNode& node, Inquiry& inquiry) {
  Rows& rows = node.rows(process_table());
  rows.begin_pass();
  work_ = {};
  census_over_ = false;
  census_failure_ = Missing::kNone;
  parts_.clear();
  parts_under_way_ = 0;
  quarantined_.clear();
  TermBuilder skip;
  for (std::size_t slot = 0; slot < node.tracks.size(); ++slot) {
    if (node.tracks[slot].quarantined_until > node.snapshot && rows.occupied(slot) &&
        is_missing(rows.get(slot, at_.reductions))) {
      quarantined_.push_back(rows.get(slot, 0));
    }
  }
  const std::size_t skipped = quarantined_.size() + node.standby.size();
  skip.list(static_cast<std::uint32_t>(skipped));
  for (const Cell pid : quarantined_) write_pid(skip, node.facts, pid);
  for (const Cell pid : node.standby) write_pid(skip, node.facts, pid);
  skip.nil();
  inquiry.ask(kCensusQuestion, skipped == 0 ? Bytes{} : skip.take());
}

std::size_t Processes::answer(const Answer& answer, RecordedNode& node) {
  const bool answered = answer.outcome == Answer::Outcome::kOk;
  if (answer.question == &kCensusListQuestion) {
    if (answered) read_list(answer);
    return parts_.size();
  }
  if (is_census(*answer.question)) {
    if (answered) return read_census(answer, node);
    census_missed(answer, node);
    return 0;
  }
  for (int at = 0; at < kReadings; ++at) {
    const auto reading = static_cast<Reading>(at);
    if (answer.question != &question_of(reading)) continue;
    if (!answered) return missed(reading, answer, node);
    if (reading == kIdentity) return read_identity(answer, node);
    if (reading == kPlainIdentity) return read_plain_identity(answer, node);
    return reading == kSuspects ? read_suspects(answer, node) : read_detail(reading, answer, node);
  }
  return 0;
}

void Processes::over(const Question& question, Missing reason, RecordedNode& node) {
  if (is_census(question)) {
    if (reason != Missing::kNone) census_failure_ = reason;
    if (&question == &kCensusPartQuestion) --parts_under_way_;
    if (!parts_.empty() || parts_under_way_ > 0) return;
    // A list without parts is none: somebody always lives.
    if (&question == &kCensusListQuestion && reason == Missing::kNone) {
      census_failure_ = Missing::kBadAnswer;
    }
    census_over_ = true;
    // The census does not count, or a large node would never be read.
    if (node.filling_us < std::numeric_limits<std::int64_t>::max() - node.target_us) {
      node.filling_us += node.target_us;
    }
    sweep(census_failure_, node);
    choose_suspects(node);
    return;
  }
  for (int at = 0; at < kReadings; ++at) {
    const auto reading = static_cast<Reading>(at);
    if (&question != &question_of(reading)) continue;
    if (reason != Missing::kNone) give_up(reading, reason, node);
    work_[at].asked = false;
    work_[at].under_way.clear();
    work_[at].answered = 0;
  }
}

// Not all of it was answered: what was not says why, and is asked again.
void Processes::give_up(Reading reading, Missing reason, RecordedNode& node) {
  const Rows& rows = node.rows(process_table());
  for (const std::uint32_t slot : work_[reading].under_way) {
    if (!rows.occupied(slot)) continue;
    if (reading == kIdentity || reading == kPlainIdentity) {
      if (rows.get(slot, at_.initial_call) != missing(Missing::kPending)) continue;
      node.tracks[slot].identity_asked = 0;
    } else if (reading == kDetail || reading == kLongMailbox) {
      if (rows.get(slot, at_.detail_at) == node.snapshot) continue;
      node.tracks[slot].base_reductions = -1;
    } else {
      continue;  // what was read of it last still stands, with its age
    }
    mark(reading, slot, reason, node);
  }
}

void Processes::follow_up(RecordedNode& node, Inquiry& inquiry) {
  for (Bytes& part : std::exchange(parts_, {})) {
    inquiry.ask(kCensusPartQuestion, std::move(part));
    ++parts_under_way_;
  }
  for (int at = 0; at < kReadings; ++at) {
    const auto reading = static_cast<Reading>(at);
    const Work& work = work_[at];
    // Identity comes last: by then the detail has told how large the heaps are.
    const bool is_time = reading == kIdentity
                             ? census_over_ && work_[kDetail].slots.empty() && !work_[kDetail].asked
                             : census_over_ || work.slots.size() >= kMostGiven;
    if (is_time && !work.asked && !work.slots.empty()) ask_waiting(reading, node, inquiry);
  }
}

void Processes::ask_waiting(Reading reading, RecordedNode& node, Inquiry& inquiry) {
  Work& work = work_[reading];
  const Rows& rows = node.rows(process_table());
  std::vector<Cell> pids;
  while (!work.slots.empty() && pids.size() < kMostGiven) {
    const std::uint32_t slot = work.slots.back();
    work.slots.pop_back();
    if (!rows.occupied(slot)) continue;
    if (must_wait(reading, slot, node)) {
      node.is_filling = true;
      if (reading == kPlainIdentity) node.tracks[slot].identity_asked = 0;
      continue;
    }
    if (reading == kIdentity) {
      note_identity_asked(slot, node);
      if (has_large_heap(slot, node)) {
        leave_dictionary(slot, node);
        continue;
      }
    }
    pids.push_back(rows.get(slot, 0));
    work.under_way.push_back(slot);
  }
  if (pids.empty()) return;
  TermBuilder given;
  given.list(static_cast<std::uint32_t>(pids.size()));
  for (const Cell pid : pids) write_pid(given, node.facts, pid);
  given.nil();
  work.asked = true;
  inquiry.ask(question_of(reading), given.take());
}

// A first snapshot that takes too much of the node is spread: who has never been read stays
// Missing::kPending until a later one. Whoever was read once is always read again when it ran.
bool Processes::must_wait(Reading reading, std::size_t slot, const RecordedNode& node) const {
  if (node.target_us < node.filling_us) return false;
  const Rows& rows = node.rows(process_table());
  const bool is_identity = reading == kIdentity || reading == kPlainIdentity;
  return rows.get(slot, is_identity ? at_.initial_call : at_.memory) == missing(Missing::kPending);
}

// Answers come in the order of asking unless one was missed: looking a million up takes longer than
// reading them.
std::optional<std::size_t> Processes::answered_slot(Reading reading, Cell pid,
                                                    const RecordedNode& node) {
  const Rows& rows = node.rows(process_table());
  Work& work = work_[reading];
  const std::size_t at = work.answered++;
  if (!is_missing(pid) && at < work.under_way.size() && rows.get(work.under_way[at], 0) == pid) {
    return work.under_way[at];
  }
  return rows.find(pid);
}

std::size_t Processes::read_rows(Reading reading, const Answer& answer, RecordedNode& node,
                                 const std::function<void(std::size_t, bool)>& take) {
  Cells cells = node.cells();
  AnsweredRows rows(answer, readers_[reading], cells);
  std::size_t count = 0;
  for (; rows.next(); ++count) {
    const auto slot = answered_slot(reading, rows.pid(), node);
    if (slot) {
      take(*slot, rows.read(row_));
    } else {
      rows.skip();
    }
  }
  return count;
}

std::size_t Processes::missed(Reading reading, const Answer& answer, RecordedNode& node) {
  const bool deadline = answer.outcome == Answer::Outcome::kDeadline;
  Cursor cursor = answer.payload();
  Cells cells = node.cells();
  ListReader pids(cursor);
  const bool alone = pids.size() == 1;
  work_[reading].answered += pids.size();
  while (pids.next()) {
    const auto slot = node.rows(process_table()).find(cells.ref(cursor));
    if (!slot) continue;
    mark(reading, *slot, deadline ? Missing::kDeadline : Missing::kBadAnswer, node);
    node.tracks[*slot].base_reductions = -1;
    if (alone && deadline) quarantine(*slot, node);
  }
  return 0;
}

void Processes::quarantine(std::size_t slot, RecordedNode& node) {
  ProcessTrack& track = node.tracks[slot];
  track.quarantine = std::clamp<std::uint16_t>(track.quarantine * 2, 2, kLongestQuarantine);
  track.quarantined_until = node.snapshot + track.quarantine;
}

void Processes::mark(Reading reading, std::size_t slot, Missing why, RecordedNode& node) {
  Rows& rows = node.rows(process_table());
  const auto& columns = reading == kIdentity ? identity_columns_ : readers_[reading].columns();
  for (const std::size_t column : columns) {
    if (process_table().columns[column].ask != Ask::kEvery) rows.set(slot, column, missing(why));
  }
}

void Processes::touched(ProcessTrack& track, Cell reported) {
  if (reported == track.base_reductions + 1) track.base_reductions = reported;
}

}  // namespace beamtape
