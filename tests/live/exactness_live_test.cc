// What is recorded is what the node itself answers: every column of every row, of whatever stands
// still. Run queues cannot be compared: they are different each time they are looked at.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "schema/model/cell.h"
#include "tests/live/comparison.h"
#include "tests/live/live_test.h"

namespace beamtape::live {
namespace {

// Enough that all suspects have been read (8 turns), few enough that no dictionary is asked again
// in the last one.
constexpr int kSnapshots = 12;
const std::vector<std::string> kShort{"-i", "100ms", "-n", std::to_string(kSnapshots)};

class Exactness : public LiveTest {
 protected:
  // A node that has been asked once: what the first question loads is there.
  void start(std::vector<std::string> arguments = {}) {
    node_ = world_->start({.arguments = std::move(arguments)});
    record(*world_, *node_, world_->file("first.beamtape"), {"--once"});
  }

  NodeAnswers answers(const std::string& question, Rows before) {
    return {std::move(before), answered_rows(node_->ask(question))};
  }
  Rows now(const std::string& question) { return answered_rows(node_->ask(question)); }

  void say(const std::string& table, const Compared& compared) {
    const std::string text = fmt::format("{} values in {} rows, {} of them moving", compared.values,
                                         compared.rows, compared.moving);
    RecordProperty(table, text);
    fmt::print("{}: {}\n", table, text);
  }

  std::unique_ptr<Node> node_;
};

TEST_F(Exactness, ProcessesAreRecordedAsTheNodeAnswers) {
  start();
  const auto other = world_->start({.alive = "other"});
  node_->ask("live_population make");
  node_->ask("live_population remote " + other->name());
  const auto snapshots = record(*world_, *node_, file(), kShort);
  NodeAnswers node = answers("live_answers processes", {});
  node.still = node_->ask("live_population members").get<std::vector<std::string>>();
  EXPECT_GT(node.still.size(), 2500u);
  const Rows recorded = recorded_rows(file(), "processes");
  const Compared compared = compare_processes(recorded, node, kSnapshots);
  say("process", compared);
  EXPECT_GE(compared.rows, node.still.size());
  ASSERT_EQ(snapshots.size(), static_cast<std::size_t>(kSnapshots));
  EXPECT_EQ(snapshots.back().at("stale_found"), 0);
  EXPECT_TRUE(snapshots.back().at("not_answered").is_null());

  // The population has what it is there for.
  const auto count = [&](const std::function<bool(const Json&)>& wanted) {
    return std::count_if(recorded.begin(), recorded.end(),
                         [&](const auto& entry) { return wanted(*entry.second); });
  };
  EXPECT_EQ(count([](const Json& row) { return row.at("message_queue_len") == 20000; }), 1);
  EXPECT_EQ(count([](const Json& row) { return row.at("status") == "suspended"; }), 1);
  EXPECT_GE(count([](const Json& row) { return row.at("links_count") == 1500; }), 1);
  EXPECT_EQ(count([](const Json& row) { return row.at("registered_name") == "MyApp.Worker"; }), 1);
  EXPECT_EQ(count([](const Json& row) { return row.at("registered_name") == "наука"; }), 1);
  EXPECT_EQ(count([](const Json& row) { return row.at("label") == "{worker,MyApp.Queue,7}"; }), 1);
  EXPECT_GE(count([](const Json& row) { return !row.at("suspect_at").is_null(); }), 30);
}

TEST_F(Exactness, EtsTablesAreRecordedAsTheNodeAnswers) {
  start();
  node_->ask("live_things tables");
  Rows before = now("live_answers ets");
  // The node's table of connections has the recorder's own in it while that lasts.
  for (auto& [id, row] : before) {
    if (row->at("name") != "sys_dist") continue;
    Json moving = *row;
    moving["size"] = moving["memory"] = "moving";
    row = std::make_shared<const Json>(moving);
  }
  record(*world_, *node_, file(), kShort);
  const NodeAnswers node = answers("live_answers ets", before);
  const Rows recorded = recorded_rows(file(), "ets");
  const Compared compared = compare_plain(ets_table(), recorded, node, kSnapshots);
  say("ets", compared);
  EXPECT_EQ(compared.rows, recorded.size());
  EXPECT_LE(compared.moving, 5u);  // the tables of the node's own services
  const auto find = [&](const std::string& name) {
    return std::find_if(recorded.begin(), recorded.end(),
                        [&](const auto& entry) { return entry.second->at("name") == name; })
        ->second;
  };
  EXPECT_EQ(find("fixed")->at("safe_fixed_count"), 2);
  EXPECT_EQ(find("binaries")->at("binary_count"), 201);
  EXPECT_EQ(find("live_table")->at("named_table"), true);
}

TEST_F(Exactness, PortsAreRecordedAsTheNodeAnswers) {
  start();
  node_->ask("live_things ports " + world_->folder().string());
  const Rows before = now("live_answers ports");
  record(*world_, *node_, file(), kShort);
  const NodeAnswers node = answers("live_answers ports", before);
  const Rows recorded = recorded_rows(file(), "ports");
  const Compared compared = compare_plain(port_table(), recorded, node, kSnapshots);
  say("port", compared);
  EXPECT_EQ(compared.rows, recorded.size() - 1) << "all but the recorder's own connection";
  EXPECT_GE(compared.rows, 14u);
  // The test's hand and the distribution's connection to epmd may move.
  EXPECT_LE(compared.moving, 3u);
}

TEST_F(Exactness, SocketsAreRecordedAsTheNodeAnswers) {
  start();
  node_->ask("live_things sockets " + world_->folder().string());
  const Rows before = now("live_answers sockets");
  record(*world_, *node_, file(), kShort);
  const NodeAnswers node = answers("live_answers sockets", before);
  const Rows recorded = recorded_rows(file(), "sockets");
  const Compared compared = compare_plain(socket_table(), recorded, node, kSnapshots);
  say("socket", compared);
  EXPECT_EQ(compared.rows, 6u);
  EXPECT_EQ(compared.moving, 0u);
  // Their number is a series beside the ports'.
  const auto series = analyze({"series", file().string(), "port:socket", "ports", "--json"});
  EXPECT_EQ(series.at("rows").back().at("value"), 6);
}

TEST_F(Exactness, AllocatorsAreRecordedAsTheNodeAnswers) {
  start({"+S", "4:4"});
  node_->ask("live_population many 2000");
  node_->ask("live_allocators rows");
  const Rows before = now("live_allocators rows");
  record(*world_, *node_, file(), {"--once"});
  const NodeAnswers node = answers("live_allocators rows", before);
  const Rows recorded = recorded_rows(file(), "allocators");
  const Compared compared = compare_allocators(recorded, node);
  say("allocator", compared);
  EXPECT_EQ(compared.rows, recorded.size());
  EXPECT_GE(compared.rows - compared.moving, 5u) << "too few stood still to be compared";
}

TEST_F(Exactness, SchedulersAreRecordedAsTheNodeAnswers) {
  start({"+S", "3:2"});
  const Rows idle = recorded_rows(world_->file("first.beamtape"), "schedulers");
  ASSERT_EQ(idle.size(), 5u);
  for (const auto& [id, row] : idle) {
    EXPECT_EQ(row->at("not_read").at("active_time"), reason_text(Missing::kNotRecorded));
  }
  node_->ask("live_state measure_schedulers");
  const Rows before = now("live_answers schedulers");
  record(*world_, *node_, file(), {"--once"});
  const Rows after = now("live_answers schedulers");
  Comparison comparison(scheduler_table());
  const Rows recorded = recorded_rows(file(), "schedulers");
  EXPECT_EQ(recorded.size(), after.size());
  for (const auto& [id, row] : recorded) {
    comparison.row(id, *row);
    for (const Column& column : scheduler_table().columns) {
      const std::string& name = column.name;
      if (column.ask == Ask::kKey) continue;
      if (name == "type") {
        comparison.equal(column, *after.at(id));
      } else if (name == "run_queue_length" || name == "active_tasks") {
        comparison.between(column, 0, 1000);  // of that instant
      } else {
        comparison.between(column, before.at(id)->at(name), after.at(id)->at(name));
      }
    }
  }
}

TEST_F(Exactness, ConnectionsAreRecordedAsTheNodeAnswers) {
  start();
  const auto other = world_->start({.alive = "other"});
  node_->ask("live_population remote " + other->name());
  const Rows before = now("live_answers connections");
  record(*world_, *node_, file(), {"-i", "100ms", "-n", "2"});
  const NodeAnswers node = answers("live_answers connections", before);
  const Rows recorded = recorded_rows(file(), "connections");
  const Compared compared = compare_plain(connection_table(), recorded, node, 2);
  say("connection", compared);
  EXPECT_EQ(compared.rows, 1u);
  ASSERT_EQ(recorded.size(), 2u);
  for (const auto& [name, row] : recorded) {
    if (name == other->name()) continue;
    EXPECT_EQ(name.rfind("beamtape_0@", 0), 0u) << name;
    EXPECT_EQ(row->at("type"), "hidden");
    EXPECT_EQ(row->at("controller").get<std::string>().rfind("#Port<0.", 0), 0u);
  }
}

// The sum of a column over rows; those without a value do not count.
std::int64_t sum(const Rows& rows, const std::string& column) {
  std::int64_t total = 0;
  for (const auto& [key, row] : rows) {
    if (row->at(column).is_number()) total += row->at(column).get<std::int64_t>();
  }
  return total;
}
std::int64_t most(const Rows& rows, const std::string& column) {
  std::int64_t largest = 0;
  for (const auto& [key, row] : rows) {
    if (row->at(column).is_number()) largest = std::max(largest, row->at(column).get<Cell>());
  }
  return largest;
}

// What the recorder makes of the other tables, from them.
Json totals(const std::filesystem::path& file) {
  const Rows processes = recorded_rows(file, "processes");
  const Rows allocators = recorded_rows(file, "allocators");
  std::int64_t longest_channel = 0;
  const Rows ports = recorded_rows(file, "ports");
  for (const auto& [name, row] : recorded_rows(file, "connections")) {
    const auto port = ports.find(row->at("controller"));
    if (port == ports.end()) continue;
    longest_channel = std::max(longest_channel, port->second->at("queue_size").get<Cell>());
  }
  return {{"reductions", sum(processes, "reductions")},
          {"message_queue_len", sum(processes, "message_queue_len")},
          {"max_message_queue_len", most(processes, "message_queue_len")},
          {"max_memory", most(processes, "memory")},
          {"dist_queue_max", longest_channel},
          {"allocated_total", sum(allocators, "mbcs_carriers_size") +
                                  sum(allocators, "mbcs_pool_carriers_size") +
                                  sum(allocators, "sbcs_carriers_size")},
          {"allocated_used", sum(allocators, "mbcs_blocks_size") +
                                 sum(allocators, "mbcs_pool_blocks_size") +
                                 sum(allocators, "sbcs_blocks_size")}};
}

TEST_F(Exactness, TheNodesOwnCountersAreRecordedAsTheNodeAnswers) {
  start();
  const auto other = world_->start({.alive = "other"});
  node_->ask("live_population remote " + other->name());
  node_->ask("live_things tables");
  node_->ask("live_answers node");
  const Json before = node_->ask("live_answers node");
  record(*world_, *node_, file(), {"-i", "100ms", "-n", "3"});
  const Json after = node_->ask("live_answers node");
  const Json row = analyze({"show", "node", file(), "--format", "json"}).at("rows").at(0);
  const Json computed = totals(file());
  const Rows processes = recorded_rows(file(), "processes");

  Comparison comparison(node_table());
  comparison.row("node", row);
  for (const Column& column : node_table().columns) {
    const std::string& name = column.name;
    if (computed.contains(name)) {
      comparison.equal(column, computed);
    } else if (name == "reductions_done") {
      comparison.between(column, computed.at("reductions").get<Cell>() / 2, INT64_MAX);
    } else if (name == "processes_appeared" || name == "processes_gone") {
      comparison.between(column, 0, 10);  // what the node does on its own
    } else if (name == "clock_skew") {
      comparison.between(column, -2'000'000, 2'000'000);  // one machine, one clock
    } else if (name == "time_offset") {
      comparison.between(column, after.at(name).get<Cell>() - 2'000'000,
                         after.at(name).get<Cell>() + 2'000'000);
    } else if (name == "connections" || name == "port_count") {
      // The recorder's own connection is one more.
      comparison.equal(column, {{name, after.at(name).get<Cell>() + 1}});
    } else if (name == "process_count") {
      // With those that serve the connection and the question.
      comparison.between(column, processes.size(), processes.size() + 10);
    } else if (name == "run_queue" || name == "run_queue_all" || name == "active_tasks_all") {
      comparison.between(column, 0, 1000);  // of that instant
    } else if (column.kind == Kind::kCounter) {
      comparison.between(column, before.at(name), after.at(name));
    } else if (name == "memory_atom" || name == "memory_atom_used" || name == "memory_code") {
      comparison.equal(column, after);
    } else if (name.rfind("memory_", 0) == 0) {
      // Moves with every question: of the same size.
      comparison.between(column, after.at(name).get<Cell>() / 2, after.at(name).get<Cell>() * 2);
    } else {
      comparison.equal(column, after);
    }
  }
  EXPECT_EQ(comparison.values(), node_table().columns.size());
}

TEST_F(Exactness, EveryQuestionOfASnapshotIsAccountedFor) {
  start();
  const auto snapshots = record(*world_, *node_, file(), {"-i", "100ms", "-n", "2"});
  const Rows questions = recorded_rows(file(), "questions");
  EXPECT_GE(questions.size(), 10u);
  std::int64_t bytes = 0;
  std::int64_t cost = 0;
  for (const auto& [number, row] : questions) {
    EXPECT_EQ(row->at("outcome"), "ok") << *row;
    for (const Column& column : question_table().columns) {
      EXPECT_FALSE(row->at(column.name).is_null()) << column.name;
    }
    bytes += row->at("bytes").get<std::int64_t>();
    cost += row->at("cost").get<std::int64_t>();
    EXPECT_LE(row->at("cost").get<std::int64_t>(), row->at("took").get<std::int64_t>()) << *row;
  }
  EXPECT_LE(bytes, snapshots.back().at("received_bytes").get<std::int64_t>());
  EXPECT_EQ(cost, snapshots.back().at("target_us").get<std::int64_t>());
}

TEST_F(Exactness, WhoAsksForTheRecorderIsNotRecorded) {
  start();
  const auto snapshots = record(*world_, *node_, file(), kShort);
  const Rows after = now("live_answers processes");
  const Rows recorded = recorded_rows(file(), "processes");
  for (const auto& [pid, row] : recorded) {
    const bool is_connection =
        row->at("initial_call").get<std::string>().starts_with("inet_tcp_dist:do_accept/");
    const bool answers_us = row->at("current_function") == "live_control:loop/1";
    EXPECT_TRUE(is_connection || answers_us || after.contains(pid)) << *row;
  }
  for (const Json& snapshot : snapshots) EXPECT_EQ(snapshot.at("processes"), recorded.size());
}

TEST_F(Exactness, ProcessesThatEndDuringTheCaptureSpoilNothing) {
  start();
  node_->ask("live_population make");
  node_->ask("live_things tables");
  node_->ask("live_population storm 40");
  const auto snapshots = record(*world_, *node_, file(), kShort);
  node_->ask("live_population calm");
  NodeAnswers node = answers("live_answers processes", {});
  node.still = node_->ask("live_population members").get<std::vector<std::string>>();
  const Compared compared = compare_processes(recorded_rows(file(), "processes"), node, kSnapshots);
  say("process", compared);
  EXPECT_EQ(node_->printed(), "");
  std::int64_t appeared = 0;
  ASSERT_EQ(snapshots.size(), static_cast<std::size_t>(kSnapshots));
  for (const Json& snapshot : snapshots) {
    EXPECT_TRUE(snapshot.at("not_answered").is_null()) << snapshot;
    EXPECT_EQ(snapshot.at("stale_found"), 0);
  }
  const Json counts =
      analyze({"series", file(), "node", "processes_appeared", "--format", "json"}).at("rows");
  for (const Json& row : counts) appeared += row.value("value", std::int64_t{0});
  EXPECT_GT(appeared, static_cast<std::int64_t>(node.still.size()) + 100) << "no storm was seen";
}

TEST_F(Exactness, AHundredThousandProcessesAreRecordedAsTheNodeAnswers) {
  constexpr std::size_t kMany = 100'000;
  start();
  node_->ask(fmt::format("live_population many {}", kMany));
  // Four snapshots: no dictionary is asked again in the last one.
  constexpr std::int64_t kLast = 4;
  const auto snapshots = record(*world_, *node_, file(), {"-i", "1s", "-n", "4"});
  const Rows after = now("live_answers processes");
  NodeAnswers node;
  Rows slice;
  Compared compared;
  const auto compare_slice = [&] {
    node.after.clear();
    for (const auto& [pid, row] : slice) {
      if (const auto own = after.find(pid); own != after.end()) node.after.insert(*own);
    }
    const Compared part = compare_processes(slice, node, kLast);
    compared.rows += part.rows;
    compared.values += part.values;
    compared.moving += part.moving;
    slice.clear();
  };
  // A part at a time: all of it in memory would be gigabytes.
  const std::size_t rows = for_each_recorded_row(file(), "processes", [&](const Json& row) {
    slice.emplace(row.at("pid"), std::make_shared<Json>(row));
    if (slice.size() == 10'000) compare_slice();
  });
  compare_slice();
  say("process", compared);
  EXPECT_GT(rows, kMany);
  EXPECT_GT(compared.rows, kMany);
  EXPECT_LT(compared.moving, 20u) << "the node's own services";
  EXPECT_EQ(snapshots.back().at("processes"), rows);
  EXPECT_EQ(snapshots.back().at("stale_found"), 0);
}

// The room for the list of its processes is more than that many words: the node would kill who
// asks.
TEST_F(Exactness, ANodeThatLimitsHeapsIsRecorded) {
  start({"+hmax", "400000"});
  for (int part = 0; part < 3; ++part) node_->ask("live_population many 30000");
  const auto snapshots = record(*world_, *node_, file(), {"-i", "100ms", "-n", "2"});
  ASSERT_EQ(snapshots.size(), 2U);
  for (const Json& snapshot : snapshots) {
    EXPECT_GT(snapshot.at("processes"), 90'000);
    EXPECT_TRUE(snapshot.at("not_answered").is_null()) << snapshot;
  }
}

}  // namespace
}  // namespace beamtape::live
