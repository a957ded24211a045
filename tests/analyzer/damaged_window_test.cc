// What is damaged where a window starts, or in the sums of a snapshot, is unknown: neither zero nor
// absent.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "schema/store/sqlite.h"
#include "tests/analyzer/run.h"
#include "tests/analyzer/write_story.h"

namespace beamtape {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

constexpr int kShots = 4, kSecondGroupAt = 3;

// A minute of two processes, the second of which began in the second keyframe group, and of one
// sum of each kind.
class DamagedWindow : public ::testing::Test {
 protected:
  ~DamagedWindow() override { std::filesystem::remove(path_); }

  void write(const std::string& damage) const {
    Story story;
    story.node("shop@here");
    for (int i = 1; i <= kShots; ++i) {
      if (i == kSecondGroupAt) story.new_epoch();
      story.snapshot(10 * i);
      story.node_row().number("process_count", 2);
      add_process(story, "<0.1.0>", "old", 1000 * i);
      if (i >= kSecondGroupAt) add_process(story, "<0.2.0>", "new", 1000 * i);
      auto& all = story.aggregates();
      const Cell name = story.text_id("sum");
      all.groups.push_back({.name = name, .processes = 2, .memory = 10, .reductions = 1000 * i});
      all.ets.push_back({.name = name, .tables = 1, .memory = 10});
      all.ports.push_back({.name = name, .ports = 1, .memory = 10});
    }
    std::filesystem::remove(path_);
    const auto written = write_story(story, path_);
    ASSERT_TRUE(written) << written.error().message;
    auto database = Database::open(path_, Database::Mode::kWrite);
    ASSERT_TRUE(database) << database.error().message;
    const auto done = database->exec(damage);
    ASSERT_TRUE(done) << done.error().message;
  }
  void write_damaged_processes() const {
    write(
        fmt::format("UPDATE part SET data = substr(data, 1, length(data) - 1) || x'5a' "
                    "WHERE key = {}",
                    256 + static_cast<int>(process_table().id)));
  }
  static void add_process(Story& story, const std::string& pid, const std::string& name,
                          std::int64_t reductions) {
    story.process(pid)
        .text("registered_name", name)
        .number("memory", 10)
        .number("reductions", reductions);
  }

  // The rows of an answer, by the name in them.
  std::map<std::string, json> rows(std::vector<std::string> words) const {
    words.push_back("--json");
    const auto run = run_on_files(words);
    EXPECT_EQ(run.code, 3) << run.err;
    std::map<std::string, json> all;
    const auto answer = json::parse(run.out);
    for (const auto& row : answer.at("rows")) all[row.at("name")] = row;
    return all;
  }

  const std::string path_ =
      ::testing::TempDir() + "damaged_window_" + std::to_string(getpid()) + ".beamtape";
};

TEST_F(DamagedWindow, TheWorkOfATreeIsNotNothing) {
  write_damaged_processes();
  const auto told = rows({"tree", path_, "--window", "20s"});
  EXPECT_TRUE(told.at("old").at("reductions_per_second").is_null());
  EXPECT_EQ(told.at("old").at("reductions_unknown"), 1);
  EXPECT_EQ(told.at("new").at("reductions_per_second"), 200);
  EXPECT_EQ(told.at("outside of all applications").at("reductions_per_second"), 200);
  const auto text = run_on_files({"tree", path_, "--window", "20s"}).out;
  EXPECT_THAT(text, HasSubstr("200+"));
  EXPECT_THAT(text, HasSubstr("without 1 process, whose work in that time is not known"));
}

TEST_F(DamagedWindow, ARowThatWasDamagedThenWasNotAbsent) {
  write_damaged_processes();
  const auto told = rows({"show", "processes", path_, "--window", "20s", "--columns",
                          "name,delta(memory),rate(reductions)"});
  EXPECT_TRUE(told.at("old").at("delta(memory)").is_null());
  EXPECT_TRUE(told.at("old").at("not_read").contains("delta(memory)"));
  EXPECT_TRUE(told.at("old").at("not_read").contains("rate(reductions)"));
  EXPECT_FALSE(told.at("new").contains("not_read")) << "it began later";
}

const std::string kDamagedSums = "UPDATE group_sample SET memory = 11 WHERE snapshot = 2";

TEST_F(DamagedWindow, SumsThatAreDamagedAreNotAbsentInASeries) {
  write(kDamagedSums);
  for (const auto& [subject, metric] : std::map<std::string, std::string>{
           {"group:sum", "memory"}, {"ets:sum", "memory"}, {"port:sum", "memory"}}) {
    const auto run = run_on_files({"series", path_, subject, metric, "--json"});
    EXPECT_EQ(run.code, 3) << run.err;
    const auto points = json::parse(run.out).at("rows");
    ASSERT_EQ(points.size(), 4u);
    EXPECT_TRUE(points[1].at("value").is_null());
    EXPECT_THAT(points[1].dump(), HasSubstr("damaged in the recording")) << subject;
    EXPECT_EQ(points[2].at("value"), 10);
    EXPECT_FALSE(points[2].contains("not_read"));
  }
}

TEST_F(DamagedWindow, ADamagedRowOfTheNodeIsNotAbsentInASeries) {
  write("UPDATE node_sample SET process_count = 3 WHERE snapshot = 2");
  const auto run = run_on_files({"series", path_, "node", "process_count", "--json"});
  const auto points = json::parse(run.out).at("rows");
  ASSERT_EQ(points.size(), 4u);
  EXPECT_TRUE(points[1].contains("not_read")) << points[1];
}

TEST_F(DamagedWindow, SumsThatWereDamagedThenWereNotAbsent) {
  write(kDamagedSums);
  const auto told =
      rows({"show", "groups", path_, "--window", "20s", "--columns", "name,delta(memory)"});
  EXPECT_TRUE(told.at("sum").at("not_read").contains("delta(memory)"));
}

}  // namespace
}  // namespace beamtape
