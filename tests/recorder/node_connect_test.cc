// connect() to what listens and never answers, and is told to stop meanwhile.

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>

#include "recorder/node/ei_link.h"

namespace beamtape {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::chrono::hours kLong{1};

// Takes one connection, reads what is said first, and stays silent.
class Silent {
 public:
  explicit Silent(std::atomic<bool>& heard) : descriptor_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    bind(descriptor_, reinterpret_cast<sockaddr*>(&address), size);
    listen(descriptor_, 1);
    getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, &heard] {
      const int peer = accept(descriptor_, nullptr, nullptr);
      char words[512];
      EXPECT_GT(read(peer, words, sizeof words), 0);
      heard = true;
      while (read(peer, words, sizeof words) > 0) {
      }
      close(peer);
    });
  }
  ~Silent() {
    thread_.join();
    close(descriptor_);
  }
  std::uint16_t port() const { return port_; }

 private:
  int descriptor_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

void expect_stopped(const Expected<std::unique_ptr<Link>>& link) {
  ASSERT_FALSE(link);
  EXPECT_EQ(link.error().code, Error::Code::kTimeout);
  EXPECT_EQ(link.error().message,
            "cannot connect to shop@localhost: told to stop before it answered");
}

TEST(Connecting, ToASilentNodeEndsWhenToldToStop) {
  std::atomic<bool> stop = false;
  const Silent node(stop);
  Address address = parse_node("shop@localhost").value();
  address.endpoint = Endpoint{"127.0.0.1", node.port()};
  expect_stopped(connect(address, Cookie(std::string("secret")), kLong, &stop));
}

TEST(Connecting, ByASilentEpmdEndsWhenToldToStop) {
  std::atomic<bool> stop = false;
  const Silent epmd(stop);
  setenv("ERL_EPMD_PORT", std::to_string(epmd.port()).c_str(), 1);
  const Address address = parse_node("shop@localhost").value();
  expect_stopped(connect(address, Cookie(std::string("secret")), kLong, &stop));
  unsetenv("ERL_EPMD_PORT");
}

// Its only connection waits to be taken: to the next one the system answers nothing.
TEST(Connecting, ToAHostThatDropsEveryPacketEndsWhenToldToStop) {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in place{};
  place.sin_family = AF_INET;
  place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof place;
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&place), size), 0);
  ASSERT_EQ(listen(listener, 0), 0);
  getsockname(listener, reinterpret_cast<sockaddr*>(&place), &size);
  const int first = socket(AF_INET, SOCK_STREAM, 0);
  ASSERT_EQ(::connect(first, reinterpret_cast<sockaddr*>(&place), size), 0);

  std::atomic<bool> stop = false;
  Address address = parse_node("shop@localhost").value();
  address.endpoint = Endpoint{"127.0.0.1", ntohs(place.sin_port)};
  std::thread stopping([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));  // it is connecting by then
    stop = true;
  });
  expect_stopped(connect(address, Cookie(std::string("secret")), kLong, &stop));
  stopping.join();
  close(first);
  close(listener);
}

}  // namespace
}  // namespace beamtape
