#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace beamtape {

// A child process that dies with its owner: killed by its own id and waited for.
class Child {
 public:
  // Runs `command` (found in PATH) with these variables added to the environment.
  Child(const std::vector<std::string>& command, const std::vector<std::string>& environment);
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child();

  // The next line of its output; empty if it ended.
  std::string read_line();
  // SIGSTOP, SIGCONT, SIGKILL, ..
  void signal(int number) const;
  pid_t id() const { return id_; }

 private:
  pid_t id_;
  int output_;
};

// A world of its own for real Erlang nodes: a scratch home with a cookie file, and an epmd on a
// free port, to which ERL_EPMD_PORT of this process points as long as the world exists.
class LiveWorld {
 public:
  LiveWorld();
  ~LiveWorld();
  LiveWorld(const LiveWorld&) = delete;
  LiveWorld& operator=(const LiveWorld&) = delete;

  // False where no Erlang is installed.
  static bool is_possible();

  // Starts `erl -noshell` with these arguments (such as {"-sname", "shop"}), runs `expression` and
  // returns when that is done.
  std::unique_ptr<Child> start(std::vector<std::string> arguments,
                               const std::string& expression = "ok") const;

  std::uint16_t epmd_port() const { return epmd_port_; }
  std::string cookie_file() const { return home_ / ".erlang.cookie"; }
  static constexpr const char* kCookie = "monster";

 private:
  std::filesystem::path home_;
  std::uint16_t epmd_port_;
  std::unique_ptr<Child> epmd_;
};

// A port of 127.0.0.1 on which nobody listens at the moment.
std::uint16_t free_port();

}  // namespace beamtape
