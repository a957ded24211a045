#include "tests/live/forwarder.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <utility>

namespace beamtape::live {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

bool pass_all(const char* bytes, std::size_t size, int to) {
  while (size > 0) {
    const ssize_t written = send(to, bytes, size, MSG_NOSIGNAL);
    if (written <= 0) return false;
    bytes += written;
    size -= static_cast<std::size_t>(written);
  }
  return true;
}

// False when there is nothing more to pass on.
bool pass(int from, int to) {
  char buffer[65536];
  const ssize_t size = read(from, buffer, sizeof buffer);
  return size > 0 && pass_all(buffer, static_cast<std::size_t>(size), to);
}

}  // namespace

Forwarder::Forwarder(std::uint16_t target)
    : target_(target), listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      listen(listener_, 5) != 0 ||
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0 ||
      pipe2(stop_, O_CLOEXEC) != 0) {
    throw std::runtime_error("cannot listen");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

Forwarder::~Forwarder() {
  close(stop_[1]);
  thread_.join();
  close(stop_[0]);
  close(listener_);
}

void Forwarder::serve() {
  for (;;) {
    pollfd polled[2] = {{listener_, POLLIN, 0}, {stop_[0], 0, 0}};
    if (poll(polled, 2, -1) <= 0) continue;
    if (polled[1].revents != 0) return;
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) continue;
    ++connections_;
    pass_on(client);
    close(client);
  }
}

void Forwarder::pass_on(int client) {
  const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(target_);
  if (connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    for (;;) {
      pollfd polled[3] = {{stop_[0], 0, 0}, {client, POLLIN, 0}, {server, POLLIN, 0}};
      const int ready = poll(polled, held_ ? 1 : 3, 10);
      if (cut_.exchange(false) || !pass_said(client)) break;
      if (ready <= 0) continue;
      if (polled[0].revents != 0) break;
      if (polled[1].revents != 0 && !pass(client, server)) break;
      if (polled[2].revents != 0 && !pass(server, client)) break;
    }
  }
  close(server);
}

bool Forwarder::pass_said(int client) {
  const std::lock_guard lock(mutex_);
  const std::string bytes = std::exchange(said_, {});
  return pass_all(bytes.data(), bytes.size(), client);
}

}  // namespace beamtape::live
