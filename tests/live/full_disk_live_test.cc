// A file system that is really full: a small one of the test's own, filled by somebody else while
// a node is recorded into it.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "tests/live/live_test.h"

namespace beamtape::live {
namespace {

class FullDisk : public LiveTest {
 protected:
  void SetUp() override {
    LiveTest::SetUp();
    if (IsSkipped()) return;
    std::filesystem::create_directory(disk());
    if (mount("none", disk().c_str(), "tmpfs", 0, "size=8m") != 0) {
      GTEST_SKIP() << "no file system can be mounted: " << std::strerror(errno);
    }
    is_mounted_ = true;
    node_ = world_->start();
    node_->ask("live_population busy 500");
  }
  void TearDown() override {
    if (is_mounted_) umount2(disk().c_str(), MNT_DETACH);
  }

  std::filesystem::path disk() const { return world_->file("disk"); }
  std::filesystem::path recording() const { return disk() / "node.beamtape"; }

  Program attach(const std::vector<std::string>& options) const {
    std::vector<std::string> arguments = {node_->name(), "-o",       recording(), "-i",
                                          "100ms",       "--budget", "100%",      "--json"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return Program(world_->recorder(arguments));
  }

  // Leaves no byte to anybody.
  void fill() const {
    const int file = open((disk() / "filler").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ASSERT_GE(file, 0);
    const std::vector<char> bytes(1 << 16);
    for (std::size_t size = bytes.size(); size > 0;) {
      if (write(file, bytes.data(), size) < 0) size /= 2;
    }
    close(file);
  }

  // Reads on until the file says that something was lost, which is dropped with the rest one day.
  void expect_gap(Program& recorder) const {
    Json gaps;
    for (int i = 0; i < 60 && gaps.empty(); ++i) {
      ASSERT_TRUE(recorder.read_line());
      gaps = analyze({"info", recording(), "--json"}).at("gaps");
    }
    ASSERT_FALSE(gaps.empty());
    const std::string reason = gaps.at(0).at("reason");
    EXPECT_EQ(reason.rfind("disk full", 0), 0u) << reason;
  }

  std::unique_ptr<Node> node_;

 private:
  bool is_mounted_ = false;
};

TEST_F(FullDisk, EndsARecordingWithoutABoundAndKeepsAllOfIt) {
  Program recorder = attach({});
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(recorder.read_line());
  fill();
  const Ended ended = recorder.wait();
  EXPECT_EQ(ended.exit_code, kEndedEarly);
  EXPECT_NE(ended.error.find("no space left"), std::string::npos) << ended.error;
  std::filesystem::remove(disk() / "filler");
  expect_sound(recording());
  const Json info = analyze({"info", recording(), "--json"});
  EXPECT_EQ(info.at("snapshots"), 10 + lines_of(ended.out).size());
  ASSERT_EQ(info.at("gaps").size(), 1u);
  EXPECT_EQ(info.at("gaps").at(0).at("reason"), "disk full");
}

// By default a signal that kills.
TEST_F(FullDisk, ALimitOfFileSizesIsAFullDisk) {
  const Ended ended = run(with_file_limit(world_->recorder({node_->name(), "-o", recording(), "-i",
                                                            "100ms", "--budget", "100%", "--json"}),
                                          500));
  EXPECT_EQ(ended.exit_code, kEndedEarly);
  EXPECT_NE(ended.error.find("no space left: files may not be larger than 500 KiB (ulimit -f)"),
            std::string::npos)
      << ended.error;
  // What was folded in last may be in the -wal alone.
  const Ended check = run({.command = {BEAMTAPE_ANALYZER, "check", recording()}});
  EXPECT_EQ(check.exit_code, 0) << check.out << check.error;
  const Ended info = run({.command = {BEAMTAPE_ANALYZER, "info", recording(), "--json"}});
  EXPECT_EQ(info.error.find("cut short"), std::string::npos) << info.error;
  EXPECT_EQ(Json::parse(info.out).at("snapshots"), lines_of(ended.out).size());
}

TEST_F(FullDisk, ALimitOfFileSizesBoundsARecordingThatKeepsATime) {
  Program recorder(
      with_file_limit(world_->recorder({node_->name(), "-o", recording(), "-i", "100ms", "--budget",
                                        "100%", "--json", "--keep", "1h"}),
                      600));
  const auto said = recorder.read_error_line();
  ASSERT_TRUE(said);
  EXPECT_NE(said->find("600 KiB here (ulimit -f)"), std::string::npos) << *said;
  std::size_t read = 0;
  const auto info = [&] { return analyze({"info", recording(), "--json"}); };
  do {
    for (int i = 0; i < 20; ++i, ++read) ASSERT_TRUE(recorder.read_line());
  } while (info().at("dropped_to") == 0);
  recorder.signal(SIGTERM);
  const Ended ended = recorder.wait();
  EXPECT_EQ(ended.exit_code, 0) << ended.error;
  EXPECT_EQ(ended.error, "");
  expect_sound(recording());
  EXPECT_EQ(info().at("gaps"), Json::array());
  EXPECT_EQ(info().at("dropped_to").get<std::size_t>() + info().at("snapshots").get<std::size_t>(),
            read + lines_of(ended.out).size());
}

// The snapshot is in the -wal, and more than the file takes.
TEST_F(FullDisk, AFileThatCannotBeClosedIsSaidToHaveAWal) {
  const Launch recorder = world_->recorder({node_->name(), "-o", recording(), "--once"});
  ASSERT_EQ(run(recorder).exit_code, 0);
  const auto kib = static_cast<int>(std::filesystem::file_size(recording()) / 1024);
  // It takes some pages more than an empty one, which has to have room; how many varies a little.
  Ended ended;
  for (int less = 4; less < 16 && ended.exit_code != kEndedEarly; less += 4) {
    std::filesystem::remove(recording());
    ended = run(with_file_limit(recorder, kib - less));
  }
  EXPECT_EQ(ended.exit_code, kEndedEarly);
  EXPECT_NE(
      ended.error.find("(ulimit -f); 1 snapshot of " + node_->name() + " is in " +
                       recording().string() + " and " + recording().string() + "-wal: keep both"),
      std::string::npos)
      << ended.error;
  EXPECT_EQ(analyze({"info", recording(), "--json"}).at("snapshots"), 1);
}

TEST_F(FullDisk, DropsTheOldestOfABoundedRecordingAndGoesOn) {
  Program recorder = attach({"--max-size", "1GiB"});
  for (int i = 0; i < 70; ++i) ASSERT_TRUE(recorder.read_line());
  fill();
  const auto news = recorder.read_error_line();
  ASSERT_TRUE(news);
  EXPECT_NE(news->find("the disk is full"), std::string::npos) << *news;
  expect_gap(recorder);
  std::size_t last = 0;
  for (int i = 0; i < 200; ++i) {
    // Whatever was given up is taken by somebody else.
    fill();
    const auto line = recorder.read_line();
    ASSERT_TRUE(line) << recorder.wait().error;
    last = Json::parse(*line).at("snapshot");
  }
  recorder.signal(SIGTERM);
  const Ended ended = recorder.wait();
  EXPECT_EQ(ended.exit_code, 0) << ended.error;
  std::filesystem::remove(disk() / "filler");
  expect_sound(recording());
  const Json info = analyze({"info", recording(), "--json"});
  EXPECT_GE(info.at("dropped_to"), 32);
  EXPECT_EQ(info.at("dropped_to").get<std::size_t>() + info.at("snapshots").get<std::size_t>(),
            last + lines_of(ended.out).size());
}

}  // namespace
}  // namespace beamtape::live
