#include "recorder/session/storing.h"

namespace beamtape {

Storing::Storing(Writer& writer) : writer_(writer), thread_([this] { run(); }) {}

Storing::~Storing() { close(); }

void Storing::put(Batch batch) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return waiting_.size() < kQueue; });
  waiting_.push_back(std::move(batch));
  changed_.notify_all();
}

void Storing::drain() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return waiting_.empty() && !busy_; });
}

Storing::Progress Storing::progress() const {
  const std::lock_guard lock(mutex_);
  return progress_;
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
    busy_ = true;
    const bool failed_before = progress_.failure.has_value();
    changed_.notify_all();
    lock.unlock();
    Expected<std::int64_t> stored = 0;
    if (!failed_before) stored = store(std::move(batch), writer_);
    const std::int64_t file_bytes = writer_.file_bytes();
    lock.lock();
    busy_ = false;
    progress_.file_bytes = file_bytes;
    if (!stored) {
      progress_.failure = stored.error();
    } else if (!failed_before) {
      ++progress_.snapshots;
    }
    changed_.notify_all();
  }
}

}  // namespace beamtape
