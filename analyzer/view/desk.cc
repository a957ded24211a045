#include "analyzer/view/desk.h"

#include <algorithm>

namespace beamtape {

Desk::Desk(Recording recording, std::function<void()> wake)
    : recording_(std::make_shared<Recording>(std::move(recording))),
      wake_(std::move(wake)),
      thread_([this] { run(); }) {}

Desk::~Desk() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
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
  recording_ = std::move(recording);
}

bool Desk::busy() const {
  const std::lock_guard lock(mutex_);
  return running_ || !jobs_.empty();
}

void Desk::run() {
  for (;;) {
    Job job;
    std::shared_ptr<Recording> recording;
    {
      std::unique_lock lock(mutex_);
      running_ = false;
      changed_.wait(lock, [this] { return ending_ || !jobs_.empty(); });
      if (ending_) return;
      job = std::move(jobs_.front().second);
      jobs_.pop_front();
      recording = recording_;
      running_ = true;
    }
    job(recording);
    {
      const std::lock_guard lock(mutex_);
      running_ = false;
    }
    wake_();
  }
}

}  // namespace beamtape
