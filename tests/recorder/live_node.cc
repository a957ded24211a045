#include "tests/recorder/live_node.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "recorder/node/epmd.h"

namespace beamtape {
namespace {

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (std::string& text : strings) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

}  // namespace

Child::Child(const std::vector<std::string>& command, const std::vector<std::string>& environment) {
  std::vector<std::string> arguments = command;
  std::vector<std::string> variables = environment;
  const auto argv = pointers(arguments);
  int pipe_ends[2];
  if (pipe2(pipe_ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
  id_ = fork();
  if (id_ == 0) {
    dup2(pipe_ends[1], STDOUT_FILENO);
    for (std::string& variable : variables) putenv(variable.data());
    execvp(argv[0], argv.data());
    _exit(127);
  }
  close(pipe_ends[1]);
  output_ = pipe_ends[0];
}

Child::~Child() {
  kill(id_, SIGKILL);
  waitpid(id_, nullptr, 0);
  close(output_);
}

std::string Child::read_line() {
  std::string line;
  char c = 0;
  while (read(output_, &c, 1) == 1 && c != '\n') line.push_back(c);
  return line;
}

void Child::signal(int number) const { kill(id_, number); }

LiveWorld::LiveWorld() : epmd_port_(free_port()) {
  std::string pattern = std::filesystem::temp_directory_path() / "beamtape-live-XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
  home_ = pattern;
  std::ofstream(cookie_file()) << kCookie;
  std::filesystem::permissions(cookie_file(), std::filesystem::perms::owner_read);
  const std::string port = std::to_string(epmd_port_);
  setenv("ERL_EPMD_PORT", port.c_str(), 1);
  epmd_ = std::make_unique<Child>(std::vector<std::string>{"epmd", "-port", port},
                                  std::vector<std::string>{});
  // epmd does not say when it is ready; asking is the only way to know.
  for (int i = 0; i < 500; ++i) {
    if (ask_epmd_for_names({"127.0.0.1"}, epmd_port_, deadline_in(std::chrono::seconds(1)))) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  throw std::runtime_error("epmd did not start");
}

LiveWorld::~LiveWorld() {
  unsetenv("ERL_EPMD_PORT");
  epmd_.reset();
  std::error_code ignored;  // what stays in the temporary folder harms no test
  std::filesystem::remove_all(home_, ignored);
}

bool LiveWorld::is_possible() {
  return system("command -v erl >/dev/null && command -v epmd >/dev/null") == 0;
}

std::unique_ptr<Child> LiveWorld::start(std::vector<std::string> arguments,
                                        const std::string& expression) const {
  std::vector<std::string> command = {"erl", "-noshell", "-noinput"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  command.insert(command.end(), {"-eval", expression + ", io:format(\"ready~n\")."});
  auto node = std::make_unique<Child>(
      command, std::vector<std::string>{"HOME=" + home_.string(), "ERL_CRASH_DUMP_SECONDS=0",
                                        "ERL_EPMD_PORT=" + std::to_string(epmd_port_)});
  const std::string line = node->read_line();
  if (line != "ready") throw std::runtime_error("the node did not start: " + line);
  return node;
}

std::uint16_t free_port() {
  const int descriptor = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  bind(descriptor, reinterpret_cast<sockaddr*>(&address), size);
  getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size);
  close(descriptor);
  return ntohs(address.sin_port);
}

}  // namespace beamtape
