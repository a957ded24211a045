#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "recorder/collect/asker.h"
#include "recorder/collect/question.h"
#include "recorder/collect/recorded_node.h"

namespace beamtape {

// Where a collector puts its questions; they are asked in turn.
class Inquiry {
 public:
  virtual ~Inquiry() = default;
  // `given`: one encoded term for the question's `Given`.
  virtual void ask(const Question& question, Bytes given = {}) = 0;
};

// Asks one thing of the node and reads the answers into its state. One file per collector; all
// of them are listed in all_collectors.cc.
class Collector {
 public:
  virtual ~Collector() = default;

  // Its questions, each with the term to be bound to Items. Must outlive every connection.
  virtual std::vector<std::pair<const Question*, Bytes>> questions(
      const RecordedNode& node) const = 0;
  // A snapshot begins: asks what it has to ask anyway.
  virtual void begin(RecordedNode& node, Inquiry& inquiry) = 0;
  // One chunk of one of its questions, of any outcome but malformed; returns the rows in it.
  virtual std::size_t answer(const Answer& answer, RecordedNode& node) = 0;
  // One of its questions is over: answered to its end, or, where `reason` is not kNone, given up,
  // or answered but for what was lost on its way.
  virtual void over(const Question& question, Missing reason, RecordedNode& node) = 0;
  // Called after each answer: asks what follows from what is known by now.
  virtual void follow_up(RecordedNode&, Inquiry&) {}
};

// Everything a snapshot holds. The first one lists the processes; the others begin when the
// processes have been dealt with.
std::vector<std::unique_ptr<Collector>> all_collectors(const RecordedNode& node);

}  // namespace beamtape
