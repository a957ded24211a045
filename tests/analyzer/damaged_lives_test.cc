// What is damaged in a recording has not ended: of that nobody knows.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "schema/store/sqlite.h"
#include "tests/analyzer/run.h"
#include "tests/analyzer/trouble.h"
#include "tests/analyzer/write_story.h"

namespace beamtape {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kSnapshots = 60, kSecondGroup = 40, kDamaged = 50;

Story::Row add_flooded(Story& story, int i) {
  return story.process("<0.80.0>")
      .text("registered_name", "mailer")
      .text("status", "waiting")
      .number("message_queue_len", 200 * i)
      .number("reductions", 1000 + 5000 * i)
      .number("memory", 3000);
}

// A file of processes whose rows are damaged from snapshot 50 on, to its end.
class DamagedLives : public ::testing::Test {
 protected:
  ~DamagedLives() override { std::filesystem::remove(path_); }

  void write(const std::function<void(Story&, int)>& add) {
    const Story story =
        Trouble(kSnapshots)
            .also([&](Story& told, int i) {
              if (i + 2 == kSecondGroup) told.new_epoch();
              told.process("<0.1.0>").number("reductions", i).number("memory", 1000);
              add(told, i);
            })
            .story();
    std::filesystem::remove(path_);
    const auto written = write_story(story, path_);
    ASSERT_TRUE(written) << written.error().message;
    auto database = Database::open(path_, Database::Mode::kWrite);
    ASSERT_TRUE(database) << database.error().message;
    const auto done = database->exec(
        fmt::format("UPDATE part SET data = substr(data, 1, length(data) - 1) || x'5a' "
                    "WHERE key = {}",
                    kDamaged * 256 + static_cast<int>(process_table().id)));
    ASSERT_TRUE(done) << done.error().message;
  }

  Findings findings() const {
    const Recording recording(std::move(*Reader::open(path_)), path_);
    auto found = find_findings(recording, "", {1, kSnapshots});
    EXPECT_TRUE(found);
    return found ? std::move(*found) : Findings{};
  }

  std::string path_ =
      ::testing::TempDir() + "damaged_lives_" + std::to_string(getpid()) + ".beamtape";
};

TEST_F(DamagedLives, AMailboxThatCouldNotBeReadToTheEndDoesNotDrain) {
  write([](Story& story, int i) { add_flooded(story, i); });
  const auto found = findings();
  EXPECT_FALSE(found.damage.empty());
  ASSERT_THAT(said(found), ElementsAre("mailbox-buildup warning mailer"));
  EXPECT_THAT(found.findings[0].title, HasSubstr("grows: 9 600 messages"));
  EXPECT_THAT(found.findings[0].evidence, HasSubstr("in #49, after which it could not be read"));
}

TEST_F(DamagedLives, NothingFoundIsOfWhatCouldBeRead) {
  write([](Story&, int) {});
  EXPECT_EQ(run_on_files({"findings", path_}).out,
            "nothing found in what could be read: parts are damaged\n");
}

TEST_F(DamagedLives, AMailboxWhoseProcessEndedBeforeDiedWithIt) {
  write([](Story& story, int i) {
    if (i < 30) add_flooded(story, i);
  });
  ASSERT_THAT(said(findings()), ElementsAre("mailbox-buildup info mailer"));
  EXPECT_THAT(findings().findings[0].title, HasSubstr("was long when its process ended"));
}

TEST_F(DamagedLives, AProcessIsNotGoneOnlyBecauseItCannotBeRead) {
  write([](Story& story, int i) {
    add_flooded(story, i);
    if (i < 30) story.process("<0.81.0>").text("registered_name", "gone").number("reductions", i);
  });
  const auto lost = run_on_files({"process", path_, "mailer"});
  EXPECT_EQ(lost.code, 3);
  EXPECT_THAT(lost.out, HasSubstr("what came after that is damaged"));
  EXPECT_THAT(lost.out, Not(HasSubstr("gone after that")));
  EXPECT_THAT(run_on_files({"process", path_, "gone"}).out, HasSubstr("gone after that"));
  const auto in_json = [&](const char* name) {
    return run_on_files({"process", path_, name, "--json"}).out;
  };
  EXPECT_THAT(in_json("mailer"), HasSubstr("\"lives_at_end\":null"));
  EXPECT_THAT(in_json("gone"), HasSubstr("\"lives_at_end\":false"));
}

TEST_F(DamagedLives, ADiffDoesNotCallThemGone) {
  write([](Story& story, int i) { add_flooded(story, i); });
  const auto text = run_on_files({"diff", path_, "--only", "processes"});
  EXPECT_EQ(text.code, 3);
  EXPECT_THAT(text.out, HasSubstr("processes: 0 appeared, 0 gone, 0 changed, 0 the same, 2 not "
                                  "known: damaged on one side"));
  EXPECT_THAT(text.err, HasSubstr("snapshot #50: process 0-4095: checksum does not match"));
}

}  // namespace
}  // namespace beamtape
