#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/live/program.h"

namespace beamtape::live {

using Json = nlohmann::json;

struct NodeOptions {
  std::string alive = "shop";
  bool long_name = false;                   // shop@127.0.0.1 instead of shop@host
  std::vector<std::string> arguments = {};  // of erl
};

// A real Erlang node, with the test's hand inside (live_control.erl). Ends with its owner.
class Node {
 public:
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;
  ~Node();

  const std::string& name() const { return name_; }
  // Calls a function inside the node: "module function argument ..."; its answer. Throws if it
  // raised an error.
  Json ask(const std::string& command);
  // What the node has written to its standard output and its standard error.
  std::string printed() const;
  // SIGSTOP, SIGCONT; SIGKILL is waited for.
  void signal(int number);
  pid_t id() const { return id_; }

 private:
  friend class World;
  Node(const class World& world, const NodeOptions& options);
  void send(const std::string& packet);
  std::string receive();

  std::string name_;
  std::filesystem::path log_;
  pid_t id_ = -1;
  int commands_ = -1;
  int answers_ = -1;
};

// A world of its own for real nodes: an epmd on a free port and a scratch folder with a home and
// a cookie file. All of it goes with the world.
class World {
 public:
  World();
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // False where no Erlang is installed.
  static bool is_possible();
  static constexpr const char* kCookie = "A-COOKIE-that-nobody-may-see-4711";

  // Returns when the node is up and takes commands.
  std::unique_ptr<Node> start(const NodeOptions& options = {}) const;

  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path file(const std::string& name) const { return folder_ / name; }
  std::uint16_t epmd_port() const { return epmd_port_; }
  std::filesystem::path cookie_file() const { return folder_ / "home" / ".erlang.cookie"; }

  // A plain `erl -noshell` with these arguments (such as {"-sname", "shop"}), which runs
  // `expression` first. Returns when that is done.
  std::unique_ptr<Program> erl(const std::vector<std::string>& arguments,
                               const std::string& expression = "ok") const;

  // The recorder with these arguments, in this world's environment.
  Launch recorder(std::vector<std::string> arguments) const;

 private:
  friend class Node;
  // What of the environment every node of this world gets.
  Launch node_launch(const std::vector<std::string>& command) const;

  std::filesystem::path folder_;
  std::uint16_t epmd_port_;
  std::unique_ptr<Program> epmd_;
};

// Where the node of this name, "shop", listens.
std::uint16_t port_of(const World& world, const std::string& alive);

// A port of 127.0.0.1 on which nobody listens at the moment.
std::uint16_t free_port();

// The folder of the helper modules' compiled code, beside the test program; compiled if older than
// its source.
std::filesystem::path helper_modules();

}  // namespace beamtape::live
