// A window that was cut out answers as the whole recording does.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/analyzer/run.h"
#include "tests/analyzer/shop.h"
#include "tests/analyzer/write_story.h"

namespace beamtape {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class CutTest : public ::testing::Test {
 protected:
  void SetUp() override {
    out_ = ::testing::TempDir() + "beamtape_cut_" + std::to_string(getpid()) + ".beamtape";
    std::filesystem::remove(out_);
  }
  void TearDown() override { std::filesystem::remove(out_); }

  void cut(const std::string& file, const std::string& from, const std::string& to) const {
    const auto run = run_on_files({"cut", file, "--from", from, "--to", to, "-o", out_});
    ASSERT_EQ(run.code, 0) << run.err;
    EXPECT_THAT(run.out, HasSubstr("snapshots #"));
    const auto check = run_on_files({"check", out_});
    EXPECT_EQ(check.code, 0) << check.out;
  }

  std::string out_;
};

TEST_F(CutTest, AnswersTheSameInsideTheWindow) {
  // The second keyframe group does not begin where the window does.
  cut(kDemo, "#7", "#15");
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"show", "processes", "--at", "#7", "--json"},
                                             {"show", "processes", "--at", "#15", "--json"},
                                             {"show", "ets", "--at", "#9", "--json"},
                                             {"show", "ports", "--at", "#9", "--json"},
                                             {"show", "allocators", "--at", "#12", "--json"},
                                             {"show", "questions", "--at", "#12", "--json"},
                                             {"show", "groups", "--at", "#11", "--json"},
                                             {"show", "node", "--at", "#11", "--json"},
                                             {"alloc", "--at", "#10", "--json"}}) {
    auto whole = words;
    auto part = words;
    const auto at = words[0] == "show" ? 2 : 1;
    whole.insert(whole.begin() + at, kDemo);
    part.insert(part.begin() + at, out_);
    const auto expected = run_on_files(whole);
    EXPECT_EQ(expected.code, 0) << expected.err;
    EXPECT_EQ(run_on_files(part).out, expected.out) << ::testing::PrintToString(words);
  }
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"ets:prices", "memory"},
                                             {"node", "atom_count"},
                                             {"process:audit_log", "reductions"},
                                             {"group:order_worker__", "memory"}}) {
    const std::vector<std::string> range{"--from", "#7", "--to", "#15", "--json"};
    std::vector<std::string> whole{"series", kDemo, words[0], words[1]};
    std::vector<std::string> part{"series", out_, words[0], words[1]};
    whole.insert(whole.end(), range.begin(), range.end());
    part.insert(part.end(), range.begin(), range.end());
    const auto expected = json::parse(run_on_files(whole).out);
    const auto got = json::parse(run_on_files(part).out);
    EXPECT_EQ(got.at("rows"), expected.at("rows")) << words[0];
    EXPECT_EQ(got.at("rows").size(), 9u);
  }
}

TEST_F(CutTest, TellsAProcessAsTheWholeDoes) {
  // Up to the end: whether a process lives at the end is told of the recording.
  cut(kDemo, "#7", "last");
  const auto life = [](const std::string& file) {
    return run_on_files(
        {"process", file, "stock_server", "--from", "#7", "--to", "last", "--json"});
  };
  const auto whole = life(kDemo);
  ASSERT_EQ(whole.code, 0) << whole.err;
  EXPECT_EQ(life(out_).out, whole.out);
}

TEST_F(CutTest, KeepsTheGapsAndNotesOfItsTime) {
  const std::string story = out_ + ".story";
  ASSERT_TRUE(write_story(shop_story(), story));
  cut(story, "#5", "#6");
  auto info = json::parse(run_on_files({"info", out_, "--json"}).out);
  EXPECT_EQ(info["snapshots"], 2);
  EXPECT_EQ(info["gaps"].size(), 1u);
  EXPECT_EQ(info["notes"].size(), 0u);
  std::filesystem::remove(out_);
  cut(story, "#1", "#3");
  info = json::parse(run_on_files({"info", out_, "--json"}).out);
  EXPECT_EQ(info["gaps"].size(), 0u);
  EXPECT_EQ(info["notes"].size(), 1u);
  std::filesystem::remove(story);
}

TEST_F(CutTest, IsSmallerItsOwnersAndOverwritesNothing) {
  cut(kDemo, "#7", "#9");
  EXPECT_LT(std::filesystem::file_size(out_), std::filesystem::file_size(kDemo));
  struct stat status {};
  ASSERT_EQ(stat(out_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_FALSE(std::filesystem::exists(out_ + "-wal"));
  const auto again = run_on_files({"cut", kDemo, "-o", out_});
  EXPECT_EQ(again.code, 2);
  EXPECT_THAT(again.err, HasSubstr("it exists"));
  const auto itself = run_on_files({"cut", out_, "-o", out_});
  EXPECT_EQ(itself.code, 2);
}

TEST_F(CutTest, LeavesNothingWhereItCannotCopy) {
  EXPECT_EQ(run_on_files({"cut", kDemo, "--from", "#90", "-o", out_}).code, 2);
  EXPECT_EQ(run_on_files({"cut", kDemo}).code, 2);
  EXPECT_FALSE(std::filesystem::exists(out_));
}

// A limit on the size of files stands for a full disk.
TEST_F(CutTest, LeavesNothingBesideWhereTheDiskIsFull) {
  const auto before = std::signal(SIGXFSZ, SIG_IGN);
  struct rlimit whole {};
  getrlimit(RLIMIT_FSIZE, &whole);
  for (const rlim_t bytes : {1 << 12, 1 << 14, 1 << 16, 100 << 10}) {
    const struct rlimit full { bytes, whole.rlim_max };
    setrlimit(RLIMIT_FSIZE, &full);
    const auto run = run_on_files({"cut", kDemo, "-o", out_});
    setrlimit(RLIMIT_FSIZE, &whole);
    EXPECT_EQ(run.code, 4) << bytes;
    EXPECT_THAT(run.err, HasSubstr("no space left")) << bytes;
    for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
      EXPECT_FALSE(std::filesystem::exists(out_ + suffix)) << bytes << suffix;
    }
  }
  std::signal(SIGXFSZ, before);
}

}  // namespace
}  // namespace beamtape
