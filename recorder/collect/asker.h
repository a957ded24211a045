#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "recorder/collect/node_clock.h"
#include "recorder/collect/question.h"
#include "recorder/node/deadline.h"
#include "recorder/node/link.h"
#include "recorder/term/builder.h"
#include "recorder/term/cursor.h"
#include "schema/error.h"

namespace beamtape {

using Bytes = std::vector<std::uint8_t>;

// What came back of one chunk of a question, or the end of the question.
struct Answer {
  enum class Outcome {
    kOk,            // payload() stands before the answer
    kFailed,        // the node raised an error; payload() before the list of keys
    kDeadline,      // no answer in time; payload() before the list of keys
    kEnd,           // all chunks have been reported
    kIncomplete,    // the node has reported all chunks, but not all could be read here
    kProcessLimit,  // the node has no process to spare for it: the question is over
    kExpired,       // the node came to it when it had been given up: the question is over
    kRejected,      // the node could not evaluate it at all: the question is over
    kMalformed,     // cannot be read
  };
  Outcome outcome = Outcome::kMalformed;
  const Question* question = nullptr;
  std::uint32_t request = 0;
  std::int64_t chunk = 0;
  std::int64_t began = 0;  // the node's monotonic clock, native unit
  std::int64_t ended = 0;
  std::int64_t arrived_wall_us = 0;  // the recorder's clock, since the Unix epoch
  std::int64_t sent_bytes = 0;       // as it came, packed or not
  Bytes message;
  std::size_t payload_at = 0;

  Cursor payload() const { return Cursor(std::span(message).subspan(payload_at)); }
  bool is_over() const {
    return outcome == Outcome::kEnd || outcome == Outcome::kIncomplete ||
           outcome == Outcome::kProcessLimit || outcome == Outcome::kExpired ||
           outcome == Outcome::kRejected;
  }
};

// "ok", "deadline", …: as recorded in the question table.
std::string_view outcome_text(Answer::Outcome outcome);

// Asks questions over a link. Several may be under way; answers carry their request's number
// and this connection's, so that a late one is never taken for another's. One thread.
class Asker {
 public:
  // `connection` tells this connection's answers from an earlier one's. `link` must outlive it.
  Asker(Link& link, std::uint32_t connection) : link_(link), connection_(connection) {}

  // From now on whoever waits for an answer is given up as soon as `stop` is true, with kTimeout.
  // Null: nobody is. Else it must outlive the asker, or the next call of this.
  void give_up_at(const std::atomic<bool>* stop) { stop_ = stop; }

  // Calls module:function(Arguments) on the node and waits. `arguments` is an encoded list.
  // Returns the encoded result. kRefused if the node answers {badrpc, _}. For the few questions
  // that are asked when connecting.
  Expected<Bytes> call(std::string_view module, std::string_view function,
                       std::span<const std::uint8_t> arguments, std::chrono::milliseconds deadline);

  // Has the node parse a question. `items` (one encoded term, may be empty) is bound to Items each
  // time it is asked. `question` must outlive the asker.
  Expected<void> prepare(const Question& question, Bytes items = {});
  // The unit of the node's clock. Until it is known no question expires.
  void set_clock_rate(std::int64_t native_per_second) { clock_.set_rate(native_per_second); }
  // Binds Items anew.
  void set_items(const Question& question, Bytes items);

  // Sends a prepared question and returns its request number. `given`: one encoded term, bound to
  // Given (an empty list if there is none). It expires after kSilence.
  Expected<std::uint32_t> ask(const Question& question, std::span<const std::uint8_t> given = {});
  // Answers to this request are dropped from now on.
  void forget(std::uint32_t request) { asked_.erase(request); }

  // The next answer to a question that was asked and not forgotten. kTimeout: none within
  // `timeout`; kClosed: the node is gone.
  Expected<Answer> next(std::chrono::milliseconds timeout);

  // What had come over the link when the last message was complete.
  std::int64_t received_bytes() const { return received_bytes_; }

 private:
  struct Prepared {
    Bytes work;  // those of expressions(), parsed
    Bytes keep;  // empty without a keeper
    Bytes ask;
    Bytes items;
  };

  // A question that is not over.
  struct Asked {
    const Question* question;
    std::int64_t last_chunk = -1;
    std::int64_t chunks = 0;  // that were reported
    bool is_whole = true;     // all that came of it could be read

    void note(const Answer& answer);
  };

  Expected<void> send_call(std::uint32_t request, std::string_view how, std::string_view module,
                           std::string_view function, std::span<const std::uint8_t> arguments);
  bool was_stopped() const { return stop_ != nullptr && *stop_; }
  Expected<Bytes> receive(std::chrono::steady_clock::time_point until);
  bool read_tag(Cursor& cursor, std::uint32_t& request) const;
  std::optional<Answer> read_answer(Bytes&& message);
  static bool read_chunk(Cursor& cursor, std::uint32_t arity, Answer& answer);
  void read_end(Cursor& cursor, const Asked& asked, Answer& answer);
  static void unpack_payload(Answer& answer);

  Link& link_;
  std::uint32_t connection_;
  const std::atomic<bool>* stop_ = nullptr;
  std::uint32_t last_request_ = 0;
  std::int64_t received_bytes_ = 0;
  std::int64_t message_bytes_ = 0;  // of the last one, on the wire
  NodeClock clock_;
  std::map<const Question*, Prepared> prepared_;
  std::map<std::uint32_t, Asked> asked_;
};

}  // namespace beamtape
