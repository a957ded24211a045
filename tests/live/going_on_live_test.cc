// Recordings that are gone on with, and those of several nodes.

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <set>
#include <sstream>

#include "schema/store/sqlite.h"
#include "tests/live/live_test.h"

namespace beamtape::live {
namespace {

class GoingOn : public LiveTest {
 protected:
  Json info() const { return analyze({"info", file(), "--json"}); }
  void expect_refused(std::vector<std::string> arguments, int exit_code, const std::string& why) {
    const std::string before = content(file());
    const Ended ended = run_recorder(std::move(arguments));
    EXPECT_EQ(ended.exit_code, exit_code) << ended.error;
    EXPECT_NE(ended.error.find(why), std::string::npos) << ended.error;
    EXPECT_EQ(lines_of(ended.error).size(), 1u) << ended.error;
    EXPECT_TRUE(content(file()) == before);
  }
};

TEST_F(GoingOn, AppendsToARecordingOfTheSameNode) {
  const auto node = world_->start();
  for (int part = 1; part <= 3; ++part) {
    const auto told = record(*world_, *node, file(), {"-i", "100ms", "-n", "3", "--append"});
    ASSERT_EQ(told.size(), 3u);
    EXPECT_EQ(told.back().at("snapshot"), 3 * part);
  }
  EXPECT_EQ(info().at("snapshots"), 9);
  EXPECT_EQ(info().at("nodes").size(), 1u);
  const Json gaps = info().at("gaps");
  ASSERT_EQ(gaps.size(), 2u);
  EXPECT_EQ(gaps.at(0).at("reason"), "the recorder was not running");
}

// The recorder was away; who was there before is the same after it.
TEST_F(GoingOn, KnowsWhoWasThereBeforeItWasStartedAgain) {
  const auto node = world_->start();
  node->ask("live_population many 30");
  record(*world_, *node, file(), {"-i", "100ms", "-n", "3", "--append"});
  node->ask("live_population many 7");
  record(*world_, *node, file(), {"-i", "100ms", "-n", "3", "--append"});
  for (const char* table : {"processes", "ets", "ports"}) {
    const auto before = recorded_rows(file(), table, "#3");
    std::size_t same = 0;
    for (const auto& [key, row] : recorded_rows(file(), table, "#4")) {
      const auto known = before.find(key);
      const Json first_seen = known == before.end() ? Json(4) : known->second->at("first_seen");
      EXPECT_EQ(row->at("first_seen"), first_seen) << table << " " << key;
      same += known == before.end() ? 0 : 1;
    }
    EXPECT_GT(same, 0u) << table;
  }
  // The eight, and whom the node itself may have started.
  const auto expect_few = [](std::int64_t appeared) {
    EXPECT_GE(appeared, 8);
    EXPECT_LT(appeared, 20);
  };
  const Json diff = analyze({"diff", file(), "--from", "#3", "--to", "#4", "--json"});
  for (const Json& one : diff.at("counts")) {
    if (one.at("subject") == "process") expect_few(one.at("appeared"));
  }
  std::int64_t appeared = 0;
  for (const auto& [name, group] : recorded_rows(file(), "groups", "#4")) {
    appeared += group->at("appeared").get<std::int64_t>();
  }
  expect_few(appeared);
  const auto works = [&](const char* at) {
    return recorded_rows(file(), "node", at).begin()->second->at("reductions_done").get<double>();
  };
  EXPECT_GT(works("#4"), works("#3"));
  EXPECT_LT(works("#4"), 2 * works("#3")) << "what was done before is not counted twice";
}

// Their snapshots are numbered together, and in another order each time.
TEST_F(GoingOn, KnowsWhoWasThereBeforeOnEachOfSeveralNodes) {
  const auto a = world_->start({.alive = "a"});
  const auto b = world_->start({.alive = "b"});
  using FirstSeen = std::map<std::string, std::int64_t>;  // by pid
  std::map<std::string, FirstSeen> before, after;         // by node
  for (auto* part : {&before, &after}) {
    const Ended ended =
        run_recorder({a->name(), b->name(), "-o", file(), "-i", "100ms", "-n", "3", "--append"});
    ASSERT_EQ(ended.exit_code, 0) << ended.error;
    expect_sound(file());
    for (const std::string& node : {a->name(), b->name()}) {
      const Json shown =
          analyze({"show", "processes", file(), "--json", "--limit", "100000", "--node", node});
      for (const Json& row : shown.at("rows")) (*part)[node][row.at("pid")] = row.at("first_seen");
    }
  }
  for (const auto& [node, all] : after) {
    std::size_t same = 0;
    for (const auto& [pid, first_seen] : all) {
      const auto known = before[node].find(pid);
      if (known == before[node].end()) continue;
      EXPECT_EQ(first_seen, known->second) << node << " " << pid;
      ++same;
    }
    EXPECT_GT(same, 20u) << node;
  }
}

TEST_F(GoingOn, AppendsAnotherLifeOfTheNode) {
  auto node = world_->start();
  record(*world_, *node, file(), {"--once", "--append"});
  node = nullptr;
  node = world_->start();
  record(*world_, *node, file(), {"--once", "--append"});
  EXPECT_EQ(info().at("nodes").size(), 2u);
  EXPECT_EQ(info().at("gaps").at(0).at("reason"),
            "the recorder was not running; the node was restarted");
}

// The node gives the connection up while the file is looked through.
TEST_F(GoingOn, ConnectsAgainAfterALargeFileWasRead) {
  const auto node = world_->start({.arguments = {"-kernel", "net_ticktime", "1"}});
  record(*world_, *node, file(), {"-i", "100ms", "-n", "3"});
  auto busy = Database::open(file(), Database::Mode::kWrite);
  ASSERT_TRUE(busy && busy->exec("BEGIN EXCLUSIVE"));
  const auto connected = [&] { return node->ask("live_state hidden").get<int>() > 0; };
  Program recorder(world_->recorder(
      {node->name(), "-o", file(), "-i", "100ms", "-n", "3", "--append", "--json"}));
  while (!connected()) {
  }
  recorder.signal(SIGSTOP);  // its patience with the file must not end first
  while (connected()) {
  }
  ASSERT_TRUE(busy->exec("ROLLBACK"));
  recorder.signal(SIGCONT);
  const Ended ended = recorder.wait();
  EXPECT_EQ(ended.exit_code, 0) << ended.error;
  EXPECT_EQ(info().at("snapshots"), 6);
}

TEST_F(GoingOn, RefusesToAppendToWhatIsNotItsOwn) {
  const auto node = world_->start();
  const auto other = world_->start({.alive = "other"});
  record(*world_, *node, file(), {"--once"});
  expect_refused({other->name(), "-o", file(), "--once", "--append"}, kCannotOpen, "another node");
  expect_refused({node->name(), "--once", "--append"}, kUsage, "--output");
  std::ofstream(file()) << "no recording";
  expect_refused({node->name(), "-o", file(), "--once", "--append"}, kCannotOpen,
                 "not a Beamtape recording");
}

TEST_F(GoingOn, RefusesASecondRecorderOnOneFile) {
  const auto node = world_->start();
  Program first(world_->recorder({node->name(), "-o", file(), "-i", "100ms", "--json"}));
  ASSERT_TRUE(first.read_line());
  const Ended second = run_recorder({node->name(), "-o", file(), "--once", "--append"});
  EXPECT_EQ(second.exit_code, kCannotOpen);
  EXPECT_NE(second.error.find("another recorder is writing it"), std::string::npos);
  ASSERT_TRUE(first.read_line());
  first.signal(SIGTERM);
  EXPECT_EQ(first.wait().exit_code, 0);
  expect_sound(file());
}

TEST_F(GoingOn, TakesANoteWhileItIsRecorded) {
  const auto node = world_->start();
  Program recorder(world_->recorder({node->name(), "-o", file(), "-i", "100ms", "--json"}));
  ASSERT_TRUE(recorder.read_line());
  const Ended noted = run({{BEAMTAPE_ANALYZER, "note", file(), "deployed 1.4.2"}});
  EXPECT_EQ(noted.exit_code, 0) << noted.error;
  ASSERT_TRUE(recorder.read_line());
  recorder.signal(SIGTERM);
  EXPECT_EQ(recorder.wait().exit_code, 0);
  expect_sound(file());
  ASSERT_EQ(info().at("notes").size(), 1u);
  EXPECT_EQ(info().at("notes").at(0).at("text"), "deployed 1.4.2");
}

TEST_F(GoingOn, MeasuresSchedulerTimeWhileItRecordsAndNoLonger) {
  const auto node = world_->start();
  const auto is_measured = [&] { return node->ask("live_population measured").get<bool>(); };
  ASSERT_FALSE(is_measured());
  Program recorder(
      world_->recorder({node->name(), "-o", file(), "-i", "100ms", "--json", "--scheduler-time"}));
  ASSERT_TRUE(recorder.read_line());
  ASSERT_TRUE(recorder.read_line());
  EXPECT_TRUE(is_measured());
  recorder.signal(SIGTERM);
  EXPECT_EQ(recorder.wait().exit_code, 0);
  for (int i = 0; i < 1000 && is_measured(); ++i) usleep(10'000);
  EXPECT_FALSE(is_measured());
  EXPECT_FALSE(recorded_rows(file(), "schedulers").begin()->second->at("active_time").is_null());
}

TEST_F(GoingOn, RecordsSeveralNodesIntoOneFile) {
  const auto a = world_->start({.alive = "a"});
  const auto b = world_->start({.alive = "b"});
  b->ask("live_population many 300");
  const Ended ended = run_recorder({a->name(), b->name(), "-o", file(), "-i", "100ms", "-n", "40"});
  ASSERT_EQ(ended.exit_code, 0) << ended.error;
  expect_sound(file());
  EXPECT_EQ(info().at("snapshots"), 80);
  std::set<std::string> names;
  const Json nodes = info().at("nodes");
  for (const Json& one : nodes) names.insert(one.at("name"));
  EXPECT_EQ(names, (std::set{a->name(), b->name()}));
  for (const auto* node : {a.get(), b.get()}) {
    const Json shown = analyze(
        {"show", "processes", file(), "--json", "--limit", "100000", "--node", node->name()});
    std::size_t rows = 0;
    for (const Json& row : shown.at("rows")) {
      ++rows;
      EXPECT_GE(row.at("detail_at"), row.at("first_seen"));
      EXPECT_LE(row.at("detail_at"), 80);
    }
    EXPECT_EQ(rows > 300, node == b.get());
  }
}

TEST_F(GoingOn, RecordsTheNodesThatAreConnected) {
  const auto a = world_->start({.alive = "a"});
  const auto b = world_->start({.alive = "b"});
  ASSERT_EQ(a->ask("live_population ping " + b->name()), true);
  const Ended ended =
      run_recorder({a->name(), "--all-nodes", "-o", file(), "-i", "100ms", "-d", "3s"});
  ASSERT_EQ(ended.exit_code, 0) << ended.error;
  EXPECT_NE(ended.error.find(b->name() + " is recorded, too"), std::string::npos) << ended.error;
  EXPECT_EQ(info().at("nodes").size(), 2u);
  expect_sound(file());
}

TEST_F(GoingOn, AStoppedNodeDelaysNoOther) {
  const auto a = world_->start({.alive = "a"});
  const auto b = world_->start({.alive = "b"});
  Program recorder(world_->recorder({a->name(), b->name(), "-o", file(), "-i", "100ms", "--json"}));
  std::set<std::string> told;
  while (told.size() < 2) {
    const auto line = recorder.read_line();
    ASSERT_TRUE(line);
    told.insert(Json::parse(*line).at("node"));
  }
  b->signal(SIGSTOP);
  int of_a = 0;
  while (of_a < 30) {
    const auto line = recorder.read_line();
    ASSERT_TRUE(line);
    of_a += Json::parse(*line).at("node") == a->name() ? 1 : 0;
  }
  b->signal(SIGCONT);
  recorder.signal(SIGTERM);
  EXPECT_EQ(recorder.wait().exit_code, 0);
  expect_sound(file());
}

// Its snapshots are taken: nothing may stay on it while another one is waited for.
TEST_F(GoingOn, LeavesANodeOfWhichItHasEnough) {
  const auto a = world_->start({.alive = "a"});
  const auto b = world_->start({.alive = "b"});
  Program recorder(
      world_->recorder({a->name(), b->name(), "-o", file(), "-i", "100ms", "-n", "20", "--json"}));
  bool is_b_recorded = false;
  while (!is_b_recorded) {
    const auto line = recorder.read_line();
    ASSERT_TRUE(line);
    is_b_recorded = Json::parse(*line).at("node") == b->name();
  }
  b->signal(SIGSTOP);
  while (a->ask("live_state hidden").get<int>() > 0) {
  }
  EXPECT_EQ(kill(recorder.id(), 0), 0);
  b->signal(SIGCONT);
  EXPECT_EQ(recorder.wait().exit_code, 0);
  EXPECT_EQ(info().at("snapshots"), 40);
}

TEST_F(GoingOn, ANodeThatIsNotThereIsNamedAndTheOthersAreRecorded) {
  const auto a = world_->start({.alive = "a"});
  const Ended ended = run_recorder({a->name(), "nobody", "-o", file(), "-i", "100ms", "-n", "5"});
  EXPECT_EQ(ended.exit_code, kEndedEarly);
  EXPECT_NE(ended.error.find("nobody"), std::string::npos);
  expect_sound(file());
  EXPECT_EQ(info().at("snapshots"), 5);
  ASSERT_EQ(info().at("notes").size(), 1u);
  const std::string note = info().at("notes").at(0).at("text");
  EXPECT_EQ(note.rfind("not recorded: cannot connect to nobody@", 0), 0u) << note;
}

}  // namespace
}  // namespace beamtape::live
