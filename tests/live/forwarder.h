#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

namespace beamtape::live {

// Passes TCP connections on, as an ssh tunnel through a bastion does: whoever connects to port() of
// 127.0.0.1 reaches `target` there.
class Forwarder {
 public:
  explicit Forwarder(std::uint16_t target);
  Forwarder(const Forwarder&) = delete;
  Forwarder& operator=(const Forwarder&) = delete;
  ~Forwarder();

  std::uint16_t port() const { return port_; }
  // Passes these bytes on to who has connected, as if they had come from the target. Between two
  // reads of what does, which are seldom in the middle of a message.
  void say(const std::string& bytes) {
    const std::lock_guard lock(mutex_);
    said_ += bytes;
  }
  // Breaks the connection that is passed on; the next one is taken as before.
  void cut() { cut_ = true; }
  // While held nothing is passed on and nobody is let in, as by a network that drops every packet.
  void hold(bool on) { held_ = on; }
  // Connections so far; of a thread that still runs, so only a lower bound.
  int connections() const { return connections_; }

 private:
  void serve();
  void pass_on(int client);
  bool pass_said(int client);

  std::uint16_t target_;
  std::uint16_t port_ = 0;
  std::mutex mutex_;
  std::string said_;
  std::atomic<int> connections_ = 0;
  std::atomic<bool> cut_ = false;
  std::atomic<bool> held_ = false;
  int listener_ = -1;
  int stop_[2] = {-1, -1};  // closing the second end stops the thread
  std::thread thread_;
};

}  // namespace beamtape::live
