#include "recorder/node/socket.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>

namespace beamtape {
namespace {

Error::Code code_of(int reason) {
  switch (reason) {
    case ETIMEDOUT:
      return Error::Code::kTimeout;
    case ECONNREFUSED:
      return Error::Code::kNotFound;
    case ECONNRESET:
    case EPIPE:
    case ECONNABORTED:
      return Error::Code::kClosed;
    default:
      return Error::Code::kOther;
  }
}

tl::unexpected<Error> system_failure(int reason) {
  return fail(code_of(reason), std::generic_category().message(reason));
}

// False once the deadline has passed without the descriptor being ready for `events`.
bool wait_for(int descriptor, short events, Deadline deadline) {
  for (;;) {
    pollfd waiting{descriptor, events, 0};
    const int ready = poll(&waiting, 1, static_cast<int>(deadline.patience().count()));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
    if (ready == 0 && deadline.has_passed()) return false;
  }
}

Expected<Socket> connect_one(const std::string& address, std::uint16_t port, Deadline deadline) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int result = getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (result != 0) return fail(gai_strerror(result));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);

  const int descriptor = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return system_failure(errno);
  Socket socket(descriptor);
  if (::connect(descriptor, found->ai_addr, found->ai_addrlen) == 0) return socket;
  if (errno != EINPROGRESS) return system_failure(errno);
  if (!wait_for(descriptor, POLLOUT, deadline)) return system_failure(ETIMEDOUT);
  int reason = 0;
  socklen_t size = sizeof reason;
  getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &reason, &size);
  if (reason != 0) return system_failure(reason);
  return socket;
}

}  // namespace

Socket::Socket(int descriptor) : descriptor_(descriptor) {
  fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK);
  // Neither is vital (and a socket pair in a test knows no TCP), so failing is no matter.
  const int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

Socket::Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

Socket& Socket::operator=(Socket&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

Socket::~Socket() {
  if (descriptor_ >= 0) close(descriptor_);
}

Expected<Socket> Socket::connect(const std::vector<std::string>& addresses, std::uint16_t port,
                                 Deadline deadline) {
  Expected<Socket> last = fail(Error::Code::kNotFound, "no address");
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    const auto share = deadline.left() / static_cast<int>(addresses.size() - i);
    last = connect_one(addresses[i], port, deadline.at_most(Deadline::Clock::now() + share));
    if (last) break;
  }
  return last;
}

Expected<std::size_t> Socket::read_some(std::span<std::uint8_t> into, Deadline deadline) {
  for (;;) {
    const ssize_t got = recv(descriptor_, into.data(), into.size(), 0);
    if (got > 0) return static_cast<std::size_t>(got);
    if (got == 0) return fail(Error::Code::kClosed, "the other side closed the connection");
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return system_failure(errno);
    if (!wait_for(descriptor_, POLLIN, deadline)) return system_failure(ETIMEDOUT);
  }
}

Expected<void> Socket::write_all(std::span<const std::uint8_t> bytes, Deadline deadline) {
  while (!bytes.empty()) {
    const ssize_t put = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (put >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(put));
    } else if (errno == EAGAIN) {
      if (!wait_for(descriptor_, POLLOUT, deadline)) return system_failure(ETIMEDOUT);
    } else if (errno != EINTR) {
      return system_failure(errno);
    }
  }
  return {};
}

}  // namespace beamtape
