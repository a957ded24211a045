// The commands on a real file give the same as on the story that it was written from.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
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
using ::testing::Not;

// A path of this process alone: ctest runs each test in its own, many side by side.
std::string own_path(const std::string& suffix) {
  return ::testing::TempDir() + "beamtape_" + std::to_string(getpid()) + suffix;
}

class FilesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    path_ = own_path(".beamtape");
    const auto written = write_story(shop_story(), path_);
    ASSERT_TRUE(written) << written.error().message;
  }
  void TearDown() override { std::filesystem::remove(path_); }

  std::string path_;
};

TEST_F(FilesTest, EveryAnswerIsTheSameFromAFile) {
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"show", "processes", path_},
           {"show", "processes", path_, "--json", "--at", "#3"},
           {"show", "ets", path_, "--format", "csv"},
           {"show", "ports", path_, "--json"},
           {"show", "allocators", path_},
           {"show", "node", path_, "--json"},
           {"show", "groups", path_, "--json", "--at", "first"},
           {"process", path_, "Shop.Cart"},
           {"process", path_, "Shop.Cart", "--json"},
           {"process", path_, "<0.102.0>", "--format", "csv"},
           {"series", path_, "node", "rate(context_switches)", "--json"},
           {"series", path_, "group:shop_mailer", "message_queue_len"},
           {"series", path_, "Shop.Cart", "memory", "--json"},
           {"series", path_, "allocator:eheap_alloc", "blocks_size", "--format", "csv"}}) {
    const auto from_file = run_on_files(arguments);
    const auto from_story = run_on(shop_story(), arguments);
    EXPECT_EQ(from_file.code, 0) << from_file.err;
    EXPECT_EQ(from_file.out, from_story.out) << ::testing::PrintToString(arguments);
  }
}

TEST_F(FilesTest, InfoAndCheckTellTheFile) {
  const auto info = json::parse(run_on_files({"info", path_, "--json"}).out);
  EXPECT_EQ(info["snapshots"], 6);
  EXPECT_EQ(info["nodes"][0]["name"], "shop@prod-01");
  EXPECT_EQ(info["bytes"], std::filesystem::file_size(path_));
  EXPECT_EQ(info["gaps"].size(), 1u);
  const auto check = run_on_files({"check", path_});
  EXPECT_EQ(check.code, 0) << check.out << check.err;
  EXPECT_THAT(check.out, HasSubstr("ok: "));
}

TEST_F(FilesTest, ChangedBytesAreFoundAndNeverCrashACommand) {
  const auto size = std::filesystem::file_size(path_);
  int named = 0;
  for (std::uintmax_t at = 4096; at < size; at += 2048 + 13) {
    std::filesystem::copy_file(path_, path_ + ".bad",
                               std::filesystem::copy_options::overwrite_existing);
    std::fstream file(path_ + ".bad", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(at));
    file.write("\xde\xad\xbe\xef", 4);
    file.close();
    const auto check = run_on_files({"check", path_ + ".bad"});
    EXPECT_TRUE(check.code == 0 || check.code == 3) << check.err;
    named += check.code == 3 ? 1 : 0;
    for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
             {"info", path_ + ".bad"},
             {"show", "processes", path_ + ".bad", "--json"},
             {"process", path_ + ".bad", "Shop.Cart"},
             {"series", path_ + ".bad", "group:Shop.Cart", "memory"}}) {
      const int code = run_on_files(words).code;
      EXPECT_TRUE(code == 0 || code == 2 || code == 3) << code;
    }
  }
  EXPECT_GT(named, 0);
  std::filesystem::remove(path_ + ".bad");
}

TEST_F(FilesTest, ACopyThatWasCutShortSaysWhatToDo) {
  const auto size = std::filesystem::file_size(path_);
  std::filesystem::resize_file(path_, size - 4096);
  const auto most = run_on_files({"info", path_});
  EXPECT_THAT(most.err, HasSubstr("cut short: "));
  EXPECT_THAT(most.err, HasSubstr("copy it again"));
  std::filesystem::resize_file(path_, 3 * 4096);
  const auto little = run_on_files({"info", path_});
  EXPECT_EQ(little.code, 3);
  EXPECT_THAT(little.err, HasSubstr("copy it again\n"));
  EXPECT_THAT(little.err, Not(HasSubstr("malformed")));
}

TEST(Files, WhatIsNoRecordingIsExitCode3) {
  const std::string path = own_path(".txt");
  std::ofstream(path) << "not a recording";
  EXPECT_EQ(run_on_files({"info", path}).code, 3);
  EXPECT_EQ(run_on_files({"check", path}).code, 3);
  std::filesystem::remove(path);
  const auto missing = run_on_files({"info", path});
  EXPECT_EQ(missing.code, 3);
  EXPECT_THAT(missing.err, HasSubstr("beamtape-analyzer: cannot "));
}

}  // namespace
}  // namespace beamtape
