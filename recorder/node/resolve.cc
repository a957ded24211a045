#include "recorder/node/resolve.h"

#include <netdb.h>
#include <sys/socket.h>

#include <future>
#include <memory>
#include <thread>

#include "recorder/node/address.h"

namespace beamtape {
namespace {

Expected<std::vector<std::string>> look_up(const std::string& host, int flags) {
  addrinfo hints{};
  hints.ai_flags = flags;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int result = getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (result != 0) return fail(Error::Code::kNotFound, gai_strerror(result));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);

  std::vector<std::string> addresses;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    char text[NI_MAXHOST];
    if (getnameinfo(each->ai_addr, each->ai_addrlen, text, sizeof text, nullptr, 0,
                    NI_NUMERICHOST) == 0) {
      addresses.emplace_back(text);
    }
  }
  if (addresses.empty()) return fail(Error::Code::kNotFound, "no address");
  return addresses;
}

}  // namespace

Expected<std::vector<std::string>> resolve(const std::string& host, Deadline deadline) {
  if (auto numeric = look_up(host, AI_NUMERICHOST)) return numeric;

  auto promise = std::make_shared<std::promise<Expected<std::vector<std::string>>>>();
  auto answer = promise->get_future();
  std::thread([promise, host] { promise->set_value(look_up(host, 0)); }).detach();
  while (answer.wait_for(deadline.patience()) != std::future_status::ready) {
    if (deadline.has_passed()) {
      return fail(Error::Code::kTimeout, "its name was not resolved in time");
    }
  }
  auto addresses = answer.get();
  if (!addresses && host == short_host_name()) return std::vector<std::string>{"127.0.0.1"};
  return addresses;
}

}  // namespace beamtape
