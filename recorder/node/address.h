#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "schema/error.h"

namespace beamtape {

// Where a node listens, when epmd is not to be asked (a tunnel, a firewall).
struct Endpoint {
  std::string host;  // name, IPv4 or IPv6 address
  std::uint16_t port = 0;
};

// Which node, and how to get to it.
struct Address {
  std::string alive;  // "shop" of shop@host
  std::string host;   // "host" of shop@host
  std::optional<Endpoint> endpoint;

  std::string node() const { return alive + "@" + host; }
  // Erlang's rule: a host with a dot (or an IPv6 address) makes a long name. Nodes with short and
  // with long names do not talk to each other.
  bool has_long_name() const { return host.find_first_of(".:") != std::string::npos; }
};

// Reads NODE: "shop@host", "shop@host.example.org", "shop@127.0.0.1", or "shop" alone, which is a
// short name on this machine. kUsage with one line that says what is wrong.
Expected<Address> parse_node(std::string_view text);

// Reads HOST:PORT, or [IPV6]:PORT. kUsage with one line.
Expected<Endpoint> parse_endpoint(std::string_view text);

// This machine's host name up to its first dot, as Erlang's short names use it.
std::string short_host_name();
// The same name with its domain, if the system has it so; "localhost" if there is none.
std::string host_name();

}  // namespace beamtape
