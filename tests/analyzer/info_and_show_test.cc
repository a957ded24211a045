// What info and show print for the shop, as a person or a program sees it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "schema/tables/table.h"
#include "tests/analyzer/run.h"
#include "tests/analyzer/shop.h"

namespace beamtape {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(Info, TellsWhatTheFileIsHowCompleteAndAtWhatCost) {
  EXPECT_EQ(shop({"info", "shop.beamtape"}).out,
            R"(file       shop.beamtape (format 1)
node       shop@prod-01 (OTP 25, creation 1700, attached 12:00:00, 2 applications)
recorded   2024-11-20 12:00:00 to 12:01:10 UTC (1 min 10 s)
snapshots  6, every 10.0 s
processes  4 in the last snapshot, 4 at most
complete   5 of 6 snapshots miss something, 5 readings of processes in all; 1 taken before all had been read once
cost       12.0 ms on the node per snapshot, 12.0 ms at most, 0.12 % of the time; 24.0 KiB received
gap        2024-11-20 12:00:41 to 12:01:01 UTC (20.0 s): node did not answer
size       12.1 KiB, 514 bytes per process and snapshot
note       12:00:12 deploy 4711
)");
}

TEST(Info, OfASingleSnapshotNoIntervalAndNoShareOfTheTimeIsTold) {
  Story story;
  story.node("a@b");
  SnapshotRecord once;
  once.id = once.epoch = once.node = 1;
  once.interval_us = 5'000'000;
  once.target_us = 1000;
  story.snapshots.push_back(once);
  const auto result = run_on(story, {"info", "f"});
  EXPECT_THAT(result.out, HasSubstr("snapshots  1\n"));
  EXPECT_THAT(result.out, HasSubstr("1.00 ms at most; "));
  const auto info = json::parse(run_on(story, {"info", "f", "--json"}).out);
  EXPECT_TRUE(info["cost"]["target_share"].is_null());
  EXPECT_EQ(info["costs"][0]["node"], "a@b");
  EXPECT_EQ(info["costs"][0]["target_us_mean"], 1000);
}

TEST(Info, JsonHasTheKeysOfTheContract) {
  const auto info = shop_json({"info", "f"});
  EXPECT_EQ(info["snapshots"], 6);
  EXPECT_EQ(info["nodes"][0]["name"], "shop@prod-01");
  EXPECT_EQ(info["nodes"][0]["applications"][1]["version"], "1.2.0");
  EXPECT_EQ(info["from"], "2024-11-20T12:00:00.000Z");
  EXPECT_EQ(info["to"], "2024-11-20T12:01:10.000Z");
  EXPECT_EQ(info["gaps"][0]["reason"], "node did not answer");
  EXPECT_EQ(info["bytes"], 12345);
}

// Planned were 10 s each time.
TEST(Info, TellsTheCostByTheTimeThatPassed) {
  Story story;
  story.node("a@b");
  for (const double second : {0.0, 0.1, 10.2, 50.0, 50.5}) story.snapshot(second);
  story.gap(10.3, 49, "cut");
  EXPECT_THAT(run_on(story, {"info", "f"}).out,
              AllOf(HasSubstr("snapshots  5, every 100 ms to 10.0 s\n"),
                    HasSubstr("12.0 ms at most, 0.34 % of the time; ")));
}

TEST(Info, TellsEachNodesOwnCostAndProcesses) {
  Story story;
  story.node("a@b");
  story.node("c@d");
  for (int second = 0; second < 30; second += 10) {
    story.snapshot(second, 1);
    story.record().processes = 17'083;
    story.snapshot(second + 1, 2);
    story.record().processes = 44;
    story.record().target_us = 100'000;
  }
  const auto result = run_on(story, {"info", "f"});
  EXPECT_THAT(result.out, HasSubstr("processes  a@b: 17 083 in the last snapshot, 17 083 at most\n"
                                    "processes  c@d: 44 in the last snapshot, 44 at most\n"));
  EXPECT_THAT(
      result.out,
      HasSubstr("cost       a@b: 12.0 ms on the node per snapshot, 12.0 ms at most, 0.12 % of the "
                "time; 12.0 KiB received\n"
                "cost       c@d: 100 ms on the node per snapshot, 100 ms at most, 1.00 % of the "
                "time; 12.0 KiB received\n"));
}

TEST(Info, TellsOfWhichNodeAGapIs) {
  Story story;
  story.node("a@b");
  story.node("c@d");
  for (int second = 0; second < 20; second += 10) {
    for (const int node : {1, 2}) story.snapshot(second + node, node);
  }
  story.gap(3, 10, "the recorder was not running", 2);
  story.gap(4, 11, "the connection to a@b is lost", 1);
  EXPECT_THAT(run_on(story, {"info", "f"}).out,
              AllOf(HasSubstr("): c@d: the recorder was not running\n"),
                    HasSubstr("): the connection to a@b is lost\n")));
}

TEST(Info, ARecordingWithoutSnapshotsIsStillTold) {
  Story story;
  story.node("a@b");
  const auto result = run_on(story, {"info", "f"});
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.out, HasSubstr("snapshots  none\ngaps       none\nsize       12.1 KiB\n"));
  const auto info = json::parse(run_on(story, {"info", "f", "--json"}).out);
  EXPECT_EQ(info["snapshots"], 0);
  EXPECT_TRUE(info["from"].is_null());
}

TEST(Show, ProcessesStandByMemoryAndMarkWhatWasNotRead) {
  const auto result = shop({"show", "processes", "f"});
  EXPECT_EQ(result.code, 0);
  EXPECT_EQ(result.out,
            R"(shop@prod-01  2024-11-20 12:01:10 UTC  snapshot #6 of 6
not answered: sockets: no answer within 5 s
4 processes, by memory

pid        name                          memory  message_queue_len  reductions  status    current_function
<0.200.0>  Shop.Cart                   45.9 KiB                  0       9 000  waiting   gen_server:loop/7
<0.100.0>  Shop.Supervisor             12.0 KiB                  0       5 200  waiting   gen_server:loop/7
<0.103.0>  {Shop.Worker,7,<<"Käse">>}  2.62 KiB                  0          12  waiting   Shop.Worker."wait for é"/0
<0.102.0>  shop_mailer                       ?1             36 000         777  runnable  gen:do_call/4

?1 not read: mailbox over 10 000 messages
)");
}

TEST(Show, SaysHowManyOfHowManyAndHowManyCannotBeDecided) {
  const auto result = shop({"show", "process", "f", "--filter", "memory > 1KiB", "--limit", "2"});
  EXPECT_THAT(result.out, HasSubstr("2 of 4 processes shown, 3 match the filter, by memory\n"
                                    "1 more may match: what the filter needs was not read of "
                                    "them\n"));
}

TEST(Show, JsonRowsHaveAllColumnsUnderErlangsNames) {
  const auto show = shop_json({"show", "processes", "f", "--at", "12:00:10"});
  EXPECT_EQ(show["snapshot"], 2);
  EXPECT_EQ(show["time"], "2024-11-20T12:00:10.000Z");
  EXPECT_EQ(show["node"], "shop@prod-01");
  EXPECT_EQ(show["rows"].size(), 4u);
  const json& cart = show["rows"][0];
  EXPECT_EQ(cart["pid"], "<0.101.0>");
  EXPECT_EQ(cart["registered_name"], "Shop.Cart");
  EXPECT_EQ(cart["memory"], 400 * 1024 + 2000);
  EXPECT_TRUE(cart["label"].is_null());
  EXPECT_FALSE(cart.contains("not_read"));
  const json& mailer = show["rows"][3];
  EXPECT_TRUE(mailer["memory"].is_null());
  EXPECT_EQ(mailer["not_read"]["memory"], "mailbox over 10 000 messages");
  EXPECT_EQ(mailer["monitored_by"], json::parse(R"(["<0.300.0>","<0.301.0>"])"));
  EXPECT_EQ(mailer["monitored_by_count"], 2500);
  for (const Column& column : process_table().columns) {
    EXPECT_TRUE(cart.contains(column.name)) << column.name;
  }
  EXPECT_EQ(show["columns"].size(), cart.size());
}

TEST(Show, CsvNamesWhatWasNotReadInItsLastColumn) {
  const auto result = shop({"show", "processes", "f", "--format", "csv", "--columns",
                            "pid,memory,links,label", "--sort", "pid"});
  EXPECT_EQ(result.out,
            "pid,memory,links,label,not_read\n"
            "<0.100.0>,12288,<0.200.0> <0.102.0> #Port<0.7>,,\n"
            "<0.102.0>,,<0.100.0>,,memory: mailbox over 10 000 messages\n"
            "<0.103.0>,2680,,\"{Shop.Worker,7,<<\"\"Käse\"\">>}\",\"links: long list, read "
            "seldom\"\n"
            "<0.200.0>,46960,<0.100.0>,,\n");
}

TEST(Show, EveryTableOfTheFileCanBeShownInEveryFormat) {
  for (const char* table : {"process", "processes", "ets", "port", "ports", "sockets", "allocators",
                            "schedulers", "connections", "questions", "node", "group", "groups"}) {
    for (const char* format : {"table", "json", "csv"}) {
      const auto result = shop({"show", table, "f", "--format", format});
      EXPECT_EQ(result.code, 0) << table << " " << format << result.err;
      EXPECT_FALSE(result.out.empty());
      const bool is_json = std::string(format) == "json";
      EXPECT_TRUE(!is_json || json::accept(result.out)) << table;
    }
  }
}

TEST(Show, GroupsWhoseMemoryIsUnknownDoNotShowZero) {
  EXPECT_THAT(shop({"show", "groups", "f"}).out, HasSubstr("shop_mailer          1       ?1"));
}

TEST(Show, TheNodeIsAListOfItsCountersWithTheirMeaning) {
  EXPECT_THAT(shop({"show", "node", "f"}).out,
              HasSubstr("uptime                  1 h 1 min  Since the node started\n"));
}

TEST(Show, SeveralNodesAreShownTogetherUnlessOneIsChosen) {
  Story story;
  const auto a = story.node("a@h");
  const auto b = story.node("b@h");
  story.snapshot(0, a);
  story.process("<0.1.0>").text("registered_name", "init").number("memory", 1);
  story.snapshot(1, b);
  story.process("<0.2.0>").text("registered_name", "other").number("memory", 2);
  const auto both = json::parse(run_on(story, {"show", "processes", "f", "--json"}).out);
  EXPECT_TRUE(both["snapshot"].is_null());
  EXPECT_EQ(both["snapshots"].size(), 2u);
  EXPECT_EQ(both["rows"][0]["node_name"], "b@h");
  EXPECT_EQ(both["rows"][1]["registered_name"], "init");
  const auto one =
      json::parse(run_on(story, {"show", "processes", "f", "--json", "--node", "a@h"}).out);
  EXPECT_EQ(one["snapshot"], 1);
  EXPECT_FALSE(one["rows"][0].contains("node_name"));
}

TEST(Show, ADamagedPartIsNamedAndTheExitCodeSaysSo) {
  const auto damage = [](FakeReader& reader) {
    reader.told_damage = {{6, "process 0-4095: checksum does not match"}};
  };
  const auto result = run_on(shop_story(), {"show", "processes", "f", "--json"}, damage);
  EXPECT_EQ(result.code, 3);
  EXPECT_EQ(json::parse(result.out)["damage"][0],
            "snapshot #6: process 0-4095: checksum does not match");
  EXPECT_THAT(result.err,
              HasSubstr("beamtape-analyzer: cannot read all of f: snapshot #6: process 0-4095"));
}

TEST(ShowWindow, ComparesWithSoLongBefore) {
  const auto result = run_on(shop_story(), {"show", "processes", "f", "--at", "#3", "--window",
                                            "20s", "--sort", "rate(reductions)", "--json"});
  ASSERT_EQ(result.code, 0) << result.err;
  const auto answer = nlohmann::json::parse(result.out);
  std::map<std::string, nlohmann::json> rows;
  for (const auto& row : answer.at("rows")) rows[row.at("pid")] = row;
  // The cart did 3000 reductions in each ten seconds.
  EXPECT_EQ(rows.at("<0.101.0>").at("rate(reductions)"), 300);
  EXPECT_EQ(rows.at("<0.101.0>").at("delta(reductions)"), 6000);
  EXPECT_EQ(rows.at("<0.101.0>").at("delta(memory)"), 2000);
  EXPECT_EQ(answer.at("rows").at(0).at("pid"), "<0.101.0>");
}

TEST(ShowWindow, WhoWasNotThereHasNoRate) {
  const auto result =
      run_on(shop_story(), {"show", "processes", "f", "--at", "#4", "--window", "10s", "--json"});
  ASSERT_EQ(result.code, 0) << result.err;
  const auto answer = nlohmann::json::parse(result.out);
  for (const auto& row : answer.at("rows")) {
    if (row.at("pid") == "<0.200.0>") {
      EXPECT_TRUE(row.at("rate(reductions)").is_null());
    }
  }
}

// U+0085 and U+009B move a terminal's cursor.
TEST(Show, JsonEscapesControlCharacters) {
  Story story;
  story.node("a@b");
  story.snapshot(0);
  story.process("<0.1.0>").text("registered_name", "a\u0085\u009b2J\x1b\u00a0é");
  const auto result = run_on(story, {"show", "processes", "f", "--json"});
  EXPECT_THAT(result.out, HasSubstr("a\\u0085\\u009b2J\\u001b\u00a0é"));
  EXPECT_EQ(json::parse(result.out).at("rows").at(0).at("registered_name"),
            "a\u0085\u009b2J\x1b\u00a0é");
}

// In each snapshot a group stands in another place, and its name has another number.
TEST(ShowWindow, RowsWithoutALifeAreComparedByWhatIdentifiesThem) {
  const std::string shop = BEAMTAPE_SOURCE_DIR "/samples/recordings/shop.beamtape";
  const std::map<std::string, std::vector<std::string>> tables{
      {"groups", {"name"}},
      {"allocators", {"key"}},
      {"schedulers", {"id", "type"}},
      {"questions", {"question", "chunk"}}};
  for (const auto& [table, identity] : tables) {
    const auto rows_of = [&, table = table,
                          words = &identity](const std::vector<std::string>& more) {
      std::vector<std::string> line{"show", table, shop, "--json"};
      line.insert(line.end(), more.begin(), more.end());
      std::map<std::string, json> rows;
      const json answer = json::parse(run_on_files(line).out);
      for (const json& row : answer.at("rows")) {
        std::string key;
        for (const std::string& word : *words) key += row.at(word).dump();
        rows[key] = row;
      }
      return rows;
    };
    const auto then = rows_of({"--at", "#24"});
    std::size_t compared = 0;
    // #40 is less than fifteen seconds after #25.
    for (const auto& [key, row] : rows_of({"--at", "#40", "--window", "15s"})) {
      const auto before = then.find(key);
      for (const auto& [column, value] : row.items()) {
        const std::string delta = "delta(" + column + ")";
        if (!row.contains(delta)) continue;
        const json was = before == then.end() ? json() : before->second.at(column);
        const bool known = value.is_number() && was.is_number();
        const json change =
            known ? json(value.get<std::int64_t>() - was.get<std::int64_t>()) : json();
        EXPECT_EQ(row.at(delta), change) << table << ' ' << key << ' ' << column;
        if (known) ++compared;
      }
    }
    EXPECT_GT(compared, 0u) << table;
  }
}

// A recording that was gone on with after the recorder's machine was booted.
TEST(ShowWindow, GoesByTheWallClockWhereTheMonotonicOneBeganAnew) {
  Story story;
  story.node("a@host");
  for (int i = 0; i < 3; ++i) {
    story.snapshot(10 * i);
    if (i == 2) story.record().began_mono_us = 1'000'000;
    story.process("<0.1.0>").number("reductions", 1000 * i);
  }
  const auto rows =
      json::parse(run_on(story, {"show", "processes", "f", "--window", "20s", "--json"}).out)
          .at("rows");
  EXPECT_EQ(rows.at(0).at("delta(reductions)"), 2000);
  EXPECT_EQ(rows.at(0).at("rate(reductions)"), 100);
}

TEST(ShowWindow, SaysWhatIsWrong) {
  const auto first =
      run_on(shop_story(), {"show", "processes", "f", "--at", "first", "--window", "10s"});
  EXPECT_EQ(first.code, 2);
  EXPECT_THAT(first.err, ::testing::HasSubstr("first snapshot"));
  const auto none = run_on(shop_story(), {"show", "processes", "f", "--sort", "rate(reductions)"});
  EXPECT_EQ(none.code, 2);
  EXPECT_THAT(none.err, ::testing::HasSubstr("--window"));
  EXPECT_EQ(run_on(shop_story(), {"show", "processes", "f", "--window", "soon"}).code, 2);
  for (const auto& command : {std::vector<std::string>{"show", "processes"}, {"tree"}}) {
    auto words = command;
    words.insert(words.end(), {"f", "--window", "0s"});
    const auto nothing = run_on(shop_story(), words);
    EXPECT_EQ(nothing.code, 2);
    EXPECT_THAT(nothing.err, ::testing::HasSubstr("0 s before"));
  }
}

// A group of which a member ended.
TEST(ShowGroups, HaveNoRateWhereTheCounterFell) {
  Story story;
  story.node("shop@here");
  for (const std::int64_t reductions : {5000, 3000}) {
    story.snapshot(reductions == 5000 ? 0 : 10);
    story.aggregates().groups = {
        {.name = story.text_id("cart"), .processes = 1, .reductions = reductions},
        {.name = story.text_id("stock"), .processes = 1, .reductions = 9000 - reductions}};
  }
  const auto run = run_on(story, {"show", "groups", "f", "--window", "10s", "--json", "--columns",
                                  "name,rate(reductions),delta(reductions)"});
  ASSERT_EQ(run.code, 0) << run.err;
  const auto answer = json::parse(run.out);
  for (const auto& row : answer.at("rows")) {
    const bool fell = row.at("name") == "cart";
    EXPECT_EQ(row.at("rate(reductions)"), fell ? json() : json(200));
    EXPECT_EQ(row.at("delta(reductions)"), fell ? -2000 : 2000);
    EXPECT_FALSE(row.contains("not_read"));
  }
}

}  // namespace
}  // namespace beamtape
