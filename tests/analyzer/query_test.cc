#include "schema/store/query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "analyzer/query/recording_tables.h"
#include "tests/analyzer/run.h"
#include "tests/analyzer/shop.h"
#include "tests/analyzer/write_story.h"

namespace beamtape {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class QueryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    path_ = ::testing::TempDir() + "beamtape_query_" + std::to_string(getpid()) + ".beamtape";
    const auto written = write_story(shop_story(), path_);
    ASSERT_TRUE(written) << written.error().message;
  }
  void TearDown() override { std::filesystem::remove(path_); }

  json rows(const std::string& sql) const {
    const auto run = run_on_files({"query", path_, sql, "--json"});
    EXPECT_EQ(run.code, 0) << sql << ": " << run.err;
    return run.code == 0 ? json::parse(run.out).at("rows") : json();
  }

  // What a query made the tables decode.
  RecordingTables::Work work_of(const std::string& file, const std::string& sql) const {
    auto reader = Reader::open(file);
    EXPECT_TRUE(reader);
    const Recording recording(std::move(*reader), file);
    RecordingTables tables(recording);
    const auto query = Query::open(file, tables);
    EXPECT_TRUE(query);
    const auto done = (*query)->run(
        sql, [](const auto&) {}, [](const auto&) { return true; });
    EXPECT_TRUE(done) << done.error().message;
    return tables.work();
  }

  std::string path_;
};

TEST_F(QueryTest, EveryColumnIsWhatShowSays) {
  for (const std::string table : {"process", "ets", "port", "allocator", "scheduler"}) {
    const auto shown =
        json::parse(run_on_files({"show", table, path_, "--at", "#4", "--json"}).out);
    const auto asked = rows("SELECT * FROM " + table + " WHERE snapshot = 4");
    ASSERT_EQ(asked.size(), shown.at("rows").size()) << table;
    const auto key = shown.at("columns")[0].at("name").get<std::string>();
    for (const json& row : shown.at("rows")) {
      const auto same = std::find_if(asked.begin(), asked.end(),
                                     [&](const json& one) { return one.at(key) == row.at(key); });
      ASSERT_NE(same, asked.end()) << table << " " << row.at(key);
      for (const auto& [name, value] : row.items()) {
        if (name == "not_read") continue;
        json got = same->at(name);
        if (value.is_array()) got = json::parse(got.get<std::string>());
        if (value.is_boolean()) got = got.get<int>() == 1;
        EXPECT_EQ(got, value) << table << "." << name;
      }
    }
  }
}

TEST_F(QueryTest, JoinsSnapshotsAndPlainTables) {
  const auto joined = rows(
      "SELECT s.id, p.message_queue_len AS queue FROM snapshot s JOIN process p ON p.snapshot = "
      "s.id WHERE p.name = 'shop_mailer' ORDER BY s.id DESC LIMIT 2");
  EXPECT_EQ(joined, json::parse(R"([{"id":6,"queue":36000},{"id":5,"queue":30000}])"));
  EXPECT_EQ(rows("SELECT value FROM meta WHERE key = 'format'")[0]["value"], "3");
  EXPECT_EQ(rows("SELECT count(*) AS n FROM process WHERE memory IS NULL")[0]["n"], 5);
}

TEST_F(QueryTest, FollowsOnePidThroughItsLife) {
  EXPECT_EQ(rows("SELECT snapshot FROM process WHERE pid = '<0.101.0>'"),
            json::parse(R"([{"snapshot":1},{"snapshot":2},{"snapshot":3}])"));
  EXPECT_EQ(rows("SELECT count(*) AS n FROM process WHERE pid = '<0.200.0>' AND snapshot >= 5"),
            json::parse(R"([{"n":2}])"));
  EXPECT_EQ(rows("SELECT * FROM process WHERE pid = '<9.9.9>'"), json::array());
}

TEST_F(QueryTest, DecodesOnlyTheSnapshotThatIsAskedFor) {
  const auto one = work_of(kDemo, "SELECT count(*) FROM process WHERE snapshot = 7");
  EXPECT_EQ(one.whole + one.stepped, 1);
  const auto range = work_of(kDemo, "SELECT count(*) FROM process WHERE snapshot BETWEEN 5 AND 9");
  EXPECT_EQ(range.whole, 1);
  EXPECT_EQ(range.stepped, 4);
  const auto several = work_of(kDemo, "SELECT count(*) FROM process WHERE snapshot IN (2, 3)");
  EXPECT_EQ(several.whole + several.stepped, 2);
  const auto all = work_of(kDemo, "SELECT count(*) FROM process");
  EXPECT_EQ(all.whole, 1);
  EXPECT_EQ(all.stepped, 19);
  EXPECT_EQ(work_of(kDemo, "SELECT 1 FROM process WHERE snapshot = NULL").whole, 0);
  EXPECT_EQ(work_of(kDemo, "SELECT 1 FROM process WHERE snapshot > 99").whole, 0);
}

TEST_F(QueryTest, DecodesOnlyTheRowGroupOfAPidThatWasFound) {
  const auto work =
      work_of(kDemo, "SELECT memory FROM process WHERE pid = '<0.125.0>' AND snapshot > 3");
  EXPECT_EQ(work.whole, 1);
  EXPECT_EQ(work.stepped, 0);
  EXPECT_EQ(work.followed, 16);
  const auto once =
      work_of(kDemo, "SELECT memory FROM process WHERE pid = '<0.125.0>' AND snapshot = 12.0");
  EXPECT_EQ(once.whole, 1);
  EXPECT_EQ(once.followed, 0);
}

TEST_F(QueryTest, RefusesToWriteAndLeavesTheFileAsItWas) {
  const auto bytes = [&] {
    std::ostringstream text;
    text << std::ifstream(path_, std::ios::binary).rdbuf();
    return text.str();
  };
  const auto before = bytes();
  for (const std::string sql :
       {"DELETE FROM snapshot", "UPDATE meta SET value = 1", "DROP TABLE part",
        "CREATE TEMP TABLE x(a)", "ATTACH ':memory:' AS y", "PRAGMA journal_mode = WAL",
        "INSERT INTO process VALUES(1)", "VACUUM", "BEGIN IMMEDIATE"}) {
    const auto run = run_on_files({"query", path_, sql});
    EXPECT_EQ(run.code, 2) << sql;
    EXPECT_THAT(run.err, HasSubstr("cannot run the query: ")) << sql;
    EXPECT_EQ(run.out, "");
  }
  EXPECT_EQ(bytes(), before);
}

TEST_F(QueryTest, TellsWhatIsWrongWithTheSqlInOneLine) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"SELEC 1", "near \"SELEC\": syntax error"},
      {"SELECT nope FROM process", "no such column"},
      {"SELECT 1 FROM processes", "no such table"},
      {"", "it is empty"},
      {"SELECT 1; SELECT 2", "more than one statement"},
      {"SELECT load_extension('x')", "not authorized"}};
  for (const auto& [sql, reason] : cases) {
    const auto run = run_on_files({"query", path_, sql});
    EXPECT_EQ(run.code, 2) << sql;
    EXPECT_THAT(run.err, HasSubstr(reason));
    EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1);
  }
}

// Takes so many bytes, and then no more.
class Closing : public Output {
 public:
  bool write(std::string_view more) override {
    text += more;
    return text.size() < 100'000;
  }
  std::string text;
};

TEST_F(QueryTest, WritesTheTableOfAnEndlessSelectWhileItGoes) {
  Closing out, err;
  const std::string endless =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i, 'x' FROM n";
  EXPECT_EQ(run_program({"query", path_, endless}, Reader::open, out, err), 0) << err.text;
  EXPECT_THAT(out.text, HasSubstr("\n 999  x\n1000  x\n"));
  // Its columns become wider, and their head stands above the first alone.
  EXPECT_THAT(out.text, HasSubstr("\n1999  x\n"));
  EXPECT_EQ(out.text.rfind("'x'"), out.text.find("'x'"));
}

TEST_F(QueryTest, WritesATableJsonAndCsv) {
  const std::string sql = "SELECT name, size, heir, 0.5 FROM ets WHERE snapshot = 2";
  EXPECT_EQ(run_on_files({"query", path_, sql, "--format", "csv"}).out,
            "name,size,heir,0.5\nshop_cache,20000,,0.5\n");
  EXPECT_EQ(run_on_files({"query", path_, sql}).out,
            "name         size  heir  0.5\nshop_cache  20000     -  0.5\n");
  const auto twice = rows("SELECT 1 AS a, 2 AS a");
  EXPECT_EQ(twice, json::parse(R"([{"a":1,"a_2":2}])"));
}

}  // namespace
}  // namespace beamtape
