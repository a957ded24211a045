#include "analyzer/tree/group_by.h"

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "tests/analyzer/run.h"
#include "tests/analyzer/shop.h"

namespace beamtape {
namespace {

using nlohmann::json;
using Rows = std::map<std::string, json>;

const std::string kWeb = BEAMTAPE_SOURCE_DIR "/samples/recordings/corpus/web_1.beamtape";
const std::string kShop = BEAMTAPE_SOURCE_DIR "/samples/recordings/shop.beamtape";

Rows by_name(const RunResult& run) {
  EXPECT_EQ(run.code, 0) << run.err;
  const auto answer = json::parse(run.out);
  Rows rows;
  for (const auto& row : answer.at("rows")) rows[row.at("name")] = row;
  return rows;
}

Rows grouped_rows(std::vector<std::string> words) {
  words.insert(words.begin(), "show");
  words.push_back("--json");
  return by_name(run_on_files(words));
}

TEST(GroupBy, GroupsAreThoseThatTheRecorderCounted) {
  const auto ours = grouped_rows({"processes", kWeb, "--group-by", "group"});
  const auto theirs = grouped_rows({"groups", kWeb});
  ASSERT_GT(ours.size(), 40u);
  for (const auto& [name, row] : theirs) {
    if (row.at("processes") == 0) continue;  // the last of it has just ended
    ASSERT_EQ(ours.count(name), 1u) << name;
    EXPECT_EQ(ours.at(name).at("count"), row.at("processes")) << name;
    EXPECT_EQ(ours.at(name).at("memory"), row.at("memory")) << name;
    EXPECT_EQ(ours.at(name).at("reductions"), row.at("reductions")) << name;
  }
}

// Groups of which nobody is left are there, too: all together are what the table became more by.
TEST(GroupBy, ChangesAddUpToThatOfTheTable) {
  const std::string file =
      BEAMTAPE_SOURCE_DIR "/samples/recordings/corpus/processes_strong.beamtape";
  const auto total = [&](const char* at) {
    return json::parse(run_on_files({"show", "processes", file, "--at", at, "--json"}).out)
        .at("total")
        .get<std::int64_t>();
  };
  std::int64_t more = 0, gone = 0;
  for (const auto& [name, row] : grouped_rows(
           {"processes", file, "--at", "#60", "--window", "40s", "--group-by", "function"})) {
    more += row.at("delta(count)").get<std::int64_t>();
    gone += row.at("count") == 0 ? 1 : 0;
  }
  EXPECT_EQ(more, total("#60") - total("#19"));
  EXPECT_EQ(gone, 2);
}

TEST(GroupBy, EveryKeyCountsEveryRowOnce) {
  const std::map<std::string, std::string> tables{
      {"process", "processes"}, {"ets", "ets"}, {"port", "ports"}, {"socket", "sockets"}};
  for (const auto& [table, word] : tables) {
    for (const std::string& key : group_keys(table)) {
      const auto run = run_on_files({"show", word, kWeb, "--group-by", key, "--json"});
      ASSERT_EQ(run.code, 0) << run.err;
      const auto answer = json::parse(run.out);
      std::int64_t count = 0;
      for (const auto& row : answer.at("rows")) count += row.at("count").get<std::int64_t>();
      EXPECT_EQ(count, answer.at("total")) << table << " by " << key;
      EXPECT_EQ(answer.at("group_by"), key);
    }
  }
}

TEST(GroupBy, ProcessesBelongToApplicationsAndOwners) {
  const auto applications = grouped_rows({"processes", kWeb, "--group-by", "application"});
  EXPECT_EQ(applications.at("web").at("count"), 74);
  const auto owners = grouped_rows({"processes", kWeb, "--group-by", "owner"});
  EXPECT_EQ(owners.at("web_handler_sup").at("count"), 29);
  EXPECT_EQ(grouped_rows({"ets", kWeb, "--group-by", "owner"}).at("session_cache").at("count"), 1);
  EXPECT_GT(grouped_rows({"ports", kWeb, "--group-by", "driver"}).at("tcp_inet").at("count"), 20);
}

TEST(GroupBy, GoesWithFilterSortWindowAndLimit) {
  const auto run = run_on_files({"show", "processes", kWeb, "--group-by", "function", "--filter",
                                 "registered_name is null", "--window", "10s", "--sort",
                                 "rate(reductions)", "--limit", "2", "--json"});
  ASSERT_EQ(run.code, 0) << run.err;
  const auto answer = json::parse(run.out);
  EXPECT_EQ(answer.at("total"), 119);
  EXPECT_LT(answer.at("matched"), 119);
  ASSERT_EQ(answer.at("rows").size(), 2u);
  EXPECT_EQ(answer.at("rows").at(0).at("name"), "prim_inet:accept0/3");
  EXPECT_GE(answer.at("rows").at(0).at("rate(reductions)"),
            answer.at("rows").at(1).at("rate(reductions)"));
}

// Who appeared or went meanwhile changes a sum as much as who grew.
TEST(GroupBy, AChangeIsTheSumNowLessTheSumThen) {
  for (const std::string& key : group_keys("process")) {
    const auto then = grouped_rows({"processes", kShop, "--group-by", key, "--at", "#20"});
    const auto rows =
        grouped_rows({"processes", kShop, "--group-by", key, "--at", "#40", "--window", "19500ms"});
    ASSERT_FALSE(rows.empty());
    for (const auto& [name, row] : rows) {
      const auto before = then.find(name);
      const auto change = [&, now = &row](const std::string& column) {
        const auto was = before == then.end() ? json(0) : before->second.at(column);
        return now->at(column).get<std::int64_t>() - was.get<std::int64_t>();
      };
      EXPECT_EQ(row.at("delta(count)"), change("count")) << name;
      for (const char* column : {"memory", "message_queue_len", "reductions"}) {
        if (!row.at(column).is_number() || row.at("unread(" + std::string(column) + ")") != 0 ||
            (before != then.end() && before->second.at("unread(" + std::string(column) + ")") != 0))
          continue;
        EXPECT_EQ(row.at("delta(" + std::string(column) + ")"), change(column))
            << key << ' ' << name << ' ' << column;
      }
      EXPECT_GE(row.at("rate(reductions)"), 0) << "what has ended did not run backwards: " << name;
    }
  }
}

TEST(GroupBy, ALeakOfProcessesIsAChange) {
  const auto rows =
      grouped_rows({"processes", kShop, "--group-by", "group", "--window", "19500ms"});
  const auto& carts = rows.at("'Elixir.Shop.Cart':init/1");
  EXPECT_GT(carts.at("delta(count)"), 800);
  EXPECT_GT(carts.at("delta(memory)"), 800 * 2000);
}

// The mailer's mailbox becomes so long that its memory is not read any more: that is no loss of it.
TEST(GroupBy, WhatWasNotReadAtOneEndIsNoChange) {
  const auto rows = by_name(run_on(shop_story(), {"show", "processes", "f", "--group-by", "group",
                                                  "--at", "#2", "--window", "10s", "--json"}));
  EXPECT_TRUE(rows.at("shop_mailer").at("delta(memory)").is_null());
  EXPECT_EQ(rows.at("shop_mailer").at("not_read").at("delta(memory)"),
            "mailbox over 10 000 messages");
}

TEST(GroupBy, SumsTellWhatTheyAreWithout) {
  const auto rows = by_name(run_on(
      shop_story(), {"show", "processes", "f", "--group-by", "function", "--at", "#2", "--json"}));
  // The mailer's memory was not read, its mailbox being long.
  EXPECT_TRUE(rows.at("gen:do_call/4").at("memory").is_null());
  EXPECT_EQ(rows.at("gen:do_call/4").at("unread(memory)"), 1);
  EXPECT_EQ(rows.at("gen:do_call/4").at("not_read").at("memory"), "mailbox over 10 000 messages");
  EXPECT_EQ(rows.at("gen:do_call/4").at("max(message_queue_len)"), 12'000);
  EXPECT_EQ(rows.at("gen_server:loop/7").at("count"), 2);
  EXPECT_EQ(rows.at("gen_server:loop/7").at("unread(memory)"), 0);
}

TEST(GroupBy, WritesTablesAndCsv) {
  const auto table = run_on(shop_story(), {"show", "processes", "f", "--group-by", "function"});
  EXPECT_NE(table.out.find("3 of 3 groups shown of 4 processes by function, by memory"),
            std::string::npos)
      << table.out;
  const auto csv = run_on(shop_story(), {"show", "processes", "f", "--group-by", "function",
                                         "--format", "csv", "--columns", "name,count"});
  EXPECT_EQ(csv.out.substr(0, csv.out.find('\n') + 1), "name,count,not_read\n");
}

TEST(GroupBy, WrongWordsAreToldInOneLine) {
  const auto code = [](const std::vector<std::string>& words) {
    const auto run = run_on_files(words);
    EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
    return run.code;
  };
  EXPECT_EQ(code({"show", "processes", kWeb, "--group-by", "colour"}), 2);
  EXPECT_EQ(code({"show", "allocators", kWeb, "--group-by", "name"}), 2);
  EXPECT_EQ(code({"show", "node", kWeb, "--group-by", "name"}), 2);
  EXPECT_EQ(code({"show", "processes", kWeb, "--group-by", "group", "--sort", "pid"}), 2);
  EXPECT_EQ(code({"show", "processes", kWeb, "--group-by", "group", "--columns", "pid"}), 2);
  EXPECT_EQ(code({"show", "processes", kWeb, "--sort", "rate(reductions)"}), 2);
}

}  // namespace
}  // namespace beamtape
