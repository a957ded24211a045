#include "recorder/node/cookie.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <string.h>  // explicit_bzero
#include <sys/stat.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <utility>

namespace beamtape {
namespace {

// Enough to see that a first line is too long.
constexpr std::size_t kReadBytes = kMaxCookieBytes + 2;

struct Descriptor {
  int value;
  ~Descriptor() {
    if (value >= 0) close(value);
  }
};

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

tl::unexpected<Error> file_failure(const std::string& path, std::string_view reason) {
  return fail(fmt::format("cannot read cookie file {}: {}", path, reason));
}

Expected<Cookie> cookie_of(std::string&& text, const std::string& source) {
  text.resize(std::min(text.find_first_of(std::string_view("\r\n\0", 3)), text.size()));
  if (text.empty()) {
    return fail(fmt::format("cannot use the cookie in {}: it is empty", source));
  }
  if (text.size() > kMaxCookieBytes) {
    explicit_bzero(text.data(), text.size());
    return fail(fmt::format("cannot use the cookie in {}: it is longer than {} bytes", source,
                            kMaxCookieBytes));
  }
  return Cookie(std::move(text));
}

Expected<Cookie> read_cookie(const std::string& path) {
  // O_NONBLOCK: a fifo must not hold the recorder up.
  const Descriptor file{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.value < 0) {
    const int reason = errno;
    auto error = file_failure(path, std::generic_category().message(reason)).value();
    if (reason == ENOENT) error.code = Error::Code::kNotFound;
    return tl::unexpected(error);
  }
  struct stat status {};
  if (fstat(file.value, &status) != 0 || !S_ISREG(status.st_mode)) {
    return file_failure(path, "it is not a regular file");
  }
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return file_failure(path,
                        fmt::format("others than its owner may access it; chmod 400 {}", path));
  }
  std::string text(kReadBytes, '\0');
  const ssize_t size = read(file.value, text.data(), text.size());
  if (size < 0) return file_failure(path, std::generic_category().message(errno));
  text.resize(static_cast<std::size_t>(size));
  return cookie_of(std::move(text), path);
}

// Where Erlang itself looks, in its order.
std::pair<std::string, std::string> default_paths() {
  const std::string home = environment("HOME");
  const std::string config = environment("XDG_CONFIG_HOME");
  return {home + "/.erlang.cookie",
          (config.empty() ? home + "/.config" : config) + "/erlang/.erlang.cookie"};
}

}  // namespace

Cookie::Cookie(std::string&& text) {
  assert(text.size() <= kMaxCookieBytes);
  std::memcpy(text_, text.data(), std::min(text.size(), kMaxCookieBytes));
  explicit_bzero(text.data(), text.size());
  text.clear();
}

Cookie::Cookie(Cookie&& other) noexcept {
  std::memcpy(text_, other.text_, sizeof text_);
  other.wipe();
}

Cookie& Cookie::operator=(Cookie&& other) noexcept {
  if (this == &other) return *this;
  std::memcpy(text_, other.text_, sizeof text_);
  other.wipe();
  return *this;
}

Cookie::~Cookie() { wipe(); }

void Cookie::wipe() { explicit_bzero(text_, sizeof text_); }

Expected<Cookie> find_cookie(const std::optional<std::string>& file) {
  if (file) {
    auto cookie = read_cookie(*file);
    if (cookie || cookie.error().code != Error::Code::kNotFound) return cookie;
    return file_failure(*file, "there is no such file");
  }
  if (std::getenv("BEAMTAPE_COOKIE") != nullptr) {
    return cookie_of(environment("BEAMTAPE_COOKIE"), "the environment variable BEAMTAPE_COOKIE");
  }
  const auto [home, config] = default_paths();
  for (const std::string& path : {home, config}) {
    auto cookie = read_cookie(path);
    if (cookie || cookie.error().code != Error::Code::kNotFound) return cookie;
  }
  return fail(Error::Code::kNotFound,
              fmt::format("cannot find a cookie: there is no {}; give --cookie-file FILE or set "
                          "BEAMTAPE_COOKIE",
                          home));
}

}  // namespace beamtape
