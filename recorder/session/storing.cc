#include "recorder/session/storing.h"

#include <utility>

namespace beamtape {

Storing::Storing(Writer& writer) : writer_(writer), thread_([this] { run(); }) {}

Storing::~Storing() { close(); }

void Storing::put(Batch batch) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return waiting_.size() < kQueue; });
  waiting_.push_back(std::move(batch));
  changed_.notify_all();
}

std::vector<Storing::Stored> Storing::take_stored() {
  const std::lock_guard lock(mutex_);
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
  if (thread_.joinable()) thread_.join();
}

void Storing::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return !waiting_.empty() || closing_; });
    if (waiting_.empty()) return;
    Batch batch = std::move(waiting_.front());
    waiting_.pop_front();
    changed_.notify_all();
    if (failure_) continue;
    lock.unlock();
    Stored stored{.record = batch.record};
    const auto done = store(std::move(batch), writer_);
    stored.file_bytes = writer_.file_bytes();
    stored.wants_keyframe = writer_.wants_keyframe();
    stored.took = std::chrono::duration_cast<std::chrono::microseconds>(
                      std::chrono::steady_clock::now().time_since_epoch()) -
                  std::chrono::microseconds(stored.record.began_mono_us);
    lock.lock();
    if (done) {
      stored_.push_back(std::move(stored));
    } else {
      failure_ = done.error();
    }
  }
}

}  // namespace beamtape
