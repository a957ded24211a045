// What process, series and check print for the shop.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "schema/model/group.h"
#include "tests/analyzer/run.h"
#include "tests/analyzer/shop.h"

namespace beamtape {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

TEST(Process, TellsEveryLifeOfAName) {
  const auto result = shop({"process", "f", "Elixir.Shop.Cart"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr(
                              R"(Elixir.Shop.Cart is 2 processes of this recording
pid        name       node          from      to        snapshots
<0.101.0>  Shop.Cart  shop@prod-01  12:00:00  12:00:20          3
<0.200.0>  Shop.Cart  shop@prod-01  12:00:30  the end           3
)"));
  EXPECT_THAT(result.out, HasSubstr(
                              R"(<0.200.0>  Shop.Cart  on shop@prod-01
listed 2024-11-20 #4 to #6 (12:00:30 to 12:01:10), lives at the end
)"));
  EXPECT_THAT(
      result.out,
      HasSubstr(
          R"(  #5        12:00:40                  1  44.9 KiB       6 000  waiting            1  gen_server:loop/7
  gap of 20.0 s: node did not answer
  #6        12:01:10                  0  45.9 KiB       9 000  waiting            1  gen_server:loop/7

relations in #6
  links         1  <0.100.0> (Shop.Supervisor)
  group_leader  1  <0.90.0>
  parent        1  <0.100.0> (Shop.Supervisor)
  ancestors     2  <0.100.0> (Shop.Supervisor), Shop.Supervisor
  ets tables    1  shop_cache, 18.0 MiB, 60 000 rows

stack
  #4 to #6 (12:00:30 to 12:01:10)
    gen_server:loop/7 (gen_server.erl:1061)
    anonymous fn/2 in Shop.Cart.init/1
)"));
}

// The connection was lost, then the recorder ended.
TEST(Process, TellsEveryGapBetweenTwoSnapshots) {
  Story story = shop_story();
  story.gap(61, 67, "the recorder was not running");
  EXPECT_THAT(run_on(story, {"process", "f", "0.103.0"}).out,
              HasSubstr("  gap of 20.0 s: node did not answer\n"
                        "  gap of 6.00 s: the recorder was not running\n"
                        "  #6"));
}

TEST(Process, SnapshotsWithoutAChangeAreOneLine) {
  EXPECT_THAT(shop({"process", "f", "0.103.0"}).out,
              HasSubstr("  #1-#5     12:00:00                  0  2.62 KiB          12  waiting"));
}

TEST(Process, IsFoundByPidNameAndLabel) {
  for (const char* subject : {"<0.103.0>", "0.103.0", "{Shop.Worker,7,<<\"Käse\">>}",
                              "{'Elixir.Shop.Worker',7,<<\"Käse\">>}"}) {
    const auto found = shop_json({"process", "f", subject});
    ASSERT_EQ(found["lives"].size(), 1u) << subject;
    EXPECT_EQ(found["lives"][0]["pid"], "<0.103.0>");
    EXPECT_EQ(found["lives"][0]["history"].size(), 6u);
  }
}

TEST(Process, JsonIsComplete) {
  const auto life = shop_json({"process", "f", "Shop.Cart"})["lives"][0];
  EXPECT_EQ(life["first_snapshot"], 1);
  EXPECT_EQ(life["last_snapshot"], 3);
  EXPECT_EQ(life["lives_at_end"], false);
  EXPECT_EQ(life["identity"]["dictionary_initial_call"], "Shop.Cart.init/1");
  EXPECT_EQ(life["relations"]["links"]["to"][0]["name"], "Shop.Supervisor");
  EXPECT_EQ(life["ets"][0]["memory"], 9 * 1024 * 1024);
  EXPECT_EQ(life["stacks"][0]["frames"].size(), 3u);
  EXPECT_EQ(life["history"][2]["reductions"], 99000);
  EXPECT_EQ(life["history"][2]["time"], "2024-11-20T12:00:20.000Z");
}

TEST(Process, OnlyTheLifeAtAnInstantIsToldOnRequest) {
  const auto found = shop_json({"process", "f", "Shop.Cart", "--at", "12:00:05"});
  ASSERT_EQ(found["lives"].size(), 1u);
  EXPECT_EQ(found["lives"][0]["pid"], "<0.101.0>");
  EXPECT_EQ(found["lives"][0]["history"].size(), 3u);
}

TEST(Process, APidThatCameBackIsTwoLives) {
  Story story;
  story.node("a@h");
  for (const double second : {0.0, 1.0, 2.0, 3.0}) {
    story.snapshot(second);
    if (second != 1.0) story.process("<0.5.0>").number("reductions", 7);
  }
  const auto found = json::parse(run_on(story, {"process", "f", "<0.5.0>", "--json"}).out);
  ASSERT_EQ(found["lives"].size(), 2u);
  EXPECT_EQ(found["lives"][0]["history"].size(), 1u);
  EXPECT_EQ(found["lives"][1]["history"].size(), 2u);
}

TEST(Process, NobodyOfThatNameIsAUsageErrorWithTheNearest) {
  const auto result = shop({"process", "f", "shop_mailr"});
  EXPECT_EQ(result.code, 2);
  EXPECT_EQ(result.err,
            "beamtape-analyzer: cannot find the process 'shop_mailr' in f: nobody has that "
            "registered name or label; nearest: shop_mailer\n");
  EXPECT_EQ(shop({"process", "f", "<0.9.0>"}).code, 2);
}

TEST(Series, ShowsGapsChangesAndNewIncarnations) {
  EXPECT_EQ(
      shop({"series", "f", "process:Shop.Cart", "memory"}).out,
      R"(memory of process Shop.Cart on shop@prod-01, 2024-11-20 12:00:00 to 12:01:10 UTC, 6 snapshots

snapshot  time        memory   change
#1        12:00:00   401 KiB           █████████████████████████████▉  <0.101.0>
#2        12:00:10   402 KiB  +1000 B  █████████████████████████████▉
#3        12:00:20   403 KiB  +1000 B  ██████████████████████████████
#4        12:00:30  43.9 KiB           ███▎  <0.200.0>
#5        12:00:40  44.9 KiB  +1000 B  ███▍
gap of 20.0 s at 12:00:41: node did not answer
#6        12:01:10  45.9 KiB  +1000 B  ███▍
)");
}

TEST(Series, RatesArePerSecondOfTheSameLife) {
  const auto rows = shop_json({"series", "f", "Shop.Cart", "rate(reductions)"})["rows"];
  ASSERT_EQ(rows.size(), 6u);
  EXPECT_TRUE(rows[0]["value"].is_null());
  EXPECT_EQ(rows[1]["value"], 300.0);
  EXPECT_TRUE(rows[3]["value"].is_null());  // another life
  EXPECT_EQ(rows[5]["value"], 100.0);       // 30 s after the one before
}

TEST(Series, NotReadIsNullWithItsReason) {
  const auto rows = shop_json({"series", "f", "shop_mailer", "memory"})["rows"];
  EXPECT_EQ(rows[0]["value"], 2 * 1024 * 1024);
  EXPECT_TRUE(rows[1]["value"].is_null());
  EXPECT_EQ(rows[1]["not_read"]["value"], "mailbox over 10 000 messages");
}

TEST(Series, EveryKindOfSubjectHasOne) {
  for (const auto& [subject, metric, last] : std::vector<std::tuple<std::string, std::string, int>>{
           {"node", "process_count", 4},
           {"group:Shop.Cart", "processes", 1},
           {"ets:shop_cache", "size", 60'000},
           {"ets:shop_cache", "keypos", -1},
           {"shop_cache", "size", 60'000},
           {"port:tcp_inet", "input", 9000},
           {"#Port<0.7>", "input", 9000},
           {"allocator:eheap_alloc", "carriers_size", 1024 * 1024},
           {"allocator:eheap_alloc/1", "mbcs_carriers_size", 1024 * 1024},
           {"<0.100.0>", "links_count", 3},
           {"process:<0.100.0>", "reductions", 5200}}) {
    const auto rows = shop_json({"series", "f", subject, metric})["rows"];
    ASSERT_EQ(rows.size(), 6u) << subject;
    EXPECT_EQ(rows[5]["value"], last < 0 ? json(nullptr) : json(last)) << subject;
  }
}

TEST(Series, CsvHasOneLineASnapshot) {
  EXPECT_EQ(shop({"series", "f", "node", "process_count", "--format", "csv", "--from", "#5"}).out,
            "snapshot,time,value,life,not_read\n"
            "5,2024-11-20T12:00:40.000Z,4,,\n"
            "6,2024-11-20T12:01:10.000Z,4,,\n");
}

TEST(Series, ANameThatSeveralHaveAtOnceIsRefused) {
  Story story;
  story.node("a@h");
  story.snapshot(0);
  story.process("<0.5.0>").text("label", "worker");
  story.process("<0.6.0>").text("label", "worker");
  const auto result = run_on(story, {"series", "f", "process:worker", "reductions"});
  EXPECT_EQ(result.code, 2);
  EXPECT_EQ(result.err,
            "beamtape-analyzer: cannot follow process:worker: 2 have that name and 2 of them live "
            "at once in snapshot #1; choose one: <0.5.0> <0.6.0>\n");
}

TEST(Process, OfEachNodeIsOneLifeHoweverTheirSnapshotsAlternate) {
  Story story;
  const auto first = story.node("a@h"), second = story.node("b@h");
  for (int round = 0; round < 6; ++round) {
    story.snapshot(round, round % 2 == 0 ? first : second);
    story.process("<0.5.0>").text("registered_name", "worker").number("reductions", round);
  }
  EXPECT_THAT(run_on(story, {"process", "f", "worker"}).out, HasSubstr("worker is 2 processes"));
  const auto one = run_on(story, {"series", "f", "worker", "reductions", "--node", "b@h"});
  EXPECT_EQ(one.code, 0) << one.err;
}

TEST(Process, IsNotGoneWhereTheWindowEnds) {
  const auto window = shop({"process", "f", "shop_mailer", "--from", "#2", "--to", "#4"});
  EXPECT_THAT(window.out, HasSubstr("lives at the end"));
}

TEST(Series, DamagedSnapshotsAreUnknownAndNotAbsent) {
  const auto damage = [](FakeReader& reader) { reader.told_damage = {{3, "process 0-4095"}}; };
  const auto result =
      run_on(shop_story(), {"series", "f", "shop_mailer", "reductions", "--json"}, damage);
  EXPECT_EQ(result.code, 3);
  const auto series = json::parse(result.out);
  EXPECT_EQ(series["rows"][1]["value"], 777);
  EXPECT_EQ(series["rows"][2]["not_read"]["value"], "damaged in the recording");
  EXPECT_EQ(series["rows"][4]["not_read"]["value"], "damaged in the recording");
  EXPECT_EQ(series["rows"][5]["value"], 777);  // another keyframe group
  EXPECT_EQ(series["damage"], json::parse(R"(["snapshot #3: process 0-4095"])"));
}

TEST(Series, ANameWithNumbersIsFoundInItsGroup) {
  Story story;
  story.node("a@h");
  story.snapshot(0);
  GroupSample connections;
  connections.name = story.text_id(fold_name("conn_17"));
  connections.processes = 40;
  story.aggregates().groups = {connections};
  const auto result = run_on(story, {"series", "f", "group:conn_17", "processes", "--json"});
  EXPECT_EQ(json::parse(result.out)["rows"][0]["value"], 40) << result.err;
}

TEST(Series, WhatIsUnknownIsNamedWithTheNearest) {
  const auto says = [](const std::string& subject, const std::string& metric,
                       const std::string& part) {
    const auto result = shop({"series", "f", subject, metric});
    EXPECT_EQ(result.code, 2);
    EXPECT_THAT(result.err, HasSubstr(part));
  };
  says("node", "memory_totl", "no such number; nearest: memory_total");
  says("node", "rate(memory_total)", "a rate needs a counter and memory_total is not one");
  says("group:Shop.Crt", "memory", "no group of that name in this recording; nearest: Shop.Cart");
  says("ets:nothing", "memory", "no ets of that name in this recording");
  says("nobody", "memory", "nothing of that name in this recording");
  says("shop_cache", "foo", "nothing has such a number");
  says("node:other@h", "memory_total", "no node of that name");
  says("", "memory", "nothing of that name");
}

TEST(Check, SaysOkOrEachDamageInALine) {
  const auto ok = shop({"check", "f"});
  EXPECT_EQ(ok.code, 0);
  EXPECT_EQ(ok.out,
            "ok: f: 6 snapshots (2024-11-20T12:00:00.000Z to 2024-11-20T12:01:10.000Z) of "
            "shop@prod-01, 12.1 KiB, everything can be read\n");
  const auto damage = [](FakeReader& reader) {
    reader.told_damage = {{0, "text: a page is damaged"}, {4, "process 0-4095: checksum"}};
    reader.told_remarks = {"not closed: the recorder was killed"};
  };
  const auto bad = run_on(shop_story(), {"check", "f"}, damage);
  EXPECT_EQ(bad.code, 3);
  EXPECT_THAT(bad.out, HasSubstr("damaged: text: a page is damaged\n"
                                 "damaged: snapshot #4: process 0-4095: checksum\n"
                                 "not ok: f: 6 snapshots"));
  EXPECT_THAT(bad.out, HasSubstr("note: not closed: the recorder was killed\n"));
  EXPECT_EQ(bad.err,
            "beamtape-analyzer: cannot read all of f: 2 parts are damaged; the other commands "
            "answer from the rest\n");
  const auto told = json::parse(run_on(shop_story(), {"check", "f", "--json"}, damage).out);
  EXPECT_EQ(told["ok"], false);
  EXPECT_EQ(told["damage"][1]["snapshot"], 4);
}

}  // namespace
}  // namespace beamtape
