// How a question travels. The recorder sends rex, the server behind rpc:call, an ordinary
// gen_server call {'$gen_call', {Self, Tag}, {call, M, F, Args, user}}; rex has it evaluated by a
// process of its own (of block_call: evaluates it itself), answers {Tag, Result} when the call is
// over, and the expression meanwhile sends {Tag, Chunk, Began, Ended, Answer}
// for each chunk. Tag is {Connection, Request}.

#include "recorder/collect/asker.h"

#include <fmt/format.h>

#include "recorder/term/inflate.h"
#include "recorder/term/tag.h"
#include "recorder/term/text.h"

namespace beamtape {
namespace {

constexpr std::chrono::milliseconds kPrepareDeadline{10000};
constexpr std::size_t kReasonBytes = 200;

Bytes parse_arguments(std::string_view text) {
  TermBuilder arguments;
  arguments.list(1).string(text).nil();
  return arguments.take();
}

}  // namespace

std::string_view outcome_text(Answer::Outcome outcome) {
  switch (outcome) {
    case Answer::Outcome::kOk:
    case Answer::Outcome::kEnd:
      return "ok";
    case Answer::Outcome::kFailed:
    case Answer::Outcome::kRejected:
      return "failed";
    case Answer::Outcome::kDeadline:
    case Answer::Outcome::kExpired:
      return "deadline";
    case Answer::Outcome::kProcessLimit:
      return "process_limit";
    case Answer::Outcome::kIncomplete:
      return "incomplete";
    case Answer::Outcome::kMalformed:
      break;
  }
  return "malformed";
}

Expected<void> Asker::send_call(std::uint32_t request, std::string_view how,
                                std::string_view module, std::string_view function,
                                std::span<const std::uint8_t> arguments) {
  TermBuilder message;
  message.version().tuple(3).atom("$gen_call");
  message.tuple(2).raw(link_.self()).tuple(2).integer(connection_).integer(request);
  message.tuple(5).atom(how).atom(module).atom(function).raw(arguments).atom("user");
  return link_.send("rex", message.bytes());
}

// kTimeout: none by then, or somebody asked to stop.
Expected<Bytes> Asker::receive(std::chrono::steady_clock::time_point until) {
  const Deadline deadline(until, stop_);
  for (;;) {
    auto message = link_.receive(deadline.patience());
    if (message || message.error().code == Error::Code::kMalformed) {
      const auto before = std::exchange(received_bytes_, link_.received_bytes());
      message_bytes_ = received_bytes_ - before;
    }
    if (message || message.error().code != Error::Code::kTimeout) return message;
    if (was_stopped()) {
      return fail(Error::Code::kTimeout,
                  fmt::format("cannot record {}: told to stop before it answered", link_.node()));
    }
    if (stop_ == nullptr || deadline.has_passed()) return message;
  }
}

bool Asker::read_tag(Cursor& cursor, std::uint32_t& request) const {
  if (!cursor.tuple(2)) return false;
  const auto connection = cursor.integer();
  const auto number = cursor.integer();
  if (!connection || !number || *connection != connection_) return false;
  request = static_cast<std::uint32_t>(*number);
  return true;
}

Expected<Bytes> Asker::call(std::string_view module, std::string_view function,
                            std::span<const std::uint8_t> arguments,
                            std::chrono::milliseconds deadline) {
  const std::uint32_t request = ++last_request_;
  if (auto sent = send_call(request, "call", module, function, arguments); !sent) {
    return tl::unexpected(sent.error());
  }
  const auto until = std::chrono::steady_clock::now() + deadline;
  while (std::chrono::steady_clock::now() < until) {
    auto message = receive(until);
    if (!message) {
      if (message.error().code == Error::Code::kTimeout && !was_stopped()) continue;
      return tl::unexpected(message.error());
    }
    Cursor cursor(*message);
    std::uint32_t answered = 0;
    if (!cursor.version() || !cursor.tuple(2) || !read_tag(cursor, answered) ||
        answered != request) {
      continue;
    }
    Cursor result = cursor;
    if (result.tuple(2) && result.take_atom("badrpc")) {
      return fail(Error::Code::kRefused,
                  fmt::format("cannot call {}:{} on {}: {}", module, function, link_.node(),
                              term_text(result, link_.node(), kReasonBytes)));
    }
    const auto raw = cursor.raw();
    return Bytes(raw.begin(), raw.end());
  }
  return fail(Error::Code::kTimeout,
              fmt::format("cannot call {}:{} on {}: no answer within {} s", module, function,
                          link_.node(), deadline.count() / 1000));
}

Expected<void> Asker::prepare(const Question& question, Bytes items) {
  const auto malformed = [&](std::string_view what) {
    return fail(
        Error::Code::kMalformed,
        fmt::format("cannot prepare question {}: the node could not {} it", question.name, what));
  };
  auto scanned =
      call("erl_scan", "string", parse_arguments(expressions(question)), kPrepareDeadline);
  if (!scanned) return tl::unexpected(scanned.error());
  Cursor tokens(*scanned);
  if (!tokens.tuple(3) || !tokens.take_atom("ok")) return malformed("scan");
  TermBuilder arguments;
  arguments.list(1).raw(tokens.raw()).nil();
  auto parsed = call("erl_parse", "parse_exprs", arguments.bytes(), kPrepareDeadline);
  if (!parsed) return tl::unexpected(parsed.error());
  Cursor cursor(*parsed);
  if (!cursor.tuple(2) || !cursor.take_atom("ok")) return malformed("parse");
  ListReader each(cursor);
  Prepared prepared;
  for (Bytes* one : {&prepared.work, &prepared.keep, &prepared.ask}) {
    if (one == &prepared.keep && !question.has_keeper()) continue;
    const auto raw = each.next() ? cursor.raw() : std::span<const std::uint8_t>();
    if (raw.empty()) return malformed("parse");
    one->assign(raw.begin(), raw.end());
  }
  prepared.items = std::move(items);
  prepared_[&question] = std::move(prepared);
  return {};
}

void Asker::set_items(const Question& question, Bytes items) {
  prepared_.at(&question).items = std::move(items);
}

Expected<std::uint32_t> Asker::ask(const Question& question, std::span<const std::uint8_t> given) {
  const Prepared& prepared = prepared_.at(&question);
  const std::uint32_t request = ++last_request_;
  TermBuilder arguments;
  // erl_eval:expr(Expr, Bindings, none, none, value): the value alone, without the bindings.
  // Bindings are an orddict, so their names are in order.
  arguments.list(5).raw(prepared.ask).list(question.has_keeper() ? 7 : 6);
  arguments.tuple(2).atom("Dst").raw(link_.self());
  arguments.tuple(2).atom("Given");
  given.empty() ? arguments.nil() : arguments.raw(given);
  arguments.tuple(2).atom("Items");
  prepared.items.empty() ? arguments.nil() : arguments.raw(prepared.items);
  if (question.has_keeper()) arguments.tuple(2).atom("Keep").raw(prepared.keep);
  arguments.tuple(2).atom("Tag").tuple(2).integer(connection_).integer(request);
  const auto until = clock_.at(NodeClock::Clock::now() + kSilence);
  arguments.tuple(2).atom("Until");
  until ? arguments.integer(*until) : arguments.atom("infinity");  // a number is less than an atom
  arguments.tuple(2).atom("Work").raw(prepared.work);
  arguments.nil().atom("none").atom("none").atom("value").nil();
  const auto how = question.in_server ? "block_call" : "call";
  if (auto sent = send_call(request, how, "erl_eval", "expr", arguments.bytes()); !sent) {
    return tl::unexpected(sent.error());
  }
  asked_[request] = {.question = &question};
  return request;
}

Expected<Answer> Asker::next(std::chrono::milliseconds timeout) {
  const auto until = std::chrono::steady_clock::now() + timeout;
  do {
    auto message = receive(until);
    if (!message) {
      if (message.error().code == Error::Code::kMalformed) continue;
      return tl::unexpected(message.error());
    }
    if (auto answer = read_answer(std::move(*message))) return std::move(*answer);
  } while (std::chrono::steady_clock::now() < until);
  return fail(Error::Code::kTimeout, "no answer in time");
}

std::optional<Answer> Asker::read_answer(Bytes&& message) {
  Answer answer;
  answer.sent_bytes = message_bytes_;
  answer.message = std::move(message);
  Cursor cursor(answer.message);
  if (!cursor.version()) return std::nullopt;
  const auto arity = cursor.tuple();
  if (!arity || !read_tag(cursor, answer.request)) return std::nullopt;
  const auto asked = asked_.find(answer.request);
  if (asked == asked_.end()) return std::nullopt;  // late: nobody waits for it any more
  answer.question = asked->second.question;
  answer.arrived_wall_us = std::chrono::duration_cast<std::chrono::microseconds>(
                               std::chrono::system_clock::now().time_since_epoch())
                               .count();
  if (*arity == 2) {
    read_end(cursor, asked->second, answer);
    asked_.erase(asked);
    return answer;
  }
  if (read_chunk(cursor, *arity, answer)) {
    clock_.learn(answer.ended, NodeClock::Clock::now());
  }
  asked->second.note(answer);
  return answer;
}

// False if it has no envelope.
bool Asker::read_chunk(Cursor& cursor, std::uint32_t arity, Answer& answer) {
  const auto chunk = cursor.integer();
  const auto began = cursor.integer();
  const auto ended = cursor.integer();
  if (arity != 5 || !chunk || !began || !ended || !cursor.tuple(2)) return false;
  answer.chunk = *chunk;
  answer.began = *began;
  answer.ended = *ended;
  if (cursor.take_atom("ok")) {
    answer.outcome = Answer::Outcome::kOk;
  } else if (cursor.take_atom("failed")) {
    answer.outcome = Answer::Outcome::kFailed;
  } else if (cursor.take_atom("deadline")) {
    answer.outcome = Answer::Outcome::kDeadline;
  }
  answer.payload_at = answer.message.size() - cursor.bytes_left();
  if (answer.outcome == Answer::Outcome::kOk && answer.question->packed) unpack_payload(answer);
  return true;
}

// Of one that missed its deadline each half is reported, by the same number.
void Asker::Asked::note(const Answer& answer) {
  if (answer.outcome == Answer::Outcome::kMalformed) is_whole = false;
  if (answer.chunk <= last_chunk) return;
  last_chunk = answer.chunk;
  ++chunks;
}

// term_to_binary leaves a small term as it is.
void Asker::unpack_payload(Answer& answer) {
  const auto packed = answer.payload().binary();
  const bool has_term = packed && !packed->empty() && packed->front() == tag::kVersion;
  auto term = packed && is_compressed_term(*packed)
                  ? inflate_term(*packed, kMaxMessageBytes)
                  : Expected<Bytes>(has_term ? Bytes(packed->begin(), packed->end()) : Bytes());
  if (!term || term->empty()) {
    answer.outcome = Answer::Outcome::kMalformed;
    return;
  }
  answer.message = std::move(*term);
  answer.payload_at = 1;  // behind the version
}

void Asker::read_end(Cursor& cursor, const Asked& asked, Answer& answer) {
  if (const auto chunks = cursor.integer()) {
    // A message that the link could not read is not known to be about this question: it is missing.
    const bool is_whole = asked.is_whole && asked.chunks == *chunks;
    answer.outcome = is_whole ? Answer::Outcome::kEnd : Answer::Outcome::kIncomplete;
    return;
  }
  const std::string reason = term_text(cursor, link_.node(), kReasonBytes);
  if (reason.find("system_limit") != std::string::npos) {
    answer.outcome = Answer::Outcome::kProcessLimit;
  } else if (reason.find("'EXIT',timeout") != std::string::npos) {
    // Somebody still waits for it, so what we believe of the node's clock may be wrong.
    answer.outcome = Answer::Outcome::kExpired;
    clock_.forget();
  } else {
    answer.outcome = Answer::Outcome::kRejected;
  }
}

}  // namespace beamtape
