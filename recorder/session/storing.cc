#include "recorder/session/storing.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <utility>

#include "recorder/session/clock.h"

namespace beamtape {
namespace {

// Why snapshots are lost: what is told, and what the file says.
struct Loss {
  const char* news;
  const char* gap;
};
constexpr Loss kDropped{
    "the disk is full: a snapshot was lost, and the oldest are dropped to go on",
    "disk full: the oldest snapshots were dropped to go on"};
constexpr Loss kFull{"the disk is full: a snapshot was lost", "disk full"};
constexpr Loss kRead{
    "nothing is stored while another program reads the file: its -wal would break the bound",
    "another program read the file: its -wal would break the bound"};

constexpr const char* kShared = "its newest snapshots were dropped to make room for another node's";

std::chrono::microseconds since(std::int64_t mono_us) {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::steady_clock::now().time_since_epoch()) -
         std::chrono::microseconds(mono_us);
}

}  // namespace

Storing::Storing(Writer& writer, std::function<void(const std::string&)> news)
    : writer_(writer), news_(std::move(news)), thread_([this] { run(); }) {}

Storing::~Storing() { close(); }

Expected<void> Storing::with_writer(const std::function<Expected<void>(Writer&)>& work) {
  std::promise<Expected<void>> done;
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back({{}, [&] { done.set_value(work(writer_)); }});
    changed_.notify_all();
  }
  return done.get_future().get();
}

Expected<void> Storing::must_write(const std::function<Expected<void>(Writer&)>& work) {
  return with_writer([&](Writer& writer) {
    auto done = work(writer);
    if (!done && done.error().code == Error::Code::kDiskFull && writer.make_space()) {
      done = work(writer);
    }
    if (!done && done.error().code != Error::Code::kRefused) fail_for_good(done.error());
    return done;
  });
}

void Storing::add_gap(GapRecord gap) {
  const std::lock_guard lock(mutex_);
  waiting_.push_back({{}, [this, gap = std::move(gap)] {
                        owed_.push_back(gap);
                        store_owed();
                      }});
  changed_.notify_all();
}

void Storing::go_on(std::int64_t node, std::int64_t last) {
  static_cast<void>(with_writer([&](Writer&) -> Expected<void> {
    streams_[node].numbering.go_on_after(last);
    return {};
  }));
}

void Storing::end_life(std::int64_t node) {
  static_cast<void>(with_writer([&](Writer& writer) -> Expected<void> {
    writer.end_life(node);
    const auto stream = streams_.find(node);
    if (stream == streams_.end()) return {};
    add_gap(node, stream->second, wall_now_us());
    streams_.erase(stream);
    return {};
  }));
}

bool Storing::put(Batch& batch, std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, patience, [this] { return batches_ < kQueue; })) return false;
  waiting_.push_back({std::move(batch), {}});
  ++batches_;
  changed_.notify_all();
  return true;
}

Storing::Need Storing::take_need(std::int64_t node) {
  const std::lock_guard lock(mutex_);
  return std::exchange(needs_[node], Need::kNothing);
}

void Storing::need(std::int64_t node, Need what) {
  const std::lock_guard lock(mutex_);
  needs_[node] = std::max(needs_[node], what);
}

std::vector<Storing::Stored> Storing::take_stored(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, patience, [this] { return !stored_.empty(); });
  return std::exchange(stored_, {});
}

std::optional<Error> Storing::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

void Storing::close() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    changed_.notify_all();
  }
  if (!thread_.joinable()) return;
  thread_.join();
  for (auto& [node, stream] : streams_) add_gap(node, stream, wall_now_us());
  store_owed();
}

void Storing::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return !waiting_.empty() || closing_; });
    if (waiting_.empty()) return;
    Task task = std::move(waiting_.front());
    waiting_.pop_front();
    if (!task.work) --batches_;
    changed_.notify_all();
    lock.unlock();
    if (task.work) {
      task.work();
    } else {
      handle(std::move(task.batch));
    }
    lock.lock();
  }
}

void Storing::handle(Batch batch) {
  if (failure()) return;
  const std::int64_t node = batch.record.node;
  Stream& stream = streams_[node];
  const bool starts_epoch = batch.record.epoch == batch.record.id;
  // Differences to something that was lost mean nothing.
  if (!starts_epoch && !stream.gap && writer_.needs_keyframe(node)) stream.gap = kShared;
  if (stream.gap && !starts_epoch) return need(node, Need::kEverything);
  const auto done = store_numbered(batch, stream);
  if (!done) {
    if (!lose(batch, stream, done.error())) fail_for_good(done.error());
    return;
  }
  // After it: what could not be stored either would leave a gap behind for each attempt.
  add_gap(node, stream, batch.record.began_wall_us);
  stream.stored_to_wall_us = batch.record.ended_wall_us;
  if (writer_.wants_keyframe(node)) need(node, Need::kKeyframe);
  for (const auto& [other, its] : streams_) {
    const bool has_begun = its.stored_to_wall_us != 0 && !its.gap;
    if (has_begun && writer_.needs_keyframe(other)) need(other, Need::kKeyframe);
  }
  Stored stored{batch.record, std::move(batch.node), writer_.file_bytes(),
                since(batch.record.began_mono_us)};
  const std::lock_guard lock(mutex_);
  stored_.push_back(std::move(stored));
  changed_.notify_all();
}

Expected<void> Storing::store_numbered(Batch& batch, Stream& stream) {
  SnapshotRecord& record = batch.record;
  const bool starts_epoch = record.epoch == record.id;
  const std::int64_t number = writer_.last_snapshot() + 1;
  stream.numbering.add(record.id, number);
  stream.numbering.apply(batch.groups);
  record.id = number;
  record.epoch = starts_epoch ? number : stream.epoch;
  const auto done = store(batch, writer_);
  if (!done) {
    stream.numbering.take_back();
    return tl::unexpected(done.error());
  }
  stream.epoch = record.epoch;
  return {};
}

// False if nothing can be done about it.
bool Storing::lose(const Batch& batch, Stream& stream, const Error& error) {
  const bool is_read = error.code == Error::Code::kRefused;
  const auto dropped = writer_.dropped_snapshots();
  // Where not even the oldest can be dropped at once, there may be room for that another time.
  if (!is_read && (error.code != Error::Code::kDiskFull || !writer_.make_space())) return false;
  if (stream.stored_to_wall_us == 0) stream.stored_to_wall_us = batch.record.began_wall_us;
  need(batch.record.node, Need::kEverything);
  const Loss& loss = is_read ? kRead : writer_.dropped_snapshots() > dropped ? kDropped : kFull;
  if (!stream.gap) news_(loss.news);
  stream.gap = loss.gap;
  return true;
}

void Storing::fail_for_good(Error error) {
  for (auto& [node, stream] : streams_) {
    stream.gap = error.code == Error::Code::kDiskFull ? "disk full" : error.message;
  }
  const std::lock_guard lock(mutex_);
  failure_ = std::move(error);
  changed_.notify_all();
}

// What cannot be written is tried again with what comes next; at the end the reason is on its way
// to the user anyway.
void Storing::add_gap(std::int64_t node, Stream& stream, std::int64_t to_wall_us) {
  if (stream.gap && stream.stored_to_wall_us != 0) {
    const auto from = std::min(stream.stored_to_wall_us, to_wall_us);
    owed_.push_back({node, from, to_wall_us, *std::exchange(stream.gap, std::nullopt)});
  }
  store_owed();
}

void Storing::store_owed() {
  while (!owed_.empty() && writer_.add_gap(owed_.front())) owed_.pop_front();
}

}  // namespace beamtape
