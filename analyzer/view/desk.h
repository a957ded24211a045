#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "analyzer/load/recording.h"

namespace beamtape {

// Where the drawing thread finds the newest answer of another thread. Thread safe.
template <typename T>
class Tray {
 public:
  void put(std::shared_ptr<const T> answer) {
    const std::lock_guard lock(mutex_);
    answer_ = std::move(answer);
  }
  // Null until there is one.
  std::shared_ptr<const T> get() const {
    const std::lock_guard lock(mutex_);
    return answer_;
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> answer_;
};

// A thread of its own with a recording of its own, which it alone touches: whatever takes longer
// than a frame is asked here. Answers are put into trays.
class Desk {
 public:
  using Job = std::function<void(const std::shared_ptr<Recording>&)>;

  // `wake` is called on the desk's thread after each job.
  Desk(Recording recording, std::function<void()> wake);
  // Stops the job that runs, and waits for it; what still waits is dropped.
  ~Desk();
  Desk(const Desk&) = delete;
  Desk& operator=(const Desk&) = delete;

  // Queues a job; one of the same topic that still waits is replaced, as nobody needs it any more.
  // A topic is the address of whatever is about it.
  void ask(const void* topic, Job job);
  bool busy() const;
  // Ends the job that runs if it is of that topic: its answer is an error.
  void stop(const void* topic);
  // The snapshot that the running job of that topic has come to; 0: none, or it does not run.
  std::int64_t reached(const void* topic) const;
  // From the next job on this one is read: a newer state of the same file.
  void renew(std::shared_ptr<Recording> recording);

 private:
  void run();

  std::shared_ptr<Watch> watch_ = std::make_shared<Watch>();  // of the job that runs
  std::shared_ptr<Recording> recording_;
  std::function<void()> wake_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::pair<const void*, Job>> jobs_;
  const void* running_ = nullptr;  // its topic
  bool ending_ = false;
  std::thread thread_;
};

// What is asked of a desk again whenever it changes. For the drawing thread.
template <typename Key, typename T>
class Question {
 public:
  // The newest answer, be it to an earlier key; null until there is one. `make` is called on the
  // desk's thread and returns a std::shared_ptr<const T>.
  template <typename Make>
  std::shared_ptr<const T> ask(Desk& desk, const Key& key, Make make) {
    if (asked_ != key) {
      asked_ = key;
      desk.ask(tray_.get(), [tray = tray_,
                             make = std::move(make)](const std::shared_ptr<Recording>& recording) {
        // An answer may refer to the recording that it is from: whoever has it holds both.
        const auto both =
            std::make_shared<std::pair<std::shared_ptr<const T>, std::shared_ptr<Recording>>>(
                make(*recording), recording);
        tray->put(std::shared_ptr<const T>(both, both->first.get()));
      });
    }
    return tray_->get();
  }
  // Ends its making; the answer is what the question says of an error. Asked again later it is made
  // again.
  void stop(Desk& desk) { desk.stop(tray_.get()); }
  void forget() { asked_.reset(); }
  std::int64_t reached(const Desk& desk) const { return desk.reached(tray_.get()); }
  // Whether this was the last question.
  bool asked(const Key& key) const { return asked_ == key; }
  std::shared_ptr<const T> newest() const { return tray_->get(); }

 private:
  std::optional<Key> asked_;
  std::shared_ptr<Tray<T>> tray_ = std::make_shared<Tray<T>>();
};

}  // namespace beamtape
