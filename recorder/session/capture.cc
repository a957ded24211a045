#include "recorder/session/capture.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace beamtape {
namespace {

using std::chrono::milliseconds;

// Questions that may be under way at once. Two keep the way to the node and back filled while
// one scheduler of the target at most works for us most of the time.
constexpr std::size_t kLanes = 2;
// A question that has not been heard of for this long no longer counts as one of them.
constexpr milliseconds kPatience{1000};
// What our questions need at once at most. A node writes a line into its log for each process that
// it cannot start, so one that had none to spare is asked by way of rpc's server alone, until it
// can have so many more.
constexpr std::int64_t kOurProcesses = 16;

// By so much a chunk may take longer by the node's clock than by ours. Erlang's may run 1 % fast
// while it is being set right.
constexpr std::int64_t kClockSlackUs = 1'000'000;

std::int64_t microseconds_now(std::chrono::nanoseconds since) {
  return std::chrono::duration_cast<std::chrono::microseconds>(since).count();
}
std::int64_t wall_now() {
  return microseconds_now(std::chrono::system_clock::now().time_since_epoch());
}

// Microseconds from one time of the node's clock to another; both come from the node.
std::int64_t between(const NodeFacts& facts, std::int64_t from, std::int64_t to) {
  std::int64_t native = 0;
  if (__builtin_sub_overflow(to, from, &native)) return std::numeric_limits<std::int64_t>::max();
  return facts.microseconds(native);
}

}  // namespace

Capture::Capture(Asker& asker, RecordedNode& node)
    : asker_(asker), node_(node), collectors_(all_collectors(node)) {
  for (const auto& collector : collectors_) questions_.push_back(collector->questions(node));
}

Expected<void> Capture::prepare() {
  for (const auto& questions : questions_) {
    for (const auto& [question, items] : questions) {
      if (auto prepared = asker_.prepare(*question, items); !prepared) return prepared;
    }
  }
  return {};
}

Collector& Capture::collector_of(const Question& question) {
  for (std::size_t at = 0; at + 1 < collectors_.size(); ++at) {
    for (const auto& known : questions_[at]) {
      if (known.first == &question) return *collectors_[at];
    }
  }
  return *collectors_.back();
}

void Capture::ask(const Question& question, Bytes given) {
  waiting_.push_back({&question, std::move(given)});
}

Expected<SnapshotRecord> Capture::take(std::int64_t id) {
  SnapshotRecord record;
  record.id = id;
  record.began_wall_us = wall_now();
  began_ = Clock::now();
  record.began_mono_us = microseconds_now(began_.time_since_epoch());
  const std::int64_t received_before = asker_.received_bytes();
  node_.snapshot = id;
  node_.detailed = node_.stale_found = node_.appeared = node_.gone = node_.target_us = 0;
  node_.is_filling = false;
  node_began_.reset();
  answers_ = 0;
  others_began_ = false;
  node_.rows(question_table()).begin_pass();
  collectors_.front()->begin(node_, *this);
  if (auto done = run(record); !done) return tl::unexpected(done.error());
  node_.rows(question_table()).sweep([](std::size_t) {});
  ++node_.turn;
  record.ended_wall_us = wall_now();
  record.received_bytes = asker_.received_bytes() - received_before;
  record.processes = node_.listed;
  record.detailed = node_.detailed;
  record.stale_found = node_.stale_found;
  record.filling = node_.is_filling;
  return record;
}

Expected<void> Capture::run(SnapshotRecord& record) {
  for (;;) {
    if (auto asked = ask_next(record); !asked) return asked;
    if (!is_busy() && !others_began_) {
      begin_others();
      continue;
    }
    if (active_.empty() && waiting_.empty()) return {};
    const milliseconds resting = rest(record);
    auto answer = asker_.next(resting.count() > 0 ? std::min(kPatience, resting) : kPatience);
    if (answer) {
      receive(*answer, record);
      for (const auto& collector : collectors_) collector->follow_up(node_, *this);
    } else if (answer.error().code != Error::Code::kTimeout) {
      waiting_.clear();
      active_.clear();
      return tl::unexpected(answer.error());
    }
    give_up_silent(record);
  }
}

// The processes come first, so that our other questions' processes are not among them.
void Capture::begin_others() {
  others_began_ = true;
  for (std::size_t at = 1; at < collectors_.size(); ++at) collectors_[at]->begin(node_, *this);
}

bool Capture::is_busy() const {
  const auto now = Clock::now();
  return !waiting_.empty() || std::any_of(active_.begin(), active_.end(), [&](const Active& one) {
    return now - one.last_heard < kPatience;
  });
}

// How long the next question has to wait.
milliseconds Capture::rest(const SnapshotRecord& record) const {
  if (!pace_) return milliseconds(0);
  using Microseconds = std::chrono::duration<double, std::micro>;
  const Microseconds due(static_cast<double>(record.target_us) / *pace_);
  return std::chrono::ceil<milliseconds>(due - Microseconds(Clock::now() - began_));
}

Expected<void> Capture::ask_next(SnapshotRecord& record) {
  const auto now = Clock::now();
  while (!waiting_.empty() && rest(record).count() <= 0) {
    const auto lively = std::count_if(active_.begin(), active_.end(), [&](const Active& one) {
      return now - one.last_heard < kPatience;
    });
    if (static_cast<std::size_t>(lively) >= kLanes) break;
    Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    if (is_full_ && !next.question->in_server) {
      do_without_process(std::move(next), record);
      continue;
    }
    auto request = asker_.ask(*next.question, next.given);
    if (!request) return tl::unexpected(request.error());
    active_.push_back({*request, next.question, std::move(next.given), now, now});
  }
  return {};
}

void Capture::receive(const Answer& answer, SnapshotRecord& record) {
  const auto active = std::find_if(active_.begin(), active_.end(), [&](const Active& one) {
    return one.request == answer.request;
  });
  if (active == active_.end()) return;
  active->last_heard = Clock::now();
  if (!answer.is_over()) {
    std::size_t rows = 0;
    if (answer.outcome != Answer::Outcome::kMalformed) {
      node_.dear_answer = false;
      rows = collector_of(*answer.question).answer(answer, node_);
    }
    if (answer.outcome == Answer::Outcome::kDeadline) {
      note_failure(*answer.question, Missing::kDeadline, record);
    } else if (answer.outcome != Answer::Outcome::kOk) {
      note_failure(*answer.question, Missing::kBadAnswer, record);
    }
    record_question(answer, rows, active->asked, record);
    return;
  }
  Missing reason = Missing::kNone;
  if (answer.outcome == Answer::Outcome::kProcessLimit) reason = Missing::kProcessLimit;
  if (answer.outcome == Answer::Outcome::kExpired) reason = Missing::kDeadline;
  if (answer.outcome == Answer::Outcome::kRejected) reason = Missing::kBadAnswer;
  if (answer.outcome == Answer::Outcome::kIncomplete) reason = Missing::kBadAnswer;
  Active over = std::move(*active);
  active_.erase(active);
  if (reason != Missing::kNone) record_question(answer, 0, over.asked, record);
  if (reason != Missing::kProcessLimit) {
    end(*over.question, reason, record);
    return;
  }
  is_full_ = true;
  do_without_process({over.question, std::move(over.given)}, record);
}

void Capture::do_without_process(Waiting waiting, SnapshotRecord& record) {
  if (waiting.question->at_limit != nullptr) {
    ask(*waiting.question->at_limit, std::move(waiting.given));
  } else {
    end(*waiting.question, Missing::kProcessLimit, record);
  }
}

void Capture::give_up_silent(SnapshotRecord& record) {
  const auto now = Clock::now();
  for (std::size_t at = 0; at < active_.size();) {
    if (now - active_[at].last_heard < kSilence) {
      ++at;
      continue;
    }
    const Active silent = active_[at];
    active_.erase(active_.begin() + static_cast<std::ptrdiff_t>(at));
    asker_.forget(silent.request);
    end(*silent.question, Missing::kDeadline, record);
    for (const auto& collector : collectors_) collector->follow_up(node_, *this);
  }
}

void Capture::end(const Question& question, Missing reason, SnapshotRecord& record) {
  collector_of(question).over(question, reason, node_);
  if (std::exchange(node_.is_counted, false)) {
    is_full_ = is_full_ && node_.listed + kOurProcesses >= node_.facts.process_limit;
  }
  for (const auto& collector : collectors_) collector->follow_up(node_, *this);
  if (reason != Missing::kNone) note_failure(question, reason, record);
}

void Capture::note_failure(const Question& question, Missing reason, SnapshotRecord& record) {
  const std::string words = fmt::format("{}: {}", question.name, reason_text(reason));
  if (record.not_answered.find(words) != std::string::npos) return;
  if (!record.not_answered.empty()) record.not_answered += "; ";
  record.not_answered += words;
}

// The node's times are held against our clock: a chunk cannot have taken longer than we waited for
// it, nor lie before the snapshot. What a broken node, or a bit that flipped on the way, says
// beyond that would put off the next snapshot by years.
void Capture::record_question(const Answer& answer, std::size_t rows, Clock::time_point asked,
                              SnapshotRecord& record) {
  Rows& table = node_.rows(question_table());
  Cells cells = node_.cells();
  const auto slot = table.list(++answers_, missing(Missing::kNone)).first;
  const auto now = Clock::now();
  const std::int64_t waited = microseconds_now(now - asked);
  const std::int64_t passed = microseconds_now(now - began_);
  const std::int64_t told = between(node_.facts, answer.began, answer.ended);
  const std::int64_t took = std::clamp<std::int64_t>(told, 0, waited);
  const bool is_absurd = told < 0 || told - waited > kClockSlackUs;
  if (is_absurd) note_failure(*answer.question, Missing::kBadAnswer, record);
  if (!node_began_ && answer.began != 0 && !is_absurd) node_began_ = answer.began;
  const std::int64_t offset = node_began_ && answer.began != 0
                                  ? between(node_.facts, *node_began_, answer.began)
                                  : microseconds_now(asked - began_);
  const bool is_bounded = answer.outcome == Answer::Outcome::kOk && !node_.dear_answer;
  const std::int64_t cost =
      is_bounded ? most_cost(*answer.question, took, rows, answer.sent_bytes) : took;
  const Cell values[] = {
      cells.text(answer.question->name),
      answer.chunk,
      std::clamp(offset, -passed, passed),
      took,
      static_cast<Cell>(rows),
      answer.sent_bytes,
      cells.text(outcome_text(is_absurd ? Answer::Outcome::kMalformed : answer.outcome)),
      cost,
  };
  for (std::size_t at = 0; at < std::size(values); ++at) table.set(slot, at + 1, values[at]);
  record.target_us += cost;
  node_.target_us += took;
}

}  // namespace beamtape
