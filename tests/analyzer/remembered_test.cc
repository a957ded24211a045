#include "analyzer/view/remembered.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace beamtape {
namespace {

class RememberedTest : public ::testing::Test {
 protected:
  RememberedTest()
      : folder_(std::filesystem::temp_directory_path() /
                ("beamtape-remembered-" + std::to_string(::getpid()))) {}
  ~RememberedTest() override { std::filesystem::remove_all(folder_); }

  std::string path(const char* name = "a/b/window.json") const { return folder_ / name; }
  void write(const std::string& text) const {
    std::filesystem::create_directories(folder_);
    std::ofstream(path("window.json")) << text;
  }

  std::filesystem::path folder_;
};

TEST_F(RememberedTest, ComesBackAsItWas) {
  Remembered one;
  one.light = true;
  one.width = 1024;
  one.columns["processes"] = {"pid", "memory"};
  one.sorts["processes by owner"] = "count:desc,name:asc";
  one.filters["ets"] = "name ~ \"ä\"";
  one.groupings["processes"] = "owner";
  one.layout = "[Table][0x1,2]\nColumn 0 Width=3\n";
  one.opened("/a.beamtape");
  one.opened("/b.beamtape");
  one.opened("/a.beamtape");
  EXPECT_EQ(one.recent, (std::vector<std::string>{"/a.beamtape", "/b.beamtape"}));
  ASSERT_TRUE(save_remembered(one, path()));
  EXPECT_EQ(load_remembered(path()), one);
}

TEST_F(RememberedTest, IsAsNewWhereTheFileMakesNoSense) {
  for (const char* text : {"", "[1]", "{", "{\"width\": \"wide\", \"recent\": 4, \"columns\": []}",
                           "{\"recent\": [1, {}]}", "{\"light\": 1}",
                           "{\"filters\": {\"ets\": 7}, \"sorts\": [], \"layout\": {}}"}) {
    write(text);
    EXPECT_EQ(load_remembered(path("window.json")), Remembered()) << text;
  }
  write("{\"width\": 99999999999}");
  EXPECT_EQ(load_remembered(path("window.json")).width, 16'000);
  EXPECT_EQ(load_remembered(path("not there")), Remembered());
}

TEST_F(RememberedTest, ThatItCannotBeWrittenIsNoError) {
  EXPECT_FALSE(save_remembered({}, ""));
  EXPECT_FALSE(save_remembered({}, "/proc/nowhere/window.json"));
}

TEST_F(RememberedTest, HoldsTheNewestTenFiles) {
  Remembered one;
  for (int i = 0; i < 15; ++i) one.opened("/" + std::to_string(i));
  ASSERT_EQ(one.recent.size(), 10U);
  EXPECT_EQ(one.recent.front(), "/14");
}

}  // namespace
}  // namespace beamtape
