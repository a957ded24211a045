// Recordings of earlier versions still open and say the same.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "schema/store/reader.h"
#include "schema/store/sqlite.h"
#include "tests/analyzer/run.h"

namespace beamtape {
namespace {

const std::string kFormat3 = BEAMTAPE_SOURCE_DIR "/samples/recordings/demo-format-3.beamtape";
const std::string kFormat1 = BEAMTAPE_SOURCE_DIR "/samples/recordings/demo-format-1.beamtape";

// A copy of a sample, to be damaged; gone with this.
class Copy {
 public:
  explicit Copy(const std::string& sample)
      : path_(fmt::format("{}copy-{}.beamtape", testing::TempDir(), getpid())) {
    std::filesystem::copy_file(sample, path_, std::filesystem::copy_options::overwrite_existing);
  }
  ~Copy() { std::filesystem::remove(path_); }
  Copy(const Copy&) = delete;
  Copy& operator=(const Copy&) = delete;
  const std::string& path() const { return path_; }
  void change(const char* sql) const {
    auto database = Database::open(path_, Database::Mode::kWrite);
    ASSERT_TRUE(database && database->exec(sql)) << sql;
  }

 private:
  std::string path_;
};

TEST(Samples, OpenAndAreWhole) {
  int files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(
           std::filesystem::path(kFormat1).parent_path())) {
    if (!entry.is_regular_file()) continue;
    auto reader = Reader::open(entry.path());
    ASSERT_TRUE(reader) << reader.error().message;
    const auto damage = (*reader)->check({});
    ASSERT_TRUE(damage) << damage.error().message;
    EXPECT_TRUE(damage->empty()) << entry.path() << ": " << damage->front().what;
    ++files;
  }
  EXPECT_GE(files, 21);
}

TEST(Samples, OfFormat1TellsTheTroublesOfTheDemoNode) {
  const auto top = run_on_files(
      {"show", "processes", kFormat1, "--sort", "message_queue_len", "--json", "--limit", "1"});
  ASSERT_EQ(top.code, 0) << top.err;
  const auto row = nlohmann::json::parse(top.out).at("rows").at(0);
  EXPECT_EQ(row.at("registered_name"), "audit_log");
  EXPECT_GT(row.at("message_queue_len"), 5000);
  const auto stock = run_on_files(
      {"show", "processes", kFormat1, "--filter", "registered_name = stock_server", "--json"});
  EXPECT_EQ(nlohmann::json::parse(stock.out).at("rows").at(0).at("current_function"),
            "gen:do_call/4");
  const auto prices = run_on_files({"series", kFormat1, "ets:prices", "size", "--json"});
  EXPECT_EQ(nlohmann::json::parse(prices.out).at("rows").size(), 20u);
}

TEST(Samples, OfFormat1NamesTheThreeTroublesAndNoOther) {
  const auto answer = run_on_files({"findings", kFormat1, "--json"});
  ASSERT_EQ(answer.code, 0) << answer.err;
  const auto told = nlohmann::json::parse(answer.out);
  std::map<std::string, std::string> subjects;
  for (const auto& one : told.at("findings")) {
    subjects[one.at("rule")] = one.at("subject").at("name");
  }
  const std::map<std::string, std::string> troubles{
      {"deadlock", "stock_server"}, {"mailbox-buildup", "audit_log"}, {"ets-growth", "prices"}};
  EXPECT_EQ(subjects, troubles);
}

// Each was made of the one of format 1 by the `cut` of its time, which writes anew.
class LaterFormat : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Samples, LaterFormat, testing::Values(2, 3));

TEST_P(LaterFormat, SaysTheSameAsFormat1) {
  auto first = Reader::open(kFormat1);
  auto second = Reader::open(
      fmt::format(BEAMTAPE_SOURCE_DIR "/samples/recordings/demo-format-{}.beamtape", GetParam()));
  ASSERT_TRUE(first && second);
  EXPECT_EQ((*first)->format_version(), 1);
  EXPECT_EQ((*second)->format_version(), GetParam());
  ASSERT_EQ((*first)->snapshots().size(), (*second)->snapshots().size());
  for (const auto& snapshot : (*first)->snapshots()) {
    for (const Table& table : (*first)->tables()) {
      if (table.name == "node") continue;
      const auto a = (*first)->rows(table, snapshot.id, nullptr);
      const auto b = (*second)->rows(*(*second)->table(table.name), snapshot.id, nullptr);
      ASSERT_TRUE(a && b);
      EXPECT_EQ(a->groups, b->groups) << table.name << " #" << snapshot.id;
    }
  }
}

// What is damaged has not gone, and what it held was not given back.
TEST(Samples, DamagedSumsAreNotTakenForNothing) {
  const Copy copy(kFormat3);
  copy.change("UPDATE group_sample SET memory = memory * 2 WHERE snapshot = 9");
  const std::string& path = copy.path();
  const auto told = run_on_files({"diff", path, "--from", "#8", "--to", "#9", "--json"});
  EXPECT_EQ(told.code, 3) << told.err;
  const auto answer = nlohmann::json::parse(told.out);
  ASSERT_FALSE(answer.at("rows").empty());
  EXPECT_EQ(answer.at("counts").at(1).at("not_known"), 63) << answer.at("counts");
  for (const auto& row : answer.at("rows")) {
    EXPECT_TRUE(row.at("subject") != "group" && row.at("subject") != "allocator") << row;
  }
  const auto text = run_on_files({"diff", path, "--from", "#8", "--to", "#9"});
  EXPECT_NE(text.out.find("the sums by group are damaged"), std::string::npos) << text.out;
  EXPECT_EQ(text.out.find("other groups"), std::string::npos) << text.out;
}

// Of a copy that was cut short the rest still answers.
TEST(Samples, ACutEndLimitsTheAnswersAndEndsNone) {
  const Copy copy(kFormat3);
  const std::string& path = copy.path();
  std::filesystem::resize_file(path, 150'000);
  const std::string page = path + ".html";
  const std::vector<std::vector<std::string>> commands{
      {"findings", path}, {"show", "groups", path}, {"diff", path}, {"report", path, "-o", page}};
  for (const auto& command : commands) {
    const auto told = run_on_files(command);
    EXPECT_EQ(told.code, 3) << command[0] << ": " << told.err;
    EXPECT_FALSE(told.out.empty()) << command[0] << ": " << told.err;
    EXPECT_NE(told.err.find("cannot read all of"), std::string::npos) << told.err;
  }
  std::filesystem::remove(page);
}

// A snapshot whose own row cannot be trusted is left out; those after it stand on its differences.
TEST(Samples, OneDamagedSnapshotChangesNoFinding) {
  const Copy copy(kFormat3);
  copy.change(
      "UPDATE snapshot SET began_wall_us = began_wall_us * 2, began_mono_us = 7 WHERE id = 9");
  const std::string& path = copy.path();
  const auto names = [](const std::string& file, int code) {
    const auto answer = run_on_files({"findings", file, "--json"});
    EXPECT_EQ(answer.code, code) << answer.err;
    std::map<std::string, std::string> subjects;
    const auto told = nlohmann::json::parse(answer.out);
    for (const auto& one : told.at("findings")) {
      subjects[one.at("rule")] = one.at("subject").at("name");
    }
    return subjects;
  };
  EXPECT_EQ(names(path, 3), names(kFormat1, 0));
  const auto told = run_on_files({"findings", path});
  EXPECT_EQ(told.err.find("and 1 more"), std::string::npos) << told.err;
  EXPECT_NE(told.err.find("snapshot #9: its own row"), std::string::npos) << told.err;
}

}  // namespace
}  // namespace beamtape
