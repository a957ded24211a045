#include "recorder/node/address.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

namespace beamtape {
namespace {

constexpr std::size_t kMaxNodeNameBytes = 255;

template <typename... Args>
tl::unexpected<Error> usage(fmt::format_string<Args...> format, Args&&... args) {
  return fail(Error::Code::kUsage, fmt::format(format, std::forward<Args>(args)...));
}

bool is_alive_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

// Names and numeric addresses alike; whether it exists is found out by looking it up.
bool is_host_character(char c) { return is_alive_character(c) || c == '.' || c == ':' || c == '%'; }

Expected<std::uint16_t> parse_port(std::string_view text, std::string_view whole) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) {
    return usage("cannot use address '{}': '{}' is not a port from 1 to 65535", whole, text);
  }
  return port;
}

}  // namespace

Expected<Address> parse_node(std::string_view text) {
  constexpr std::string_view kShape = "a node is named NAME or NAME@HOST, as in shop@db1";
  const std::size_t at = text.find('@');
  Address address;
  address.alive = text.substr(0, at);
  address.host =
      at == std::string_view::npos ? short_host_name() : std::string(text.substr(at + 1));
  if (address.alive.empty() || address.host.empty()) {
    return usage("cannot use node name '{}': {}", text, kShape);
  }
  if (address.node().size() > kMaxNodeNameBytes) {
    return usage("cannot use node name '{}…': it is longer than {} characters", text.substr(0, 40),
                 kMaxNodeNameBytes);
  }
  if (!std::all_of(address.alive.begin(), address.alive.end(), is_alive_character)) {
    return usage("cannot use node name '{}': before the @ only letters, digits, _ and - may stand",
                 text);
  }
  if (!std::all_of(address.host.begin(), address.host.end(), is_host_character)) {
    return usage("cannot use node name '{}': '{}' is not a host name", text, address.host);
  }
  return address;
}

Expected<Endpoint> parse_endpoint(std::string_view text) {
  std::string_view host;
  std::string_view rest;
  if (!text.empty() && text[0] == '[') {
    const std::size_t close = text.find("]:");
    if (close == std::string_view::npos) {
      return usage("cannot use address '{}': write [ADDRESS]:PORT, as in [::1]:9100", text);
    }
    host = text.substr(1, close - 1);
    rest = text.substr(close + 2);
  } else {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) {
      return usage("cannot use address '{}': write HOST:PORT, as in 127.0.0.1:9100", text);
    }
    host = text.substr(0, colon);
    rest = text.substr(colon + 1);
    if (host.find(':') != std::string_view::npos) {
      return usage("cannot use address '{}': put an IPv6 address in brackets, as in [::1]:9100",
                   text);
    }
  }
  if (host.empty() || !std::all_of(host.begin(), host.end(), is_host_character)) {
    return usage("cannot use address '{}': '{}' is not a host name", text, host);
  }
  const auto port = parse_port(rest, text);
  if (!port) return tl::unexpected(port.error());
  return Endpoint{std::string(host), *port};
}

std::string short_host_name() {
  const std::string name = host_name();
  return name.substr(0, name.find('.'));
}

std::string host_name() {
  char name[256] = {};
  if (gethostname(name, sizeof name - 1) != 0 || name[0] == '\0') return "localhost";
  return name;
}

}  // namespace beamtape
