// The ways to a node, and that the cookie stays where it belongs.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>
#include <sstream>

#include "recorder/node/epmd.h"
#include "schema/tables/table.h"
#include "tests/live/forwarder.h"
#include "tests/live/live_test.h"

namespace beamtape::live {
namespace {

using testing::HasSubstr;
using testing::Not;

class Connection : public LiveTest {
 protected:
  std::string recorded_node() const {
    return analyze({"info", file(), "--json"}).at("nodes").at(0).at("name");
  }
};

TEST_F(Connection, ANodeWithAShortNameIsRecorded) {
  const auto node = world_->start();
  record(*world_, *node, file(), {"--once"});
  EXPECT_EQ(recorded_node(), node->name());
}

TEST_F(Connection, ANodeWithALongNameIsRecorded) {
  const auto node = world_->start({.long_name = true});
  record(*world_, *node, file(), {"--once"});
  EXPECT_EQ(recorded_node(), "shop@127.0.0.1");
}

TEST_F(Connection, AHostlessNameMeansThisHost) {
  const auto node = world_->start();
  EXPECT_EQ(run_recorder({"shop", "-o", file(), "--once"}).exit_code, 0);
  EXPECT_EQ(recorded_node(), node->name());
  expect_sound(file());
}

TEST_F(Connection, ATunnelLeadsToANodeWhoseEpmdIsOutOfReach) {
  const auto node = world_->start();
  const auto port = ask_epmd_for_port({"127.0.0.1"}, world_->epmd_port(), "shop",
                                      deadline_in(std::chrono::seconds(30)));
  ASSERT_TRUE(port);
  const Forwarder tunnel(*port);
  Launch launch = world_->recorder({node->name(), "-o", file(), "-n", "3", "-i", "100ms",
                                    "--address", "127.0.0.1:" + std::to_string(tunnel.port())});
  launch.environment.emplace_back("ERL_EPMD_PORT", std::to_string(free_port()));
  const Ended ended = run(launch);
  EXPECT_EQ(ended.exit_code, 0) << ended.error;
  EXPECT_EQ(tunnel.connections(), 1);
  EXPECT_EQ(recorded_node(), node->name());
  EXPECT_EQ(analyze({"info", file(), "--json"}).at("snapshots"), 3);
  expect_sound(file());
}

TEST_F(Connection, AfterACutTheSameLifeIsRecordedOn) {
  const auto node = world_->start();
  const auto port = ask_epmd_for_port({"127.0.0.1"}, world_->epmd_port(), "shop",
                                      deadline_in(std::chrono::seconds(30)));
  ASSERT_TRUE(port);
  Forwarder tunnel(*port);
  Program recorder(
      world_->recorder({node->name(), "-o", file(), "-i", "100ms", "-n", "100000", "--json",
                        "--address", "127.0.0.1:" + std::to_string(tunnel.port())}));
  constexpr int kCuts = 10;
  for (int cut = 0; cut < kCuts; ++cut) {
    for (int i = 0; i < 2; ++i) ASSERT_TRUE(recorder.read_line());
    tunnel.cut();
  }
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(recorder.read_line());
  recorder.signal(SIGINT);
  const Ended ended = recorder.wait();
  EXPECT_EQ(ended.exit_code, 0) << ended.error;
  expect_sound(file());
  const Json info = analyze({"info", file(), "--json"});
  EXPECT_EQ(info.at("nodes").size(), 1u);
  EXPECT_EQ(info.at("gaps").size(), kCuts);
  // Who was there before the first cut is known as that to the end.
  const Json rows =
      analyze({"show", "processes", file(), "--columns", "pid,first_seen", "--format", "json"});
  for (const Json& row : rows.at("rows")) {
    if (row.at("pid") == "<0.0.0>") {
      EXPECT_EQ(row.at("first_seen"), 1) << row;
    }
  }
}

TEST_F(Connection, ALengthThatNoMessageHasIsAGapAndTheNodeIsConnectedToAgain) {
  const std::string absurd = "\xFF\xFF\xFF\xF0";
  const auto node = world_->start();
  const auto port = ask_epmd_for_port({"127.0.0.1"}, world_->epmd_port(), "shop",
                                      deadline_in(std::chrono::seconds(30)));
  ASSERT_TRUE(port);
  Forwarder tunnel(*port);
  std::vector<std::string> arguments = {node->name(), "-i",
                                        "1s",         "--json",
                                        "--address",  "127.0.0.1:" + std::to_string(tunnel.port()),
                                        "-o",         file()};
  Program recorder(world_->recorder(arguments));
  ASSERT_TRUE(recorder.read_line());
  tunnel.say(absurd);
  EXPECT_THAT(recorder.read_error_line().value_or(""), HasSubstr("4294967280 bytes"));
  ASSERT_TRUE(recorder.read_error_line());  // it is back
  const auto line = recorder.read_line();
  ASSERT_TRUE(line);
  EXPECT_TRUE(Json::parse(*line).at("not_answered").is_null()) << *line;
  recorder.signal(SIGINT);
  EXPECT_EQ(recorder.wait().exit_code, 0);
  expect_sound(file());
  const Json gaps = analyze({"info", file(), "--json"}).at("gaps");
  ASSERT_EQ(gaps.size(), 1u);
  EXPECT_THAT(gaps.at(0).at("reason").get<std::string>(), HasSubstr("4294967280 bytes"));

  arguments.back() = world_->file("ended.beamtape");
  arguments.push_back("--no-reconnect");
  Program ending(world_->recorder(arguments));
  ASSERT_TRUE(ending.read_line());
  tunnel.say(absurd);
  EXPECT_EQ(ending.wait().exit_code, kEndedEarly);
  expect_sound(arguments.at(arguments.size() - 2));
}

// The node wants to hear something more often than it is asked for a snapshot.
TEST_F(Connection, AShortTicktimeMakesNoGapInALongInterval) {
  const auto node = world_->start({.arguments = {"-kernel", "net_ticktime", "4"}});
  record(*world_, *node, file(), {"-i", "8s", "-n", "4"});
  const Json info = analyze({"info", file(), "--json"});
  EXPECT_EQ(info.at("gaps"), Json::array());
  EXPECT_EQ(info.at("nodes").at(0).at("facts").at("net_ticktime"), "4");
}

TEST_F(Connection, ATicktimeThatIsBeingChangedIsTheNextOne) {
  const auto node = world_->start({.arguments = {"-kernel", "net_ticktime", "300"}});
  EXPECT_EQ(node->ask("live_state change_ticktime 4000"), "change_initiated");
  record(*world_, *node, file(), {"-i", "100ms", "-n", "2"});
  const Json info = analyze({"info", file(), "--json"});
  EXPECT_EQ(info.at("nodes").at(0).at("facts").at("net_ticktime"), "4000");
}

TEST_F(Connection, TheCookieMayComeFromTheEnvironment) {
  const auto node = world_->start();
  std::filesystem::remove(world_->cookie_file());
  Launch launch = world_->recorder({node->name(), "-o", file(), "--once"});
  launch.environment.emplace_back("BEAMTAPE_COOKIE", World::kCookie);
  const Ended ended = run(launch);
  EXPECT_EQ(ended.exit_code, 0) << ended.error;
  expect_sound(file());
}

TEST_F(Connection, ACookieFileMayBeNamed) {
  const auto node = world_->start();
  const auto elsewhere = world_->file("cookie");
  std::filesystem::rename(world_->cookie_file(), elsewhere);
  const Ended ended =
      run_recorder({node->name(), "-o", file(), "--once", "--cookie-file", elsewhere});
  EXPECT_EQ(ended.exit_code, 0) << ended.error;
  expect_sound(file());
}

TEST_F(Connection, TheCookieIsNowhereToBeSeen) {
  const auto node = world_->start();
  Program recorder(
      world_->recorder({node->name(), "-o", file(), "-i", "100ms", "-n", "10000", "--json"}));
  std::string printed = recorder.read_line().value_or("");
  const std::string process = "/proc/" + std::to_string(recorder.id());
  EXPECT_THAT(content(process + "/cmdline"), HasSubstr("--json"));
  EXPECT_THAT(content(process + "/cmdline"), Not(HasSubstr(World::kCookie)));
  EXPECT_THAT(content(process + "/environ"), Not(HasSubstr(World::kCookie)));
  for (const char* part : {"", "-wal", "-shm"}) {
    EXPECT_THAT(content(file().string() + part), Not(HasSubstr(World::kCookie))) << part;
  }
  recorder.signal(SIGTERM);
  const Ended ended = recorder.wait();
  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_THAT(printed + ended.out + ended.error, Not(HasSubstr(World::kCookie)));
  EXPECT_THAT(content(file()), Not(HasSubstr(World::kCookie)));
  // What is compressed shows only when it is read.
  for (const Table* table : columnar_tables()) {
    const Json shown = analyze({"show", table->name, file(), "--format", "json"});
    EXPECT_THAT(shown.dump(), Not(HasSubstr(World::kCookie))) << table->name;
  }
  EXPECT_THAT(analyze({"info", file(), "--json"}).dump(), Not(HasSubstr(World::kCookie)));
  EXPECT_EQ(std::filesystem::status(file()).permissions(), std::filesystem::perms(0600));
}

TEST_F(Connection, TwoRecordersOfOneNodeDoNotDisturbEachOther) {
  const auto node = world_->start();
  Program first(
      world_->recorder({node->name(), "-o", file(), "-i", "100ms", "-n", "10000", "--json"}));
  first.read_line();
  record(*world_, *node, world_->file("second.beamtape"), {"-i", "100ms", "-n", "5"});
  first.signal(SIGINT);
  EXPECT_EQ(first.wait().exit_code, 0);
  expect_sound(file());
  for (const auto& path : {file(), world_->file("second.beamtape")}) {
    EXPECT_EQ(analyze({"info", path, "--json"}).at("gaps"), Json::array());
  }
}

}  // namespace
}  // namespace beamtape::live
