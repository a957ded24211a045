#include "tests/live/node.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "recorder/node/address.h"
#include "recorder/node/epmd.h"

namespace beamtape::live {
namespace {

namespace fs = std::filesystem;

fs::path make_folder(const fs::path& parent, const std::string& prefix) {
  std::string pattern = parent / (prefix + "XXXXXX");
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make " + pattern);
  return pattern;
}

void read_exactly(int descriptor, char* to, std::size_t size) {
  while (size > 0) {
    pollfd polled{descriptor, POLLIN, 0};
    const auto patience = std::chrono::milliseconds(kPatience).count();
    if (poll(&polled, 1, static_cast<int>(patience)) <= 0) {
      throw std::runtime_error("the node did not answer in time");
    }
    const ssize_t got = read(descriptor, to, size);
    if (got <= 0) throw std::runtime_error("the node has ended");
    to += got;
    size -= static_cast<std::size_t>(got);
  }
}

std::vector<fs::path> helper_sources() {
  std::vector<fs::path> sources;
  for (const auto& entry : fs::directory_iterator(fs::path(BEAMTAPE_SOURCE_DIR) / "tests/live")) {
    if (entry.path().extension() == ".erl") sources.push_back(entry.path());
  }
  return sources;
}

bool is_current(const fs::path& compiled) {
  for (const fs::path& source : helper_sources()) {
    const fs::path beam = compiled / source.stem().concat(".beam");
    if (!fs::exists(beam) || fs::last_write_time(beam) < fs::last_write_time(source)) return false;
  }
  return true;
}

}  // namespace

fs::path helper_modules() {
  const fs::path beside = fs::read_symlink("/proc/self/exe").parent_path();
  const fs::path compiled = beside / "live_helpers";
  if (is_current(compiled)) return compiled;
  const fs::path fresh = make_folder(beside, "live_helpers-");
  std::vector<std::string> command{"erlc", "+debug_info", "-Werror", "-o", fresh};
  for (const fs::path& source : helper_sources()) command.push_back(source);
  const Ended ended = run({.command = command});
  if (ended.exit_code != 0) throw std::runtime_error("erlc: " + ended.out + ended.error);
  fs::remove_all(compiled);
  fs::rename(fresh, compiled);
  return compiled;
}

Node::Node(const World& world, const NodeOptions& options)
    : name_(options.alive + "@" + (options.long_name ? "127.0.0.1" : short_host_name())),
      log_(world.file(options.alive + ".log")) {
  int commands[2];
  int answers[2];
  if (pipe2(commands, O_CLOEXEC) != 0 || pipe2(answers, O_CLOEXEC) != 0) {
    throw std::runtime_error("cannot make a pipe");
  }
  const int log = open(log_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  Launch launch =
      world.node_launch({"erl", "-noinput", options.long_name ? "-name" : "-sname",
                         options.long_name ? name_ : options.alive, "-pa", helper_modules()});
  launch.command.insert(launch.command.end(), options.arguments.begin(), options.arguments.end());
  launch.command.insert(launch.command.end(), {"-s", "live_control"});
  id_ = start_program(launch, {{commands[0], 0}, {log, 1}, {log, 2}, {answers[1], 3}});
  close(commands[0]);
  close(answers[1]);
  close(log);
  commands_ = commands[1];
  answers_ = answers[0];
  if (receive() != "\"ready\"") throw std::runtime_error("the node did not start: " + printed());
}

Node::~Node() {
  if (id_ > 0) {
    kill(id_, SIGKILL);
    waitpid(id_, nullptr, 0);
  }
  close(commands_);
  close(answers_);
}

Json Node::ask(const std::string& command) {
  send(command);
  Json answer = Json::parse(receive());
  if (answer.is_object() && answer.contains("error")) {
    throw std::runtime_error(command + ": " + answer["error"].get<std::string>());
  }
  return answer;
}

void Node::send(const std::string& packet) {
  const std::uint32_t size = htonl(static_cast<std::uint32_t>(packet.size()));
  const std::string whole = std::string(reinterpret_cast<const char*>(&size), 4) + packet;
  // Commands are shorter than a pipe's atomic write.
  if (write(commands_, whole.data(), whole.size()) != static_cast<ssize_t>(whole.size())) {
    throw std::runtime_error("the node takes no commands");
  }
}

std::string Node::receive() {
  std::uint32_t size = 0;
  read_exactly(answers_, reinterpret_cast<char*>(&size), sizeof size);
  std::string packet(ntohl(size), '\0');
  read_exactly(answers_, packet.data(), packet.size());
  return packet;
}

std::string Node::printed() const {
  std::ostringstream text;
  text << std::ifstream(log_).rdbuf();
  return text.str();
}

void Node::signal(int number) {
  send_signal(id_, number);
  if (number != SIGKILL) return;
  waitpid(id_, nullptr, 0);
  id_ = -1;
}

World::World() : folder_(make_folder(fs::temp_directory_path(), "beamtape-live-")) {
  // Others may pass, so that a program without root's rights reaches what it is given here.
  fs::permissions(folder_, fs::perms(0755));
  fs::create_directory(folder_ / "home");
  std::ofstream(cookie_file()) << kCookie;
  fs::permissions(cookie_file(), fs::perms::owner_read);
  epmd_port_ = free_port();
  const std::string port = std::to_string(epmd_port_);
  epmd_ = std::make_unique<Program>(Launch{.command = {"epmd", "-port", port}});
  // epmd does not say when it is ready; asking is the only way to know.
  for (int i = 0; i < 2000; ++i) {
    if (ask_epmd_for_names({"127.0.0.1"}, epmd_port_, deadline_in(std::chrono::seconds(5)))) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  throw std::runtime_error("epmd did not start");
}

World::~World() {
  epmd_.reset();
  std::error_code ignored;  // what stays in the temporary folder harms no test
  fs::remove_all(folder_, ignored);
}

bool World::is_possible() {
  return system("command -v erl >/dev/null && command -v epmd >/dev/null") == 0;
}

std::unique_ptr<Node> World::start(const NodeOptions& options) const {
  return std::unique_ptr<Node>(new Node(*this, options));
}

Launch World::node_launch(const std::vector<std::string>& command) const {
  Launch launch{.command = command,
                .environment = {{"HOME", folder_ / "home"},
                                {"ERL_CRASH_DUMP_SECONDS", "0"},
                                {"ERL_EPMD_PORT", std::to_string(epmd_port_)},
                                {"ERL_FLAGS", std::nullopt},
                                {"ERL_AFLAGS", std::nullopt},
                                {"ERL_ZFLAGS", std::nullopt}},
                .directory = folder_};
  launch.command.insert(launch.command.end(), {"-start_epmd", "false"});
  return launch;
}

std::unique_ptr<Program> World::erl(const std::vector<std::string>& arguments,
                                    const std::string& expression) const {
  Launch launch = node_launch({"erl", "-noshell", "-noinput"});
  launch.command.insert(launch.command.end(), arguments.begin(), arguments.end());
  launch.command.insert(launch.command.end(), {"-eval", expression + ", io:format(\"ready~n\")."});
  auto node = std::make_unique<Program>(launch);
  const auto line = node->read_line();
  if (line != "ready") throw std::runtime_error("the node did not start: " + line.value_or(""));
  return node;
}

Launch World::recorder(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), BEAMTAPE_RECORDER);
  return {.command = std::move(arguments),
          .environment = {{"HOME", folder_ / "home"},
                          {"XDG_CONFIG_HOME", std::nullopt},
                          {"BEAMTAPE_COOKIE", std::nullopt},
                          {"ERL_EPMD_PORT", std::to_string(epmd_port_)}},
          .directory = folder_};
}

std::uint16_t port_of(const World& world, const std::string& alive) {
  const auto port =
      ask_epmd_for_port({"127.0.0.1"}, world.epmd_port(), alive, deadline_in(kPatience));
  if (!port) throw std::runtime_error("no node " + alive + ": " + port.error().message);
  return *port;
}

std::uint16_t free_port() {
  const int descriptor = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(descriptor, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("cannot find a free port");
  }
  close(descriptor);
  return ntohs(address.sin_port);
}

}  // namespace beamtape::live
