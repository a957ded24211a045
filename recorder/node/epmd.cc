// Two requests of the epmd protocol (erts "Distribution Protocol"): each is a connection, a request
// of u16 size, u8 code, ..., an answer, and its end.

#include "recorder/node/epmd.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <span>

#include "recorder/node/socket.h"
#include "recorder/term/big_endian.h"

namespace beamtape {
namespace {

constexpr std::uint16_t kDefaultPort = 4369;
constexpr std::uint8_t kPortPlease2 = 122;
constexpr std::uint8_t kPort2Answer = 119;
constexpr std::uint8_t kNames = 110;
constexpr std::size_t kMaxAnswerBytes = 256 * kMaxEpmdNames;

using Bytes = std::vector<std::uint8_t>;

// Sends one request and reads until epmd closes the connection or `enough` bytes have come.
Expected<Bytes> ask(const std::vector<std::string>& addresses, std::uint16_t epmd,
                    std::string_view request, std::size_t enough, Deadline deadline) {
  auto socket = Socket::connect(addresses, epmd, deadline);
  if (!socket) {
    auto error = socket.error();
    if (error.code == Error::Code::kNotFound) error.code = Error::Code::kRefused;
    return tl::unexpected(error);
  }
  Bytes packet = {static_cast<std::uint8_t>(request.size() >> 8),
                  static_cast<std::uint8_t>(request.size())};
  packet.insert(packet.end(), request.begin(), request.end());
  if (auto sent = socket->write_all(packet, deadline); !sent) return tl::unexpected(sent.error());

  Bytes answer;
  while (answer.size() < enough) {
    std::uint8_t buffer[4096];
    const auto got = socket->read_some(buffer, deadline);
    if (!got && got.error().code == Error::Code::kClosed) break;
    if (!got) return tl::unexpected(got.error());
    answer.insert(answer.end(), buffer, buffer + *got);
  }
  return answer;
}

tl::unexpected<Error> no_epmd() {
  return fail(Error::Code::kMalformed, "what answers there is not epmd");
}

}  // namespace

Expected<std::uint16_t> epmd_port() {
  const char* text = std::getenv("ERL_EPMD_PORT");
  if (text == nullptr) return kDefaultPort;
  const std::string_view view(text);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(view.data(), view.data() + view.size(), port);
  if (error == std::errc() && end == view.data() + view.size() && port != 0) return port;
  return fail(
      fmt::format("cannot use the environment variable ERL_EPMD_PORT: '{}' is not a port from 1 to "
                  "65535; correct or unset it",
                  view));
}

// The answer: u8 119, u8 result, and if that is 0, u16 port and what nobody here needs.
Expected<std::uint16_t> ask_epmd_for_port(const std::vector<std::string>& addresses,
                                          std::uint16_t epmd, std::string_view alive,
                                          Deadline deadline) {
  const std::string request = static_cast<char>(kPortPlease2) + std::string(alive);
  const auto answer = ask(addresses, epmd, request, 4, deadline);
  if (!answer) return tl::unexpected(answer.error());
  if (answer->size() < 2 || (*answer)[0] != kPort2Answer) return no_epmd();
  if ((*answer)[1] != 0) return fail(Error::Code::kNotFound, "epmd does not know it");
  if (answer->size() < 4) return no_epmd();
  return read_u16(answer->data() + 2);
}

// The answer: u32 epmd's port, then lines "name shop at port 40001".
Expected<std::vector<std::string>> ask_epmd_for_names(const std::vector<std::string>& addresses,
                                                      std::uint16_t epmd, Deadline deadline) {
  const std::string request(1, static_cast<char>(kNames));
  const auto answer = ask(addresses, epmd, request, kMaxAnswerBytes, deadline);
  if (!answer) return tl::unexpected(answer.error());
  if (answer->size() < 4) return no_epmd();
  std::string_view text(reinterpret_cast<const char*>(answer->data()) + 4, answer->size() - 4);

  constexpr std::string_view kPrefix = "name ";
  std::vector<std::string> names;
  while (!text.empty() && names.size() < kMaxEpmdNames) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.substr(0, kPrefix.size()) != kPrefix) continue;
    const std::string_view rest = line.substr(kPrefix.size());
    names.emplace_back(rest.substr(0, rest.find(' ')));
  }
  return names;
}

}  // namespace beamtape
