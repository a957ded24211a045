#include "recorder/node/ei_link.h"

#include <fmt/format.h>

#include <random>
#include <utility>

#include "recorder/node/epmd.h"
#include "recorder/node/handshake.h"
#include "recorder/node/node_link.h"
#include "recorder/node/resolve.h"
#include "recorder/term/text.h"

namespace beamtape {
namespace {

// One attempt to connect: where to, until when, and how its failures are worded.
class Attempt {
 public:
  Attempt(const Address& address, const Cookie& cookie, Deadline deadline)
      : address_(address), cookie_(cookie), deadline_(deadline), creation_(random_creation()) {}

  Expected<std::unique_ptr<Link>> run() {
    auto link = reach();
    const bool was_stopped = deadline_.was_stopped() && !link;
    if (!was_stopped || link.error().code != Error::Code::kTimeout) return link;
    return cannot(Error::Code::kTimeout, "told to stop before it answered");
  }

 private:
  Expected<std::unique_ptr<Link>> reach();
  static std::uint32_t random_creation();

  Expected<Endpoint> find_port(const std::vector<std::string>& addresses);
  tl::unexpected<Error> epmd_failure(const Error& error, std::uint16_t port);
  tl::unexpected<Error> unknown_to_epmd(const std::vector<std::string>& addresses,
                                        std::uint16_t port);
  tl::unexpected<Error> socket_failure(const Error& error, const Endpoint& endpoint);
  tl::unexpected<Error> refusal(Welcome welcome, const Endpoint& endpoint);
  std::string own_host() const;

  tl::unexpected<Error> cannot(Error::Code code, std::string_view reason) const {
    return fail(code, fmt::format("cannot connect to {}: {}", address_.node(), reason));
  }

  const Address& address_;
  const Cookie& cookie_;
  Deadline deadline_;
  std::uint32_t creation_;
};

std::uint32_t Attempt::random_creation() {
  // So that the node drops what it still sends to an earlier connection of the same name. The
  // lowest values are those of releases before 23.
  std::random_device random;
  return std::uniform_int_distribution<std::uint32_t>(4)(random);
}

// The host part of our name only has to be of the same kind as the node's, short or long, and to
// differ from other machines'; nobody looks it up.
std::string Attempt::own_host() const {
  if (!address_.has_long_name()) return short_host_name();
  const std::string host = host_name();
  return host.find('.') == std::string::npos ? host + ".localdomain" : host;
}

Expected<std::unique_ptr<Link>> Attempt::reach() {
  const std::string& host = address_.endpoint ? address_.endpoint->host : address_.host;
  const auto addresses = resolve(host, deadline_);
  if (!addresses) {
    return cannot(
        addresses.error().code,
        fmt::format("its host {} cannot be found ({}); check the spelling, or give --address "
                    "HOST:PORT",
                    host, addresses.error().message));
  }
  const auto endpoint = address_.endpoint ? *address_.endpoint : find_port(*addresses);
  if (!endpoint) return tl::unexpected(endpoint.error());

  Welcome last = Welcome::kFailed;
  for (int i = 0; i < kNamePoolSize; ++i) {
    auto socket = Socket::connect(*addresses, endpoint->port, deadline_);
    if (!socket) return socket_failure(socket.error(), *endpoint);
    const OwnName self{fmt::format("beamtape_{}", i), own_host(), creation_};
    const auto result = shake_hands(*socket, self, cookie_, deadline_);
    if (!result.peer.empty() && result.peer != address_.node()) {
      return cannot(
          Error::Code::kNotFound,
          fmt::format("the node at {}:{} is {}; give that name{}", endpoint->host, endpoint->port,
                      atom_text(result.peer), address_.endpoint ? ", or another --address" : ""));
    }
    if (result.welcome == Welcome::kConnected) {
      return make_node_link(std::move(*socket), self.node(), creation_, address_.node(),
                            result.has_atom_cache);
    }
    last = result.welcome;
    if (last != Welcome::kNameTaken) break;
  }
  return refusal(last, *endpoint);
}

Expected<Endpoint> Attempt::find_port(const std::vector<std::string>& addresses) {
  const auto epmd = epmd_port();
  if (!epmd) return tl::unexpected(epmd.error());
  const auto port = ask_epmd_for_port(addresses, *epmd, address_.alive, deadline_);
  if (port) return Endpoint{address_.host, *port};
  if (port.error().code == Error::Code::kNotFound) return unknown_to_epmd(addresses, *epmd);
  return epmd_failure(port.error(), *epmd);
}

tl::unexpected<Error> Attempt::epmd_failure(const Error& error, std::uint16_t port) {
  switch (error.code) {
    case Error::Code::kRefused:
      return cannot(
          Error::Code::kNotFound,
          fmt::format("no epmd listens on port {} of {}; the node is down or not "
                      "distributed, or ERL_EPMD_PORT differs, or give --address HOST:PORT",
                      port, address_.host));
    case Error::Code::kTimeout:
      return cannot(error.code,
                    fmt::format("epmd on port {} of {} did not answer in time; a firewall may be "
                                "between, then give --address HOST:PORT",
                                port, address_.host));
    default:
      return cannot(
          error.code,
          fmt::format("epmd on port {} of {} cannot be asked: {}; ERL_EPMD_PORT may differ", port,
                      address_.host, error.message));
  }
}

tl::unexpected<Error> Attempt::unknown_to_epmd(const std::vector<std::string>& addresses,
                                               std::uint16_t port) {
  // Only to word the message: that nothing came back says enough.
  const auto names = ask_epmd_for_names(addresses, port, deadline_);
  constexpr std::size_t kMaxShown = 20;
  std::vector<std::string> shown;
  for (std::size_t i = 0; names && i < names->size() && i < kMaxShown; ++i) {
    shown.push_back(atom_text((*names)[i]));  // escapes what a terminal should not see
  }
  const std::string known =
      shown.empty()
          ? "knows no node at all; start it, or check ERL_EPMD_PORT"
          : fmt::format("knows only {}; check the spelling, or start it", fmt::join(shown, ", "));
  return cannot(
      Error::Code::kNotFound,
      fmt::format("there is no such node; epmd on port {} of {} {}", port, address_.host, known));
}

tl::unexpected<Error> Attempt::socket_failure(const Error& error, const Endpoint& endpoint) {
  if (error.code == Error::Code::kTimeout) {
    return cannot(error.code,
                  fmt::format("{}:{} did not answer in time; a firewall may be between, then give "
                              "--address HOST:PORT",
                              endpoint.host, endpoint.port));
  }
  if (error.code != Error::Code::kNotFound) return cannot(error.code, error.message);
  return cannot(error.code,
                fmt::format("nothing listens on {}:{}; {}", endpoint.host, endpoint.port,
                            address_.endpoint ? "check --address and the tunnel behind it"
                                              : "the node has just ended, or a firewall refuses"));
}

tl::unexpected<Error> Attempt::refusal(Welcome welcome, const Endpoint& endpoint) {
  const std::string where = fmt::format("{}:{}", endpoint.host, endpoint.port);
  switch (welcome) {
    case Welcome::kNameTaken:
      return cannot(Error::Code::kRefused,
                    fmt::format("all names beamtape_0 to beamtape_{} of this host are connected "
                                "there; end a recorder, or wait until the node has noticed a cut "
                                "connection (net_ticktime, 60 s)",
                                kNamePoolSize - 1));
    case Welcome::kNotAllowed:
      return cannot(Error::Code::kRefused,
                    "it lets only certain nodes in; see net_kernel:allow/1 there");
    case Welcome::kWrongCookie:
      return cannot(Error::Code::kRefused,
                    "it refuses the cookie; give the one it runs with (--cookie-file FILE or "
                    "BEAMTAPE_COOKIE)");
    case Welcome::kClosedAtOnce:
    case Welcome::kClosedLater:
      return cannot(
          Error::Code::kRefused,
          fmt::format("{} closed the connection before cookies were compared; the node may be at "
                      "its process limit, stopping, {}or demand TLS",
                      where, address_.endpoint ? "not there behind a tunnel, " : ""));
    case Welcome::kIncompatible:
      return cannot(Error::Code::kRefused,
                    "its distribution protocol is too old or too new for erl_interface; OTP 23 "
                    "and later are known to work");
    case Welcome::kNotErlang:
      return cannot(Error::Code::kRefused,
                    fmt::format("what listens on {} is no Erlang node, or one that demands TLS, "
                                "which is not supported; check the port",
                                where));
    case Welcome::kTimeout:
      return cannot(Error::Code::kTimeout,
                    fmt::format("{} accepted, but did not answer in time; the node is stopped or "
                                "overloaded, or demands TLS",
                                where));
    default:
      return cannot(Error::Code::kOther, "erl_interface cannot be set up");
  }
}

}  // namespace

Expected<std::unique_ptr<Link>> connect(const Address& address, const Cookie& cookie,
                                        std::chrono::milliseconds timeout,
                                        const std::atomic<bool>* stop) {
  return Attempt(address, cookie, deadline_in(timeout, stop)).run();
}

}  // namespace beamtape
