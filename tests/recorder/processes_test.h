#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "recorder/collect/processes.h"
#include "recorder/term/builder.h"
#include "schema/model/ref.h"

// The census and the details of a node that exists only here.
namespace beamtape {

inline constexpr std::string_view kNode = "shop@host";

// Remembers what was asked and which pids were sent along.
class FakeInquiry : public Inquiry {
 public:
  void ask(const Question& question, Bytes given) override {
    auto& pids = asked[std::string(question.name)];
    Cursor cursor(given);
    ListReader list(cursor);
    while (list.next()) pids.push_back(cursor.pid()->id);
  }
  bool was_asked(const std::string& question, std::uint32_t pid) const {
    const auto found = asked.find(question);
    if (found == asked.end()) return false;
    return std::find(found->second.begin(), found->second.end(), pid) != found->second.end();
  }
  std::map<std::string, std::vector<std::uint32_t>> asked;
};

struct Census {
  std::uint32_t pid = 0;
  std::int64_t reductions = 100;
  std::int64_t queue = 0;
  const char* status = "waiting";
};

class ProcessesTest : public ::testing::Test {
 protected:
  ProcessesTest()
      : node_(NodeFacts{.name = std::string(kNode), .creation = 1}), processes_(node_) {}

  // One snapshot: everybody listed, details answered with reductions as of the census.
  FakeInquiry snapshot(const std::vector<Census>& census, std::int64_t memory = 5000) {
    ++node_.snapshot;
    FakeInquiry inquiry;
    processes_.begin(node_, inquiry);
    processes_.answer(census_answer(census), node_);
    end(kCensusQuestion);
    processes_.follow_up(node_, inquiry);
    for (const auto& [name, pids] : std::map(inquiry.asked)) {
      for (const Question& question : kDetailQuestions) {
        if (question.name != name || answer_nothing_) continue;
        if (name != "suspects") processes_.answer(detail(question, pids, census, memory), node_);
        end(question);
      }
    }
    processes_.follow_up(node_, inquiry);
    node_.turn += turn_step_;
    return inquiry;
  }

  void end(const Question& question) { processes_.over(question, Missing::kNone, node_); }

  static Answer wrap(const Question& question, TermBuilder&& payload,
                     Answer::Outcome outcome = Answer::Outcome::kOk) {
    Answer answer;
    answer.outcome = outcome;
    answer.question = &question;
    answer.message = payload.take();
    return answer;
  }

  static Answer census_answer(const std::vector<Census>& census) {
    TermBuilder payload;
    const auto size = static_cast<std::uint32_t>(census.size());
    payload.tuple(2).list(size);
    for (const Census& one : census) payload.pid(kNode, one.pid, 0, 1);
    payload.nil().list(size);
    for (const Census& one : census) {
      payload.list(5);
      payload.tuple(2).atom("reductions").integer(one.reductions);
      payload.tuple(2).atom("message_queue_len").integer(one.queue);
      payload.tuple(2).atom("status").atom(one.status);
      payload.tuple(2).atom("heap_size").integer(233);
      payload.tuple(2).atom("stack_size").integer(9).nil();
    }
    payload.nil();
    return wrap(kCensusQuestion, std::move(payload));
  }

  static Answer detail(const Question& question, const std::vector<std::uint32_t>& pids,
                       const std::vector<Census>& census, std::int64_t memory) {
    TermBuilder payload;
    const auto size = static_cast<std::uint32_t>(pids.size());
    payload.tuple(2).list(size);
    for (const std::uint32_t pid : pids) payload.pid(kNode, pid, 0, 1);
    payload.nil().list(size);
    for (const std::uint32_t pid : pids) {
      const auto one = std::find_if(census.begin(), census.end(),
                                    [&](const Census& other) { return other.pid == pid; });
      payload.list(4);
      payload.tuple(2).atom("reductions").integer(one->reductions);
      payload.tuple(2).atom("message_queue_len").integer(one->queue);
      payload.tuple(2).atom("memory").integer(memory);
      payload.tuple(2).atom("links").nil().nil();
    }
    payload.nil();
    return wrap(question, std::move(payload));
  }

  Cell cell(std::uint32_t pid, std::string_view column) {
    const Rows& rows = node_.rows(process_table());
    const auto slot = rows.find(pack_pid(pid, 0));
    return slot ? rows.get(*slot, process_table().index_of(column)) : missing(Missing::kNone);
  }

  RecordedNode node_;
  Processes processes_;
  bool answer_nothing_ = false;
  std::int64_t turn_step_ = 0;  // 0: no rotation, the turn stays where slot 0 is due
};

}  // namespace beamtape
