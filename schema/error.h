#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace beamtape {

// Why something that the world can do to us went wrong. `message` is one line for a person,
// "cannot <verb> <object>: <reason>"; `code` exists only where a caller branches on it.
struct Error {
  enum class Code {
    kOther,
    kTimeout,    // no answer within the deadline; the connection is still good
    kClosed,     // the connection is gone
    kRefused,    // the node answered, but would not have us
    kNotFound,   // no such node, file, subject or column
    kMalformed,  // bytes that do not follow their grammar
    kDiskFull,
    kNoMemory,
    kUsage,  // the caller's words are wrong: exit code 2
  };
  Code code = Code::kOther;
  std::string message;
};

template <typename T>
using Expected = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(Error::Code code, std::string message) {
  return tl::unexpected<Error>(Error{code, std::move(message)});
}
inline tl::unexpected<Error> fail(std::string message) {
  return fail(Error::Code::kOther, std::move(message));
}

}  // namespace beamtape
