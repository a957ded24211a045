// Copies of recordings whose snapshots have no number after the other.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "schema/store/sqlite.h"
#include "tests/analyzer/run.h"
#include "tests/analyzer/write_story.h"

namespace beamtape {
namespace {

using ::testing::HasSubstr;

class CutOfHoles : public ::testing::Test {
 protected:
  ~CutOfHoles() override {
    std::filesystem::remove(path_);
    std::filesystem::remove(out_);
  }

  // #1 is of a node that is seldom seen; of the other one, #2 and #3 were dropped.
  void write_bounded() const {
    Story story;
    const auto seldom = story.node("seldom@here"), often = story.node("often@here");
    story.snapshot(0, seldom);
    story.process("<0.1.0>").text("registered_name", "early").number("memory", 1000);
    for (int i = 0; i < 6; ++i) {
      if (i == 2) story.new_epoch();
      story.snapshot(10 + 10 * i, often);
      story.process("<0.1.0>").text("registered_name", "late").number("memory", 2000 + i);
    }
    const auto written = write_story(story, path_, 15'000'000);
    ASSERT_TRUE(written) << written.error().message;
    ASSERT_EQ((*Reader::open(path_))->dropped_to(), 3);
    ASSERT_EQ((*Reader::open(path_))->snapshots().size(), 5u);
  }

  // A damaged file of one node that is without the rows of #2 and #3.
  void write_torn() const {
    Story story;
    story.node("shop@here");
    for (int i = 0; i < 5; ++i) {
      if (i == 3) story.new_epoch();
      story.snapshot(10 * i);
      story.process("<0.1.0>").number("memory", 1000);
    }
    ASSERT_TRUE(write_story(story, path_));
    auto database = Database::open(path_, Database::Mode::kWrite);
    ASSERT_TRUE(database) << database.error().message;
    ASSERT_TRUE(database->exec("DELETE FROM snapshot WHERE id IN (2, 3)"));
  }

  RunResult copy(const char* command, const char* from, const char* to) const {
    std::filesystem::remove(out_);
    return run_on_files({command, path_, "--from", from, "--to", to, "-o", out_});
  }
  void expect_sound() const {
    const auto check = run_on_files({"check", out_});
    EXPECT_EQ(check.code, 0) << check.out;
  }

  const std::string path_ =
      ::testing::TempDir() + "cut_holes_" + std::to_string(getpid()) + ".beamtape";
  const std::string out_ = path_ + ".out";
};

TEST_F(CutOfHoles, OfABoundedRecordingOfSeveralNodesTheyStay) {
  write_bounded();
  for (const char* command : {"cut", "redact"}) {
    const auto run = copy(command, "first", "last");
    ASSERT_EQ(run.code, 0) << run.err;
    EXPECT_THAT(run.out, HasSubstr("snapshots #1 to #7"));
    expect_sound();
    EXPECT_EQ((*Reader::open(out_))->dropped_to(), 3);
    EXPECT_EQ((*Reader::open(out_))->snapshots().size(), 5u);
  }
  ASSERT_EQ(copy("cut", "first", "last").code, 0);
  for (const char* at : {"#1", "#7"}) {
    const auto shown = [&](const std::string& file) {
      return run_on_files({"show", file, "processes", "--at", at, "--json"}).out;
    };
    EXPECT_EQ(shown(out_), shown(path_)) << at;
  }
}

TEST_F(CutOfHoles, AWindowBeginsAndEndsWithSnapshotsThatAreThere) {
  write_bounded();
  const auto from = copy("cut", "#2", "#5");
  ASSERT_EQ(from.code, 0) << from.err;
  EXPECT_THAT(from.out, HasSubstr("snapshots #4 to #5"));
  expect_sound();
  const auto to = copy("cut", "#1", "#3");
  ASSERT_EQ(to.code, 0) << to.err;
  EXPECT_THAT(to.out, HasSubstr("snapshots #1 to #1"));
  expect_sound();
  EXPECT_EQ((*Reader::open(out_))->dropped_to(), 0);
  const auto neither = copy("cut", "#2", "#3");
  EXPECT_EQ(neither.code, 3);
  EXPECT_THAT(neither.err, HasSubstr("none of the snapshots #2 to #3 is there"));
  EXPECT_FALSE(std::filesystem::exists(out_));
}

TEST_F(CutOfHoles, WhatIsLostBetweenIsDamage) {
  write_torn();
  const auto edge = copy("cut", "#1", "#3");
  ASSERT_EQ(edge.code, 0) << edge.err;
  EXPECT_THAT(edge.out, HasSubstr("snapshots #1 to #1"));
  expect_sound();
  const auto across = copy("cut", "first", "last");
  EXPECT_EQ(across.code, 3);
  EXPECT_THAT(across.err, HasSubstr("snapshots #2 to #3 are not there"));
  EXPECT_FALSE(std::filesystem::exists(out_));
}

}  // namespace
}  // namespace beamtape
