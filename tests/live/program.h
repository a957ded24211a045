#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace beamtape::live {

// How long anything may take before a test gives up on it. Generous: it only bounds a failure.
inline constexpr std::chrono::seconds kPatience{120};

// Exit codes of both programs.
inline constexpr int kUsage = 2, kCannotOpen = 3, kEndedEarly = 4;

// A file's bytes.
std::string content(const std::filesystem::path& path);

struct Launch {
  std::vector<std::string> command;  // found in PATH
  // Variables set, or with nothing as the value removed, in the environment of this process.
  std::vector<std::pair<std::string, std::optional<std::string>>> environment = {};
  bool as_nobody = false;  // without root's rights; only root can do that
  std::filesystem::path directory = {};
};

// The same where no file may become larger (`ulimit -f`, systemd's LimitFSIZE).
Launch with_file_limit(Launch launch, int kib);

// Starts a program whose descriptor `second` is this process's `first`, for each pair. It is killed
// when the thread that started it ends, so not even a crashing test leaves it behind.
pid_t start_program(const Launch& launch, const std::vector<std::pair<int, int>>& descriptors);

// Sends a signal to a child. Returns after SIGSTOP when it stands still, all threads of it: the
// signal alone is only on its way then.
void send_signal(pid_t child, int number);

// What a program that has ended left.
struct Ended {
  int exit_code = -1;  // 128 + signal where one ended it
  std::string out;     // what read_line() has not taken
  std::string error;
};

// A program under way. Ends with its owner, by its own id, and is waited for.
class Program {
 public:
  explicit Program(const Launch& launch);
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program();

  // The next line of its standard output; nothing when there are no more. Throws after kPatience.
  std::optional<std::string> read_line();
  // The same of its standard error.
  std::optional<std::string> read_error_line();
  // From now on nobody reads its standard error: what it writes there fails.
  void stop_reading_errors();
  void signal(int number) const;
  // Reads on until it has ended. Throws after `patience`.
  Ended wait(std::chrono::seconds patience = kPatience);
  pid_t id() const { return id_; }

 private:
  struct Stream {
    int descriptor = -1;
    std::string text;
    std::size_t taken = 0;
  };
  std::optional<std::string> read_line_of(Stream& stream);
  // False when both streams have ended.
  bool read_more(std::chrono::steady_clock::time_point until);

  pid_t id_ = -1;
  bool is_reaped_ = false;
  Stream out_, error_;
};

Ended run(const Launch& launch);

std::vector<std::string> lines_of(const std::string& text);

}  // namespace beamtape::live
