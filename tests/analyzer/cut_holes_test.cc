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
  // All of a window from `from` to `to` that is there: `what`, as the command tells it.
  void expect_copied(const char* from, const char* to, const char* what) const {
    const auto copied = copy("cut", from, to);
    ASSERT_EQ(copied.code, 0) << copied.err;
    EXPECT_THAT(copied.out, HasSubstr(what));
    expect_sound();
  }
  void expect_refused(const char* from, const char* to, const char* why) const {
    const auto refused = copy("cut", from, to);
    EXPECT_EQ(refused.code, 3);
    EXPECT_THAT(refused.err, HasSubstr(why));
    EXPECT_FALSE(std::filesystem::exists(out_));
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
  ASSERT_NO_FATAL_FAILURE(expect_copied("#2", "#5", "snapshots #4 to #5"));
  ASSERT_NO_FATAL_FAILURE(expect_copied("#1", "#3", "snapshots #1 to #1"));
  EXPECT_EQ((*Reader::open(out_))->dropped_to(), 0);
  expect_refused("#2", "#3", "none of the snapshots #2 to #3 is there");
}

TEST_F(CutOfHoles, WhatIsLostBetweenIsDamage) {
  write_torn();
  ASSERT_NO_FATAL_FAILURE(expect_copied("#1", "#3", "snapshots #1 to #1"));
  expect_refused("first", "last", "snapshots #2 to #3 are not there");
}

}  // namespace
}  // namespace beamtape
