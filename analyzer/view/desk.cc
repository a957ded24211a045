#include "analyzer/view/desk.h"

#include <algorithm>

namespace beamtape {

namespace {

std::shared_ptr<Recording> watching(std::shared_ptr<Recording> recording,
                                    std::shared_ptr<Watch> watch) {
  recording->watch(std::move(watch));
  return recording;
}

}  // namespace

Desk::Desk(Recording recording, std::function<void()> wake)
    : recording_(watching(std::make_shared<Recording>(std::move(recording)), watch_)),
      wake_(std::move(wake)),
      thread_([this] { run(); }) {}

Desk::~Desk() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    watch_->stopped = true;
    jobs_.clear();
  }
  changed_.notify_one();
  thread_.join();
}

void Desk::ask(const void* topic, Job job) {
  {
    const std::lock_guard lock(mutex_);
    const auto waiting = std::find_if(jobs_.begin(), jobs_.end(),
                                      [topic](const auto& one) { return one.first == topic; });
    if (waiting != jobs_.end()) {
      waiting->second = std::move(job);
    } else {
      jobs_.emplace_back(topic, std::move(job));
    }
  }
  changed_.notify_one();
}

void Desk::renew(std::shared_ptr<Recording> recording) {
  const std::lock_guard lock(mutex_);
  recording_ = watching(std::move(recording), watch_);
}

void Desk::stop(const void* topic) {
  const std::lock_guard lock(mutex_);
  if (running_ == topic) watch_->stopped = true;
}

std::int64_t Desk::reached(const void* topic) const {
  const std::lock_guard lock(mutex_);
  return running_ == topic ? watch_->snapshot.load() : 0;
}

bool Desk::busy() const {
  const std::lock_guard lock(mutex_);
  return running_ != nullptr || !jobs_.empty();
}

void Desk::run() {
  for (;;) {
    Job job;
    std::shared_ptr<Recording> recording;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return ending_ || !jobs_.empty(); });
      if (ending_) return;
      running_ = jobs_.front().first;
      job = std::move(jobs_.front().second);
      jobs_.pop_front();
      recording = recording_;
      watch_->stopped = false;
      watch_->snapshot = 0;
    }
    job(recording);
    {
      const std::lock_guard lock(mutex_);
      running_ = nullptr;
    }
    wake_();
  }
}

}  // namespace beamtape
