#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "recorder/term/cursor.h"
#include "tests/recorder/fake_link.h"

namespace beamtape {

// What a FakeLink answers that leads to a node: enough to be recorded. It introduces itself, and to
// every other question it has nothing to say, unless `on_ask` says something before that. Not
// copied: links refer to it.
class FakeNode {
 public:
  struct Asked {
    std::string expressions;  // as the recorder sent them
    std::vector<std::uint8_t> message;
    std::vector<std::uint8_t> tag;
  };

  // A new connection to it.
  std::unique_ptr<FakeLink> link() {
    auto link = std::make_unique<FakeLink>();
    link->on_send = [this](FakeLink& self, const FakeLink::Sent& sent) { answer(self, sent.term); };
    return link;
  }

  // Answers one chunk; `payload` is a term.
  static void answer_chunk(FakeLink& link, const Asked& asked, std::int64_t began,
                           std::int64_t ended, const std::vector<std::uint8_t>& payload,
                           std::int64_t number = 0) {
    TermBuilder chunk;
    chunk.version().tuple(5).raw(asked.tag).integer(number).integer(began).integer(ended);
    link.reply(chunk.tuple(2).atom("ok").raw(payload).take());
  }

  std::function<void(FakeLink&, const Asked&)> on_ask;
  std::int64_t creation = 7;
  std::int64_t lost_chunks = 0;  // of each question, on their way
  std::int64_t ticktime = 0;     // 0: it does not say

 private:
  void answer(FakeLink& link, const std::vector<std::uint8_t>& message) {
    Cursor cursor(message);
    cursor.version(), cursor.tuple(3), cursor.skip(), cursor.tuple(2), cursor.skip();
    const auto tag = cursor.raw();
    cursor.tuple(5), cursor.skip(), cursor.skip();
    TermBuilder reply;
    reply.version().tuple(2).raw(tag);
    if (cursor.take_atom("string")) {
      const auto text = cursor.raw();
      scanned_.emplace_back(text.begin(), text.end());
      link.reply(reply.tuple(3).atom("ok").nil().integer(1).take());
    } else if (cursor.take_atom("parse_exprs")) {
      // Each expression is the number of its text: at most three are looked for, two or three used.
      reply.tuple(2).atom("ok").list(3);
      for (int each = 0; each < 3; ++each) reply.integer(std::ssize(scanned_) - 1);
      link.reply(reply.nil().take());
    } else {
      cursor.skip();
      ListReader(cursor).next();
      const auto before = link.queued();
      evaluate(link, scanned_.at(static_cast<std::size_t>(cursor.integer().value_or(0))),
               {message, {tag.begin(), tag.end()}});
      link.reply(reply.integer(link.queued() - before + lost_chunks).take());
    }
  }

  struct Question {
    std::vector<std::uint8_t> message, tag;
  };
  void evaluate(FakeLink& link, const std::string& text, const Question& question) {
    const Asked asked{text, question.message, question.tag};
    if (text.find("dist_buf_busy_limit") != std::string::npos) {
      TermBuilder facts;
      facts.list(1).tuple(2).atom("creation").integer(creation).nil();
      answer_chunk(link, asked, 1, 2, facts.take());
      if (ticktime == 0) return;
      TermBuilder told;
      told.list(1).tuple(2).atom("net_ticktime").integer(ticktime).nil();
      answer_chunk(link, asked, 1, 2, told.take(), 3);
    } else if (on_ask) {
      on_ask(link, asked);
    }
  }

  std::vector<std::string> scanned_;
};

}  // namespace beamtape
