#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "schema/error.h"

namespace beamtape {

inline constexpr std::size_t kMaxCookieBytes = 512;  // erl_interface's limit

// The shared secret of a cluster. Cannot be copied, printed or formatted; wiped from memory at
// the end of its life.
class Cookie {
 public:
  // `text` must be at most kMaxCookieBytes, without NUL. Wipes it.
  explicit Cookie(std::string&& text);
  Cookie(Cookie&& other) noexcept;
  Cookie& operator=(Cookie&& other) noexcept;
  Cookie(const Cookie&) = delete;
  Cookie& operator=(const Cookie&) = delete;
  ~Cookie();

  // The secret itself: for the handshake only.
  const char* reveal() const { return text_; }

 private:
  void wipe();

  char text_[kMaxCookieBytes + 1] = {};
};

// Finds the cookie: in `file` if given, else in the environment variable BEAMTAPE_COOKIE, else in
// $HOME/.erlang.cookie, else in $XDG_CONFIG_HOME/erlang/.erlang.cookie (by default
// $HOME/.config). Of a file the first line counts. Fails with one line that says what to do if
// there is none, if it is unreadable, empty, longer than kMaxCookieBytes, or if group or others may
// access it (Erlang itself refuses those, too).
Expected<Cookie> find_cookie(const std::optional<std::string>& file);

}  // namespace beamtape
