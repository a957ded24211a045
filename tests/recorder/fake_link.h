#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "recorder/node/link.h"
#include "recorder/term/builder.h"

namespace beamtape {

// A node made of a script: what receive() gives is queued before, or made by `on_send` as the
// answer to a question. Takes no time: when nothing is queued, receive() is a timeout at once.
class FakeLink : public Link {
 public:
  using Bytes = std::vector<std::uint8_t>;
  struct Sent {
    std::string name;
    Bytes term;
  };

  explicit FakeLink(std::string node = "shop@host") : node_(std::move(node)) {
    TermBuilder pid;
    pid.pid("beamtape_0@host", 1, 0, 1);
    self_ = pid.take();
  }

  // The script.
  void reply(Bytes term) { replies_.emplace_back(std::move(term)); }
  void reply_error(Error::Code code) { replies_.emplace_back(fail(code, "scripted")); }
  void close() { closed_ = true; }
  static constexpr std::int64_t kMalformedBytes = 10'000;  // of what cannot be read
  // Called for every question; it may call reply().
  std::function<void(FakeLink&, const Sent&)> on_send;

  // Called where receive() has nothing.
  std::function<void()> on_wait;

  // What happened.
  const std::vector<Sent>& sent() const { return sent_; }
  std::int64_t queued() const { return std::ssize(replies_); }
  std::chrono::milliseconds waited() const { return waited_; }
  std::chrono::milliseconds ticktime() const { return ticktime_; }  // 0: never told

  Expected<void> send(std::string_view name, std::span<const std::uint8_t> term) override {
    if (closed_) return fail(Error::Code::kClosed, "scripted end");
    sent_.push_back({std::string(name), Bytes(term.begin(), term.end())});
    // A copy: the script may send from within and move the vector.
    if (on_send) on_send(*this, Sent(sent_.back()));
    return {};
  }

  // What is queued is given out even after close(), as bytes in flight would be.
  Expected<Bytes> receive(std::chrono::milliseconds timeout) override {
    if (!replies_.empty()) {
      auto next = std::move(replies_.front());
      replies_.pop_front();
      received_bytes_ += next ? std::ssize(*next) : kMalformedBytes;
      return next;
    }
    if (closed_) return fail(Error::Code::kClosed, "scripted end");
    waited_ += timeout;
    if (on_wait) on_wait();
    return fail(Error::Code::kTimeout, "nothing is queued");
  }

  std::int64_t received_bytes() const override { return received_bytes_; }
  void set_ticktime(std::chrono::milliseconds ticktime) override { ticktime_ = ticktime; }

  std::span<const std::uint8_t> self() const override { return self_; }
  const std::string& node() const override { return node_; }

 private:
  std::string node_;
  Bytes self_;
  std::deque<Expected<Bytes>> replies_;
  std::vector<Sent> sent_;
  std::int64_t received_bytes_ = 0;
  std::chrono::milliseconds waited_{0};
  std::chrono::milliseconds ticktime_{0};
  bool closed_ = false;
};

}  // namespace beamtape
