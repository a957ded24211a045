#include "tests/live/program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>

namespace beamtape::live {
namespace {

constexpr unsigned kNobody = 65534;
constexpr int kAboveAllTargets = 20;

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (std::string& text : strings) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

std::vector<std::string> environment_of(const Launch& launch) {
  std::map<std::string, std::string> variables;
  for (char** at = environ; *at != nullptr; ++at) {
    const std::string entry = *at;
    const std::size_t equals = entry.find('=');
    if (equals != std::string::npos) variables[entry.substr(0, equals)] = entry.substr(equals + 1);
  }
  for (const auto& [name, value] : launch.environment) {
    variables.erase(name);
    if (value) variables[name] = *value;
  }
  std::vector<std::string> entries;
  for (const auto& [name, value] : variables) entries.push_back(name + "=" + value);
  return entries;
}

std::pair<int, int> make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("cannot make a pipe");
  return {ends[0], ends[1]};
}

}  // namespace

std::string content(const std::filesystem::path& path) {
  std::ostringstream bytes;
  bytes << std::ifstream(path, std::ios::binary).rdbuf();
  return bytes.str();
}

Launch with_file_limit(Launch launch, int kib) {
  const std::string blocks = std::to_string(kib * 2);  // of 512 bytes
  launch.command.insert(launch.command.begin(),
                        {"/bin/sh", "-c", "ulimit -f " + blocks + "; exec \"$@\"", "limited"});
  return launch;
}

pid_t start_program(const Launch& launch, const std::vector<std::pair<int, int>>& descriptors) {
  std::vector<std::string> command = launch.command;
  std::vector<std::string> environment = environment_of(launch);
  const auto argv = pointers(command);
  const auto envp = pointers(environment);
  const pid_t parent = getpid();
  const pid_t id = fork();
  if (id < 0) throw std::runtime_error("cannot fork");
  if (id > 0) return id;
  // Of the child, up to exec: only calls that are safe after a fork.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);
  int moved[8] = {};
  for (std::size_t at = 0; at < descriptors.size(); ++at) {
    moved[at] = fcntl(descriptors[at].first, F_DUPFD_CLOEXEC, kAboveAllTargets);
  }
  for (std::size_t at = 0; at < descriptors.size(); ++at) dup2(moved[at], descriptors[at].second);
  if (launch.as_nobody && (setgid(kNobody) != 0 || setuid(kNobody) != 0)) _exit(127);
  if (launch.as_nobody) prctl(PR_SET_PDEATHSIG, SIGKILL);  // forgotten when the user changes
  if (!launch.directory.empty() && chdir(launch.directory.c_str()) != 0) _exit(127);
  execvpe(argv[0], argv.data(), envp.data());
  _exit(127);
}

Program::Program(const Launch& launch) {
  const auto [out, out_end] = make_pipe();
  const auto [error, error_end] = make_pipe();
  const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
  out_.descriptor = out;
  error_.descriptor = error;
  id_ = start_program(launch, {{nothing, 0}, {out_end, 1}, {error_end, 2}});
  close(nothing);
  close(out_end);
  close(error_end);
}

Program::~Program() {
  if (!is_reaped_) {
    kill(id_, SIGKILL);
    waitpid(id_, nullptr, 0);
  }
  if (out_.descriptor >= 0) close(out_.descriptor);
  if (error_.descriptor >= 0) close(error_.descriptor);
}

void send_signal(pid_t child, int number) {
  kill(child, number);
  siginfo_t ignored{};
  if (number == SIGSTOP) {
    waitid(P_PID, static_cast<id_t>(child), &ignored, WSTOPPED | WEXITED | WNOWAIT);
  }
}

void Program::stop_reading_errors() {
  close(error_.descriptor);
  error_.descriptor = -1;
}

void Program::signal(int number) const { send_signal(id_, number); }

bool Program::read_more(std::chrono::steady_clock::time_point until) {
  pollfd polled[2] = {{out_.descriptor, POLLIN, 0}, {error_.descriptor, POLLIN, 0}};
  if (out_.descriptor < 0 && error_.descriptor < 0) return false;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
  if (left.count() <= 0) throw std::runtime_error("a program neither spoke nor ended in time");
  if (poll(polled, 2, static_cast<int>(left.count())) <= 0) return true;
  for (int at = 0; at < 2; ++at) {
    if (polled[at].revents == 0) continue;
    Stream& stream = at == 0 ? out_ : error_;
    char buffer[65536];
    const ssize_t size = read(stream.descriptor, buffer, sizeof buffer);
    if (size > 0) {
      stream.text.append(buffer, static_cast<std::size_t>(size));
    } else if (size == 0 || errno != EINTR) {
      close(stream.descriptor);
      stream.descriptor = -1;
    }
  }
  return true;
}

std::optional<std::string> Program::read_line() { return read_line_of(out_); }

std::optional<std::string> Program::read_error_line() { return read_line_of(error_); }

std::optional<std::string> Program::read_line_of(Stream& stream) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  for (;;) {
    const std::size_t end = stream.text.find('\n', stream.taken);
    if (end != std::string::npos) {
      std::string line = stream.text.substr(stream.taken, end - stream.taken);
      stream.taken = end + 1;
      return line;
    }
    stream.text.erase(0, stream.taken);
    stream.taken = 0;
    if (stream.descriptor < 0) return std::nullopt;
    read_more(until);
  }
}

Ended Program::wait(std::chrono::seconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (read_more(until)) {
  }
  int status = 0;
  waitpid(id_, &status, 0);
  is_reaped_ = true;
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return {code, out_.text.substr(out_.taken), error_.text.substr(error_.taken)};
}

Ended run(const Launch& launch) { return Program(launch).wait(); }

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    lines.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return lines;
}

}  // namespace beamtape::live
