// A target, or the way to it, that stops, breaks, goes silent or ends, again and again: one
// recording goes on through all of it, and what is missing is marked.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <thread>

#include "recorder/node/epmd.h"
#include "schema/store/reader.h"
#include "tests/faults/fault_table.h"
#include "tests/live/forwarder.h"
#include "tests/live/live_test.h"

namespace beamtape::faults {
namespace {

using live::Ended;
using live::Json;
using live::Program;
using std::chrono::seconds;

// Of each kind: 61 altogether.
constexpr int kEachFull = 10;
// Shorter than any deadline.
constexpr std::chrono::milliseconds kShort{1500};

// One node behind a tunnel that can be cut, and one recording of it.
class Cut : public live::LiveTest {
 protected:
  void SetUp() override {
    LiveTest::SetUp();
    if (!world_) return;
    node_port_ = live::free_port();
    start_node();
    tunnel_ = std::make_unique<live::Forwarder>(node_port_);
    attach({}, fmt::format("127.0.0.1:{}", tunnel_->port()));
  }

  void start_node() {
    const std::string port = std::to_string(node_port_);
    node_ = world_->start({.arguments = {"-kernel", "inet_dist_listen_min", port, "-kernel",
                                         "inet_dist_listen_max", port}});
  }

  void attach(std::vector<std::string> before, const std::string& address) {
    auto launch = world_->recorder({node_->name(), "-o", file(), "-i", "200ms", "-n", "1000000",
                                    "--json", "--address", address});
    launch.command.insert(launch.command.begin(), before.begin(), before.end());
    recorder_ = std::make_unique<Program>(launch);
    read_until(true);
  }

  // Reads snapshots up to one to which everything was answered, or not everything.
  void read_until(bool complete) {
    for (;;) {
      const auto line = recorder_->read_line();
      if (!line) throw std::runtime_error("the recorder has ended");
      ++told_;
      const bool is_complete = Json::parse(*line).at("not_answered").is_null();
      incomplete_ += is_complete ? 0 : 1;
      if (is_complete == complete) return;
    }
  }

  // The recorder has told that the node is lost, and that it is back; between them why not yet, if
  // somebody hung up at once: the tunnel before there was a node behind it again.
  void read_of_return() {
    std::vector<std::string> told;
    while (told.empty() || told.back().find(" is back") == std::string::npos) {
      const auto line = recorder_->read_error_line();
      if (!line) throw std::runtime_error("the recorder has ended");
      told.push_back(*line);
    }
    EXPECT_NE(told.front().find(" is lost: "), std::string::npos) << told.front();
    ASSERT_LE(told.size(), 3u);
    if (told.size() == 3) {
      EXPECT_NE(told[1].find("not there behind a tunnel"), std::string::npos) << told[1];
    }
    read_until(true);
  }

  // Between two snapshots either no more time has passed than the first announced, or a gap says
  // so.
  static void expect_no_unmarked_gap(Reader& reader) {
    constexpr std::int64_t kSlackUs = 20'000'000;  // an incomplete snapshot takes its time
    const auto& snapshots = reader.snapshots();
    for (std::size_t at = 1; at < snapshots.size(); ++at) {
      const auto& before = snapshots[at - 1];
      const auto& after = snapshots[at];
      EXPECT_EQ(after.id, before.id + 1);
      if (after.began_wall_us - before.began_wall_us <= before.interval_us + kSlackUs) continue;
      const auto& gaps = reader.gaps();
      EXPECT_TRUE(std::any_of(gaps.begin(), gaps.end(),
                              [&](const GapRecord& gap) {
                                return gap.from_wall_us <= after.began_wall_us &&
                                       gap.to_wall_us >= before.ended_wall_us;
                              }))
          << "between snapshots " << before.id << " and " << after.id;
    }
  }

  // Ends the recording. `gaps` are expected, and as many lives of the node.
  void finish(FaultRow row, int gaps, int lives) {
    recorder_->signal(SIGINT);
    const Ended ended = recorder_->wait();
    EXPECT_EQ(ended.exit_code, 0) << ended.error;
    EXPECT_EQ(ended.error, "");
    told_ += static_cast<int>(live::lines_of(ended.out).size());
    live::expect_sound(file());
    const auto reader = Reader::open(file());
    ASSERT_TRUE(reader) << reader.error().message;
    EXPECT_EQ((*reader)->snapshots().size(), static_cast<std::size_t>(told_));
    EXPECT_EQ((*reader)->gaps().size(), static_cast<std::size_t>(gaps));
    EXPECT_EQ((*reader)->nodes().size(), static_cast<std::size_t>(lives));
    expect_no_unmarked_gap(**reader);
    row.opened = row.sound = 1;
    row.lost = row.hung = 0;
    row.gaps = static_cast<int>((*reader)->gaps().size());
    row.also = fmt::format("{} snapshots, {} of them say what did not answer", told_, incomplete_);
    tell(row);
  }

  std::uint16_t node_port_ = 0;
  std::unique_ptr<live::Node> node_;
  std::unique_ptr<live::Forwarder> tunnel_;
  std::unique_ptr<Program> recorder_;
  int told_ = 0;
  int incomplete_ = 0;
};

TEST_F(Cut, ATargetThatStandsStill) {
  const int times = scaled(kEachFull);
  for (int i = 0; i < times; ++i) {
    node_->signal(SIGSTOP);
    read_until(false);
    node_->signal(SIGCONT);
    read_until(true);
  }
  finish({.fault = "target stopped beyond all deadlines (SIGSTOP)", .times = times}, 0, 1);
}

TEST_F(Cut, ATargetThatIsKilledAndStartedAgain) {
  const int times = scaled(kEachFull, 2);
  for (int i = 0; i < times; ++i) {
    node_->signal(SIGKILL);
    start_node();
    read_of_return();
  }
  finish({.fault = "target killed (SIGKILL) and restarted", .times = times}, times, times + 1);
}

TEST_F(Cut, AConnectionThatBreaks) {
  const int times = scaled(kEachFull, 2);
  for (int i = 0; i < times; ++i) {
    tunnel_->cut();
    read_of_return();
  }
  finish({.fault = "connection broken", .times = times}, times, 1);
}

// One of three breaks soon, one when all deadlines are over, one goes on then.
TEST_F(Cut, AConnectionThatIsSilentForAWhile) {
  const int times = scaled(2 * kEachFull);
  int broken = 0;
  for (int i = 0; i < times; ++i) {
    tunnel_->hold(true);
    i % 3 == 0 ? std::this_thread::sleep_for(kShort) : read_until(false);
    if (i % 3 < 2) tunnel_->cut();
    tunnel_->hold(false);
    if (i % 3 < 2) {
      ++broken;
      read_of_return();
    } else {
      read_until(true);
    }
  }
  finish({.fault = "tunnel silent for a while, then on or broken", .times = times}, broken, 1);
}

// A network of two machines: the node's is this one, the recorder's is a network namespace.
class Network {
 public:
  Network()
      : host_(fmt::format("bt{}a", getpid() % 100'000)),
        guest_(fmt::format("bt{}b", getpid() % 100'000)),
        subnet_(fmt::format("10.231.{}", getpid() % 250)),
        space_({.command = {"unshare", "-n", "sleep", "infinity"}}) {
    const std::string space = std::to_string(space_.id());
    const auto own = std::filesystem::read_symlink("/proc/self/ns/net");
    std::error_code not_yet;
    for (int tries = 0; tries < 1000; ++tries) {
      const auto seen = std::filesystem::read_symlink("/proc/" + space + "/ns/net", not_yet);
      if (!not_yet && seen != own) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    enter_ = {"nsenter", "-t", space, "-n"};
    is_up_ = ip({"link", "add", host_, "type", "veth", "peer", "name", guest_, "netns", space}) &&
             ip({"addr", "add", subnet_ + ".1/24", "dev", host_}) && link(true) &&
             ip({"addr", "add", subnet_ + ".2/24", "dev", guest_}, enter_) &&
             ip({"link", "set", guest_, "up"}, enter_);
  }
  ~Network() { ip({"link", "del", host_}); }

  // False where this may not be done or there are no programs to do it.
  bool is_up() const { return is_up_; }
  // Down, every packet is dropped, and nobody is told.
  bool link(bool up) const { return ip({"link", "set", host_, up ? "up" : "down"}); }
  const std::vector<std::string>& enter() const { return enter_; }
  std::string node_address() const { return subnet_ + ".1"; }

 private:
  static bool ip(std::vector<std::string> arguments, std::vector<std::string> command = {}) {
    command.push_back("ip");
    command.insert(command.end(), arguments.begin(), arguments.end());
    return live::run({.command = command}).exit_code == 0;
  }

  std::string host_, guest_, subnet_;
  Program space_;
  std::vector<std::string> enter_;
  bool is_up_ = false;
};

TEST_F(Cut, ANetworkThatDropsEveryPacket) {
  const Network network;
  if (!network.is_up()) GTEST_SKIP() << "network namespaces cannot be made here";
  recorder_.reset();
  std::filesystem::remove(file());
  for (const char* sidecar : {"-wal", "-shm"}) std::filesystem::remove(file().string() + sidecar);
  told_ = incomplete_ = 0;
  attach(network.enter(), fmt::format("{}:{}", network.node_address(), node_port_));
  const int times = scaled(kEachFull);
  for (int i = 0; i < times; ++i) {
    ASSERT_TRUE(network.link(false));
    i % 2 == 0 ? std::this_thread::sleep_for(kShort) : read_until(false);
    ASSERT_TRUE(network.link(true));
    read_until(true);
  }
  finish({.fault = "network drops every packet for a while", .times = times}, 0, 1);
}

// Longer than a connection may be silent: it is given up and made anew.
TEST_F(Cut, AConnectionThatStaysSilent) {
  if (scaled(100) < 100) GTEST_SKIP() << "takes two minutes: only in the full run";
  tunnel_->hold(true);
  ASSERT_TRUE(recorder_->read_error_line());
  tunnel_->hold(false);
  ASSERT_TRUE(recorder_->read_error_line());
  read_until(true);
  finish({.fault = "tunnel silent for longer than 75 s", .times = 1}, 1, 1);
}

}  // namespace
}  // namespace beamtape::faults
