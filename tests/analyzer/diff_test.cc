#include "analyzer/diff/diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/analyzer/fake_reader.h"
#include "tests/analyzer/run.h"
#include "tests/analyzer/shop.h"

namespace beamtape {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

json diff_json(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "diff");
  arguments.push_back("--json");
  const auto run = run_on_files(arguments);
  EXPECT_EQ(run.code, 0) << run.err;
  return json::parse(run.out);
}

json shop_diff(const std::vector<std::string>& more) {
  std::vector<std::string> arguments{"diff", "any", "--json"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const auto run = run_on(shop_story(), arguments);
  EXPECT_EQ(run.code, 0) << run.err;
  return json::parse(run.out);
}

const json* find_row(const json& answer, const std::string& subject, const std::string& name,
                     const std::string& metric, const std::string& change) {
  for (const json& row : answer.at("rows")) {
    if (row.at("subject") == subject && row.at("name") == name && row.at("metric") == metric &&
        row.at("change") == change) {
      return &row;
    }
  }
  return nullptr;
}

// Every part is the sum of what it consists of, down to the last.
void expect_adds_up(const json& part) {
  EXPECT_EQ(part.at("b").get<std::int64_t>() - part.at("a").get<std::int64_t>(),
            part.at("difference").get<std::int64_t>());
  if (part.at("parts").empty()) return;
  std::int64_t a = 0, b = 0;
  for (const json& one : part.at("parts")) {
    a += one.at("a").get<std::int64_t>();
    b += one.at("b").get<std::int64_t>();
    expect_adds_up(one);
  }
  EXPECT_EQ(a, part.at("a")) << part.at("name");
  EXPECT_EQ(b, part.at("b")) << part.at("name");
}

const json* find_part(const json& part, const std::string& name) {
  if (part.at("name") == name) return &part;
  for (const json& one : part.at("parts")) {
    if (const json* found = find_part(one, name)) return found;
  }
  return nullptr;
}

TEST(Diff, TellsAppearedGoneAndChangedApart) {
  const json answer = shop_diff({});
  // The cart was restarted under the same name: another process.
  const json* gone = find_row(answer, "process", "Shop.Cart", "memory", "gone");
  ASSERT_TRUE(gone);
  EXPECT_EQ(gone->at("id"), "<0.101.0>");
  EXPECT_TRUE(gone->at("b").is_null());
  EXPECT_EQ(gone->at("difference"), -(400 * 1024 + 1000));
  const json* appeared = find_row(answer, "process", "Shop.Cart", "memory", "appeared");
  ASSERT_TRUE(appeared);
  EXPECT_EQ(appeared->at("id"), "<0.200.0>");
  EXPECT_TRUE(appeared->at("percent").is_null());
  const json* table = find_row(answer, "ets", "shop_cache", "size", "changed");
  ASSERT_TRUE(table);
  EXPECT_EQ(table->at("a"), 10'000);
  EXPECT_EQ(table->at("b"), 60'000);
  EXPECT_EQ(table->at("percent"), 500.0);
  EXPECT_NEAR(table->at("per_second").get<double>(), 50'000 / 70.0, 0.01);
  EXPECT_FALSE(find_row(answer, "process", "shop_mailer", "reductions", "changed"));
}

TEST(Diff, DoesNotSubtractWhatWasNotRead) {
  const json answer = shop_diff({});
  const json* mailer = find_row(answer, "process", "shop_mailer", "memory", "changed");
  ASSERT_TRUE(mailer);
  EXPECT_TRUE(mailer->at("b").is_null());
  EXPECT_TRUE(mailer->at("difference").is_null());
}

// A damaged row group is empty, and of a row like this not even when it was first seen is known.
TEST(Diff, AsksNothingOfASlotThatDamageHasEmptied) {
  Story story = shop_story();
  const std::int64_t first = story.snapshots.front().id, last = story.snapshots.back().id;
  const auto column = FakeReader(story).table("process")->find("first_seen");
  story.rows[{"process", first}].groups[0].columns[*column].set(0, missing(Missing::kNone));
  auto& groups = story.rows[{"process", last}].groups;
  groups.insert(groups.begin(), RowGroup{});
  const auto run = run_on(story, {"diff", "any"});
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("where memory went"));
}

TEST(Diff, SplitsGrowthIntoPartsThatAddUp) {
  const json growth = shop_diff({}).at("growth");
  expect_adds_up(growth);
  EXPECT_EQ(growth.at("difference"), 5 * 1024 * 1024);
  ASSERT_TRUE(find_part(growth, "ets"));
  EXPECT_EQ(find_part(growth, "shop_cache")->at("difference"), 15 * 1024 * 1024);
  EXPECT_EQ(find_part(growth, "other system memory")->at("kind"), "unattributed");
}

TEST(Diff, NamesTheCulpritOfARealRecording) {
  const json answer = diff_json({kDemo});
  expect_adds_up(answer.at("growth"));
  const json& largest = answer.at("growth").at("parts").at(0);
  EXPECT_GT(largest.at("difference"), 0);
  EXPECT_TRUE(find_part(answer.at("growth"), "prices"));
  EXPECT_EQ(answer.at("matched_by"), "identity");
  // Its mailbox was too long to be read in the end: that is not memory given back.
  EXPECT_FALSE(find_part(answer.at("growth"), "audit_log"));
  EXPECT_THAT(answer.at("growth").dump(), HasSubstr("not attributed; not read: audit_log"));
}

TEST(Diff, MatchesTwoRecordingsByNameNeverByPid) {
  const json answer = diff_json({kDemo, kDemo, "--from", "first"});
  EXPECT_EQ(answer.at("matched_by"), "name");
  EXPECT_TRUE(answer.at("seconds").is_null());
  expect_adds_up(answer.at("growth"));
  for (const json& row : answer.at("rows")) {
    EXPECT_TRUE(row.at("id").is_null());
    EXPECT_TRUE(row.at("per_second").is_null());
  }
  EXPECT_TRUE(find_row(answer, "process", "audit_log", "message_queue_len", "changed"));
  EXPECT_TRUE(find_row(answer, "ets", "prices", "size", "changed"));
  const auto text = run_on_files({"diff", kDemo, kDemo});
  EXPECT_THAT(text.out, HasSubstr("matched by name"));
}

TEST(Diff, ShowsTheLargestOfTheChosenSubjects) {
  const auto text = run_on(shop_story(), {"diff", "any", "--only", "ets,processes"});
  EXPECT_EQ(text.code, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("where memory went"));
  EXPECT_THAT(text.out, HasSubstr("ETS tables: 0 appeared, 0 gone, 1 changed, 0 the same"));
  EXPECT_THAT(text.out, Not(HasSubstr("allocators:")));
  const auto csv = run_on(shop_story(), {"diff", "any", "--only", "ets", "--format", "csv"});
  EXPECT_THAT(csv.out, HasSubstr("ets,changed,shop_cache,shop_cache,size,10000,60000,50000,"));
}

TEST(Diff, RefusesWhatCannotBeComparedInOneLine) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
      {{"--from", "#2", "--to", "#2"}, "with itself"},
      {{"--from", "#99"}, "outside the recording"},
      {{"--only", "process,tabels"}, "no such subject"},
      {{"--node", "nobody"}, "cannot find the node"},
  };
  for (const auto& [words, reason] : cases) {
    std::vector<std::string> arguments{"diff", "any"};
    arguments.insert(arguments.end(), words.begin(), words.end());
    const auto run = run_on(shop_story(), arguments);
    EXPECT_EQ(run.code, 2) << run.err;
    EXPECT_THAT(run.err, HasSubstr(reason));
  }
}

}  // namespace
}  // namespace beamtape
