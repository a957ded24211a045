// A file system that somebody else keeps full: a small one of the test's own.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

#include "schema/store/reader.h"
#include "tests/schema/builders.h"
#include "tests/schema/largest_size.h"

namespace beamtape::test {
namespace {

class FullDisk : public testing::Test {
 protected:
  // A disk of such a size, and so many rows in each snapshot.
  void begin(const char* size, std::size_t rows, std::int64_t max_bytes = 1 << 30) {
    std::filesystem::create_directory(disk());
    if (mount("none", disk().c_str(), "tmpfs", 0, size) != 0) {
      GTEST_SKIP() << "no file system can be mounted: " << std::strerror(errno);
    }
    is_mounted_ = true;
    begin_file(rows, max_bytes);
  }
  void begin_file(std::size_t rows, std::int64_t max_bytes = 1 << 30) {
    auto options = RecordingStory::options();
    options.max_bytes = max_bytes;
    writer_ = Writer::create(path(), options).value();
    ASSERT_TRUE(writer_->add_node({.name = "zoo@here", .facts = {}, .applications = {}}));
    rows_ = random_.rows(animals(), rows);
    epoch_ = lost_ = 0;
    was_lost_ = false;
  }
  // Closes the file, and removes all that is on the disk. Returns how many snapshots it had.
  std::size_t end_file(bool many = false) {
    std::filesystem::remove(disk() + "/filler");
    EXPECT_TRUE(writer_->close());
    writer_.reset();
    const auto reader = Reader::open(path());
    const auto count = reader ? (*reader)->snapshots().size() : 0;
    expect_whole_but_for_texts(path(), many);
    std::filesystem::remove(path());
    return count;
  }
  void TearDown() override {
    writer_.reset();
    if (is_mounted_) umount2(disk().c_str(), MNT_DETACH);
  }

  std::string disk() const { return folder_.file("disk"); }
  std::string path() const { return disk() + "/full.beamtape"; }

  // Leaves no byte to anybody.
  void fill() const {
    const int file = open((disk() + "/filler").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ASSERT_GE(file, 0);
    const std::vector<char> bytes(1 << 16);
    for (std::size_t size = bytes.size(); size > 0;) {
      if (write(file, bytes.data(), size) < 0) size /= 2;
    }
    close(file);
  }

  // Stores a snapshot, as a recorder would: a keyframe group begins where one is wanted, or was
  // lost. False if it was lost; fails the test if that is not for want of space.
  bool store() {
    const auto id = writer_->last_snapshot() + 1;
    if (was_lost_ || id - epoch_ >= 128 || writer_->wants_keyframe(1)) epoch_ = id;
    if (id == 1) epoch_ = 1;
    random_.change(animals(), share_, rows_);
    const auto done = put(id);
    was_lost_ = !done;
    if (was_lost_) {
      EXPECT_EQ(done.error().code, Error::Code::kDiskFull) << done.error().message;
      ++lost_;
    }
    return !was_lost_;
  }
  Expected<void> put(std::int64_t id) {
    auto done = writer_->begin(id, epoch_, 1);
    for (Cell text = id * texts_; done && text < (id + 1) * texts_; ++text) {
      done = writer_->put_text(text, "request " + std::to_string(text));
    }
    if (done) done = writer_->put_rows(animals(), 0, RowGroup(rows_));
    if (done) done = writer_->put_aggregates({.node = {1, 2, 3}});
    if (!done) return done;
    const auto stored = writer_->commit({.ended_wall_us = id, .not_answered = ""});
    return stored ? done : tl::unexpected(stored.error());
  }
  // So many snapshots, before each of which nothing is left; only a few of them are lost.
  void store_on_a_full_disk(int snapshots) {
    for (int i = 0; i < snapshots; ++i) {
      fill();
      if (store()) continue;
      const auto space = writer_->make_space();
      ASSERT_TRUE(space) << "snapshot " << i << ": " << space.error().message;
    }
    EXPECT_LE(lost_, 5);
  }

  // Stores some more, or until there is no space for them: all that was not dropped is there.
  void expect_kept(std::int64_t before, bool is_taken) {
    std::int64_t dropped = 0;
    bool goes_on = true;
    for (int i = 0; i < 50 && goes_on; ++i) {
      if (is_taken) fill();
      if (store()) continue;
      dropped = writer_->dropped_snapshots();
      goes_on = writer_->make_space().has_value();
    }
    if (!goes_on) {
      EXPECT_EQ(writer_->dropped_snapshots(), dropped);
    }
    const auto kept = writer_->last_snapshot() - writer_->dropped_snapshots();
    EXPECT_GE(kept, std::min<std::int64_t>(before, 2));
    EXPECT_EQ(end_file(), static_cast<std::size_t>(kept));
  }

  const TemporaryFolder folder_;
  std::unique_ptr<Writer> writer_;
  RandomRows random_{1};
  RowGroup rows_;
  double share_ = 0.1;
  Cell texts_ = 200;  // of each snapshot
  std::int64_t epoch_ = 0;
  int lost_ = 0;
  bool was_lost_ = false;

 private:
  bool is_mounted_ = false;
};

TEST_F(FullDisk, GoesOnForEverWithTheSpaceThatTheFileHas) {
  ASSERT_NO_FATAL_FAILURE(begin("size=6m", 3000));
  if (!writer_) return;
  while (writer_->file_bytes() < 3 << 20) ASSERT_TRUE(store());
  ASSERT_NO_FATAL_FAILURE(store_on_a_full_disk(1500));
  const auto last = writer_->last_snapshot();
  std::filesystem::remove(disk() + "/filler");
  ASSERT_TRUE(writer_->close());
  const auto reader = Reader::open(path());
  ASSERT_TRUE(reader);
  EXPECT_EQ((*reader)->snapshots().back().id, last);
  EXPECT_GE((*reader)->snapshots().size(), 20u);
}

// Groups several times as large as what is kept back for a full disk.
TEST_F(FullDisk, DropsLargeGroups) {
  ASSERT_NO_FATAL_FAILURE(begin("size=48m", 4000));
  if (!writer_) return;
  share_ = 0.9;
  while (writer_->file_bytes() < 30 << 20) ASSERT_TRUE(store());
  ASSERT_NO_FATAL_FAILURE(store_on_a_full_disk(200));
}

// One that has all of its bound already when the disk becomes full, while its node grows.
TEST_F(FullDisk, KeepsToItsBoundThere) {
  constexpr std::int64_t kBound = 4 << 20;
  ASSERT_NO_FATAL_FAILURE(begin("size=24m", 20, kBound));
  if (!writer_) return;
  LargestSize largest(path());
  for (const Cell texts : {200, 2000, 100, 5000, 50, 4000, 6000}) {
    texts_ = texts;
    const auto dropped = writer_->dropped_snapshots();
    while (writer_->dropped_snapshots() < dropped + 20) ASSERT_TRUE(store());
    texts_ = 5 * texts / 4;
    lost_ = 0;
    ASSERT_NO_FATAL_FAILURE(store_on_a_full_disk(50));
    std::filesystem::remove(disk() + "/filler");
  }
  EXPECT_LE(largest.end(), kBound);
  end_file(true);
}

// A young recording has little that could be dropped: what would not be enough stays.
TEST_F(FullDisk, DropsNothingForNothing) {
  ASSERT_NO_FATAL_FAILURE(begin("size=64m", 1));
  if (!writer_) return;
  end_file();
  for (const std::size_t rows : {100, 1000, 4000}) {
    for (const int before : {1, 10, 33, 45, 70, 140, 300}) {
      for (const bool is_taken : {false, true}) {  // what is given up, by somebody else
        SCOPED_TRACE(testing::Message()
                     << rows << " rows, " << before << " snapshots, " << is_taken);
        begin_file(rows);
        for (int i = 0; i < before; ++i) ASSERT_TRUE(store());
        fill();
        expect_kept(before, is_taken);
      }
    }
  }
}

}  // namespace
}  // namespace beamtape::test
