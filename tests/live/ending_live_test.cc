// How a recording ends, and what of it is there afterwards.

#include <gtest/gtest.h>
#include <signal.h>

#include <cmath>
#include <fstream>
#include <sstream>

#include "tests/live/forwarder.h"
#include "tests/live/live_test.h"

namespace beamtape::live {
namespace {

class Ending : public LiveTest {
 protected:
  Program attach(const Node& node, const std::string& interval,
                 const std::vector<std::string>& options = {}) {
    std::vector<std::string> arguments = {node.name(), "-o", file(),   "-i",
                                          interval,    "-n", "100000", "--json"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return Program(world_->recorder(arguments));
  }

  Json info() const { return analyze({"info", file(), "--json"}); }

  // After `ended`, the file holds exactly the snapshots that were told of.
  void expect_told(std::size_t read_before, const Ended& ended) {
    const auto lines = lines_of(ended.out);
    for (const std::string& line : lines) EXPECT_TRUE(Json::accept(line)) << line;
    EXPECT_EQ(info().at("snapshots"), read_before + lines.size());
  }
};

TEST_F(Ending, ASignalFinishesTheSnapshotAndClosesTheFile) {
  const auto node = world_->start();
  node->ask("live_population many 5000");
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    std::filesystem::remove(file());
    Program recorder = attach(*node, "100ms");
    ASSERT_TRUE(recorder.read_line());
    ASSERT_TRUE(recorder.read_line());
    for (int i = 0; i < 3; ++i) {  // as who ends a program and its group, too
      recorder.signal(signal);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    const Ended ended = recorder.wait();
    EXPECT_EQ(ended.exit_code, 0);
    EXPECT_EQ(ended.error, "");
    expect_sound(file());
    expect_told(2, ended);
    EXPECT_EQ(info().at("gaps"), Json::array());
    // The last one is whole.
    for (const auto& [pid, row] : recorded_rows(file(), "processes")) {
      EXPECT_FALSE(row->at("reductions").is_null()) << pid;
    }
  }
}

TEST_F(Ending, ASignalEndsTheWaitForTheNextSnapshot) {
  const auto node = world_->start();
  Program recorder = attach(*node, "1h");
  ASSERT_TRUE(recorder.read_line());
  recorder.signal(SIGTERM);
  const Ended ended = recorder.wait(std::chrono::seconds(30));
  EXPECT_EQ(ended.exit_code, 0);
  expect_sound(file());
  expect_told(1, ended);
}

TEST_F(Ending, ANodeThatIsKilledLeavesAFileWithAGap) {
  const auto node = world_->start();
  node->ask("live_population many 5000");
  Program recorder = attach(*node, "100ms", {"--no-reconnect"});
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(recorder.read_line());
  node->signal(SIGKILL);
  const Ended ended = recorder.wait();
  EXPECT_EQ(ended.exit_code, kEndedEarly);
  EXPECT_EQ(lines_of(ended.error).size(), 1u) << ended.error;
  EXPECT_EQ(ended.error.rfind("beamtape-recorder: cannot ", 0), 0u) << ended.error;
  expect_sound(file());
  expect_told(3, ended);
  const Json gaps = info().at("gaps");
  ASSERT_EQ(gaps.size(), 1u);
  EXPECT_EQ(gaps.at(0).at("node"), node->name());
  EXPECT_NE(gaps.at(0).at("reason"), "");
}

// As a program that tidies up may do it.
TEST_F(Ending, AFileThatIsRemovedOrMovedEndsTheRecordingAtTheNextSnapshot) {
  const auto node = world_->start();
  const std::string moved = world_->file("moved.beamtape");
  for (const bool is_moved : {false, true}) {
    Program recorder = attach(*node, "100ms");
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(recorder.read_line());
    is_moved ? std::filesystem::rename(file(), moved)
             : static_cast<void>(std::filesystem::remove(file()));
    const Ended ended = recorder.wait();
    EXPECT_EQ(ended.exit_code, kEndedEarly);
    const char* fate = is_moved ? "moved; what was recorded is where it is now"
                                : "removed, with all that was recorded";
    EXPECT_EQ(ended.error, "beamtape-recorder: cannot go on recording: cannot write " +
                               file().string() + ": it was " + fate + "\n");
    EXPECT_FALSE(std::filesystem::exists(file().string() + "-wal"));
  }
  expect_sound(moved);
}

TEST_F(Ending, ANodeThatEndsWhileTheRecorderWaitsIsNoticed) {
  const auto node = world_->start();
  Program recorder = attach(*node, "1h", {"--no-reconnect"});
  ASSERT_TRUE(recorder.read_line());
  node->signal(SIGKILL);
  const Ended ended = recorder.wait(std::chrono::seconds(60));
  EXPECT_EQ(ended.exit_code, kEndedEarly);
  expect_sound(file());
  EXPECT_EQ(info().at("gaps").size(), 1u);
}

TEST_F(Ending, ANodeThatIsRestartedIsRecordedOnAsAnotherLife) {
  auto node = world_->start();
  const std::string name = node->name();
  Program recorder = attach(*node, "100ms");
  std::size_t read = 0;
  for (int life = 1; life <= 3; ++life) {
    for (int i = 0; i < 3; ++i, ++read) ASSERT_TRUE(recorder.read_line());
    if (life == 3) break;
    node->signal(SIGKILL);
    node = world_->start();
  }
  recorder.signal(SIGINT);
  const Ended ended = recorder.wait();
  EXPECT_EQ(ended.exit_code, 0) << ended.error;
  // Lost and back, twice.
  EXPECT_EQ(lines_of(ended.error).size(), 4u) << ended.error;
  expect_sound(file());
  expect_told(read, ended);
  const Json seen = info();
  EXPECT_EQ(seen.at("nodes").size(), 3u) << seen;
  for (const Json& one : seen.at("nodes")) EXPECT_EQ(one.at("name"), name);
  ASSERT_EQ(seen.at("gaps").size(), 2u);
  for (const Json& gap : seen.at("gaps")) {
    EXPECT_LT(gap.at("from"), gap.at("to"));
    EXPECT_NE(gap.at("reason").get<std::string>().find("restarted"), std::string::npos) << gap;
  }
}

TEST_F(Ending, ANodeThatDoesNotComeBackInTimeEndsItEarly) {
  const auto node = world_->start();
  Program recorder = attach(*node, "100ms", {"-d", "3s"});
  ASSERT_TRUE(recorder.read_line());
  node->signal(SIGKILL);
  EXPECT_EQ(recorder.wait().exit_code, kEndedEarly);
  expect_sound(file());
  EXPECT_EQ(info().at("gaps").size(), 1u);
}

TEST_F(Ending, ASignalEndsTheWaitForALostNode) {
  const auto node = world_->start();
  Program recorder = attach(*node, "100ms");
  ASSERT_TRUE(recorder.read_line());
  node->signal(SIGKILL);
  recorder.read_error_line();
  recorder.signal(SIGTERM);
  EXPECT_EQ(recorder.wait().exit_code, 0);
  expect_sound(file());
  EXPECT_EQ(info().at("gaps").size(), 1u);
}

TEST_F(Ending, ASignalEndsTheConnectingToANodeThatDoesNotAnswer) {
  const auto node = world_->start();
  Forwarder tunnel(port_of(*world_, "shop"));
  const std::string address = "127.0.0.1:" + std::to_string(tunnel.port());
  node->signal(SIGSTOP);
  Program recorder = attach(*node, "100ms", {"--address", address});
  while (tunnel.connections() == 0) {
  }
  recorder.signal(SIGINT);
  const Ended ended = recorder.wait();
  EXPECT_EQ(ended.exit_code, kCannotOpen);
  EXPECT_EQ(ended.error, "beamtape-recorder: cannot connect to " + node->name() +
                             ": told to stop before it answered\n");
  EXPECT_FALSE(std::filesystem::exists(file()));
}

TEST_F(Ending, ASignalEndsTheConnectingAgainToANodeThatDoesNotAnswer) {
  constexpr std::chrono::seconds kConnecting{10};  // as long as it may take
  const auto node = world_->start();
  Forwarder tunnel(port_of(*world_, "shop"));
  Program recorder =
      attach(*node, "100ms", {"--address", "127.0.0.1:" + std::to_string(tunnel.port())});
  ASSERT_TRUE(recorder.read_line());
  node->signal(SIGSTOP);
  tunnel.cut();
  while (tunnel.connections() < 2) {
  }
  const auto began = std::chrono::steady_clock::now();
  recorder.signal(SIGTERM);
  EXPECT_EQ(recorder.wait().exit_code, 0);
  EXPECT_LT(std::chrono::steady_clock::now() - began, kConnecting * 3 / 4);
  expect_sound(file());
  EXPECT_EQ(info().at("gaps").size(), 1u);
}

TEST_F(Ending, ASignalTakesASnapshotNow) {
  const auto node = world_->start();
  Program recorder = attach(*node, "1h");
  ASSERT_TRUE(recorder.read_line());
  recorder.signal(SIGUSR1);
  ASSERT_TRUE(recorder.read_line());
  recorder.signal(SIGTERM);
  EXPECT_EQ(recorder.wait().exit_code, 0);
  EXPECT_EQ(info().at("snapshots"), 2);
}

TEST_F(Ending, AHangupThatIsToldTwiceIsNoHurry) {
  const auto node = world_->start();
  node->ask("live_population many 5000");
  Program recorder = attach(*node, "100ms");
  ASSERT_TRUE(recorder.read_line());
  for (int i = 0; i < 5; ++i) recorder.signal(SIGHUP);
  EXPECT_EQ(recorder.wait().exit_code, 0);
  expect_sound(file());
}

TEST_F(Ending, SignalsThatAreIgnoredEndNothing) {
  const auto node = world_->start();
  Launch launch = world_->recorder({node->name(), "-o", file(), "-i", "100ms", "--json"});
  // What nohup does.
  launch.command.insert(launch.command.begin(),
                        {"sh", "-c", "trap '' HUP; exec \"$@\"", "under_nohup"});
  Program recorder(launch);
  ASSERT_TRUE(recorder.read_line());
  const auto snapshots = [&] { return info().at("snapshots").get<int>(); };
  for (const int signal : {SIGHUP, SIGUSR2}) {
    recorder.signal(signal);
    for (const int before = snapshots(); snapshots() < before + 3;) {
      ASSERT_TRUE(recorder.read_line()) << signal;
    }
  }
  recorder.signal(SIGTERM);
  EXPECT_EQ(recorder.wait().exit_code, 0);
  expect_sound(file());
}

TEST_F(Ending, ANodeThatStandsStillForAWhileDoesNotHoldUpTheRecorder) {
  const auto node = world_->start();
  Program recorder = attach(*node, "200ms");
  ASSERT_TRUE(recorder.read_line());
  node->signal(SIGSTOP);
  // Snapshots go on, and say what is missing.
  std::size_t read = 1;
  const auto is_incomplete = [&] {
    const auto line = recorder.read_line();
    ++read;
    return !line || !Json::parse(*line).at("not_answered").is_null();
  };
  while (!is_incomplete()) {
  }
  node->signal(SIGCONT);
  while (is_incomplete()) {
  }
  recorder.signal(SIGINT);
  const Ended ended = recorder.wait();
  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_EQ(ended.error, "");
  expect_sound(file());
  expect_told(read, ended);
}

TEST_F(Ending, ARecorderThatIsKilledLeavesWhatItHadStored) {
  const auto node = world_->start();
  Program recorder = attach(*node, "100ms");
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(recorder.read_line());
  recorder.signal(SIGKILL);
  recorder.wait();
  const Json answer = analyze({"check", file(), "--json"});
  EXPECT_EQ(answer.at("ok"), true) << answer;
  EXPECT_GE(info().at("snapshots"), 5);
}

TEST_F(Ending, TheCountAndTheDurationEndIt) {
  const auto node = world_->start();
  EXPECT_EQ(record(*world_, *node, file(), {"-i", "100ms", "-n", "4"}).size(), 4u);
  std::filesystem::remove(file());
  const auto some = record(*world_, *node, file(), {"-i", "200ms", "-d", "1s"});
  EXPECT_GE(some.size(), 1u);
  EXPECT_LE(some.size(), 6u);
  std::filesystem::remove(file());
  EXPECT_EQ(record(*world_, *node, file(), {"--once"}).size(), 1u);
}

TEST_F(Ending, TheBudgetStretchesTheInterval) {
  constexpr double kBudget = 0.01;
  const auto node = world_->start();
  node->ask("live_population many 5000");
  const auto snapshots =
      record(*world_, *node, file(), {"-i", "100ms", "-n", "5", "--budget", "1%"});
  ASSERT_EQ(snapshots.size(), 5u);
  for (std::size_t at = 1; at < snapshots.size(); ++at) {
    const auto interval = snapshots[at].at("interval_us").get<double>();
    EXPECT_EQ(std::fmod(interval, 100'000), 0) << snapshots[at];
    // Up to the time from being due to being asked.
    EXPECT_GE(interval * 1.1, snapshots[at].at("target_us").get<double>() / kBudget);
  }
  EXPECT_GT(snapshots[1].at("interval_us"), 100'000);
}

TEST_F(Ending, JsonIsOneObjectPerSnapshot) {
  const auto node = world_->start();
  const auto snapshots = record(*world_, *node, file(), {"-i", "100ms", "-n", "3"});
  ASSERT_EQ(snapshots.size(), 3u);
  for (std::size_t at = 0; at < snapshots.size(); ++at) {
    EXPECT_EQ(snapshots[at].at("snapshot"), at + 1);
    EXPECT_EQ(snapshots[at].at("node"), node->name());
    EXPECT_GT(snapshots[at].at("processes"), 30);
    EXPECT_GT(snapshots[at].at("file_bytes"), 0);
    EXPECT_LE(snapshots[at].at("from"), snapshots[at].at("to"));
  }
}

TEST_F(Ending, QuietPrintsNothing) {
  const auto node = world_->start();
  const Ended ended =
      run_recorder({node->name(), "-o", file(), "-i", "100ms", "-n", "2", "--quiet"});
  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_EQ(ended.out, "");
  EXPECT_EQ(ended.error, "");
  expect_sound(file());
}

TEST_F(Ending, OneSnapshotIsNotSeveral) {
  const auto node = world_->start();
  EXPECT_EQ(run_recorder({node->name(), "-o", file(), "--once"}).out,
            "1 snapshot of " + node->name() + " is in " + file().string() + "\n");
}

TEST_F(Ending, WithoutATerminalItSaysInTheEndWhereTheRecordingIs) {
  const auto node = world_->start();
  const Ended ended = run_recorder({node->name(), "-o", file(), "-i", "100ms", "-n", "2"});
  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_EQ(lines_of(ended.out).size(), 1u) << ended.out;
  EXPECT_NE(ended.out.find(file().string()), std::string::npos);
  EXPECT_EQ(ended.error, "");
  expect_sound(file());
}

}  // namespace
}  // namespace beamtape::live
