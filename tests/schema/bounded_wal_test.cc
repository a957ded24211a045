// What goes through the -wal of a bounded recording beside the parts of its snapshots.

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <string>

#include "schema/store/reader.h"
#include "tests/schema/builders.h"
#include "tests/schema/largest_size.h"

namespace beamtape::test {
namespace {

class BoundedWal : public testing::Test {
 protected:
  static constexpr std::int64_t kBound = 4 << 20;

  static Writer::Options bounded() {
    auto options = RecordingStory::options();
    options.max_bytes = kBound;
    options.durable = false;  // many small ones take long otherwise
    return options;
  }
  void SetUp() override {
    auto made = Writer::create(path_, bounded());
    ASSERT_TRUE(made);
    writer_ = std::move(*made);
    ASSERT_TRUE(writer_->add_node({.name = "zoo@here", .facts = {}, .applications = {}}));
  }

  // A keyframe of so many rows, in row groups of up to 1000, with what `put` puts.
  Expected<std::int64_t> store(std::size_t rows, const std::function<void()>& put = {}) {
    const auto id = writer_->last_snapshot() + 1;
    EXPECT_TRUE(writer_->begin(id, id, 1));
    if (put) put();
    for (std::size_t group = 0; group < groups_ || rows > 0; ++group) {
      const auto some = std::min<std::size_t>(rows, 1000);
      rows -= some;
      EXPECT_TRUE(writer_->put_rows(animals(), group, random_.rows(animals(), some)));
      groups_ = std::max(groups_, group + 1);
    }
    EXPECT_TRUE(writer_->put_aggregates({.node = {1, 2, 3}}));
    return writer_->commit(
        {.ended_wall_us = now_us_ + id, .began_mono_us = now_us_ + id, .not_answered = ""});
  }
  void must_store(std::size_t rows, const std::function<void()>& put = {}) {
    const auto stored = store(rows, put);
    ASSERT_TRUE(stored) << stored.error().message;
    ASSERT_LE(writer_->file_bytes(), kBound) << writer_->last_snapshot();
  }
  void put_texts(int count, std::size_t bytes) {
    for (int i = 1; i <= count; ++i) ASSERT_TRUE(writer_->put_text(i, std::string(bytes, 'x')));
  }

  const TemporaryFolder folder_;
  const std::string path_ = folder_.file("bounded.beamtape");
  std::unique_ptr<Writer> writer_;
  RandomRows random_{1};
  std::size_t groups_ = 0;
  std::int64_t now_us_ = 0;
};

// A node that grows a hundredfold under a recorder that has run for long: what small snapshots have
// filled leaves too little for the -wal of a large one.
TEST_F(BoundedWal, AFileThatSmallSnapshotsHaveFilledBecomesShorterForLargeOnes) {
  while (writer_->dropped_snapshots() < 100) ASSERT_NO_FATAL_FAILURE(must_store(1000));
  EXPECT_GT(writer_->file_bytes(), kBound * 3 / 4);
  LargestSize largest(path_);
  {
    const auto reader = Reader::open(path_).value();
    ASSERT_NO_FATAL_FAILURE(must_store(1000));  // is held in the -wal from here on
    const auto refused = store(80'000);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Error::Code::kRefused) << refused.error().message;
  }
  for (int i = 0; i < 5; ++i) {
    ASSERT_NO_FATAL_FAILURE(must_store(80'000, [this] { put_texts(2000, 10); }));
  }
  for (int i = 0; i < 200; ++i) ASSERT_NO_FATAL_FAILURE(must_store(1000));
  EXPECT_LE(largest.end(), kBound);
  const auto kept = writer_->last_snapshot() - writer_->dropped_snapshots();
  EXPECT_GE(kept, 30);
  EXPECT_TRUE(writer_->close());
  EXPECT_EQ(Reader::open(path_).value()->snapshots().size(), static_cast<std::size_t>(kept));
  expect_whole_but_for_texts(path_, true);
}

// Of those that are small, each page is written once more when it is dropped.
TEST_F(BoundedWal, ManySmallSnapshotsGoForALargeOne) {
  while (writer_->dropped_snapshots() < 1) ASSERT_NO_FATAL_FAILURE(must_store(20));
  LargestSize largest(path_);
  ASSERT_NO_FATAL_FAILURE(must_store(70'000));
  EXPECT_LE(largest.end(), kBound);
  ASSERT_TRUE(writer_->close());
  expect_whole_but_for_texts(path_, true);
}

// Nor do they go for one that has no room without them: what is dropped in vain takes room, too.
TEST_F(BoundedWal, ASnapshotThatCannotFitTakesNoRoom) {
  while (writer_->dropped_snapshots() < 1) ASSERT_NO_FATAL_FAILURE(must_store(20));
  const auto kept = Reader::open(path_).value()->snapshots().size();
  LargestSize largest(path_);
  const auto refused = store(200'000);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("no room"), std::string::npos) << refused.error().message;
  EXPECT_LE(largest.end(), kBound);
  ASSERT_TRUE(writer_->close());
  EXPECT_EQ(Reader::open(path_).value()->snapshots().size(), kept);
  expect_whole_but_for_texts(path_, true);
}

// One that is longer than a quarter of a page has pages of its own.
TEST_F(BoundedWal, LongTextsTakeWholePages) {
  ASSERT_NO_FATAL_FAILURE(must_store(20));
  while (writer_->dropped_snapshots() < 10) ASSERT_NO_FATAL_FAILURE(must_store(2000));
  LargestSize largest(path_);
  for (int i = 0; i < 20; ++i) {
    const auto stored = store(20, [&] { put_texts(160 + 5 * i, 1010); });
    ASSERT_TRUE(stored) << stored.error().message;
  }
  EXPECT_LE(largest.end(), kBound);
  ASSERT_TRUE(writer_->close());
  expect_whole_but_for_texts(path_, true);
}

// A recorder that was killed before it had folded the -wal in.
TEST_F(BoundedWal, WhatAnEarlierRecorderLeftInItCountsToo) {
  while (writer_->dropped_snapshots() < 10) ASSERT_NO_FATAL_FAILURE(must_store(1000));
  const std::string copy = folder_.file("killed.beamtape");
  {
    const auto reader = Reader::open(path_).value();
    while (store(1000)) {
    }
    for (const char* suffix : {"", "-wal"}) {
      std::filesystem::copy_file(path_ + suffix, copy + suffix);
    }
  }
  ASSERT_TRUE(writer_->close());
  const auto taken = std::filesystem::file_size(copy) + std::filesystem::file_size(copy + "-wal");
  ASSERT_LE(taken, kBound);
  LargestSize largest(copy);
  auto again = Writer::append(copy, bounded());
  ASSERT_TRUE(again) << again.error().message;
  writer_ = std::move(*again);
  for (int i = 0; i < 5; ++i) ASSERT_NO_FATAL_FAILURE(must_store(30'000));
  EXPECT_LE(largest.end(), kBound);
  ASSERT_TRUE(writer_->close());
  expect_whole_but_for_texts(copy, true);
}

// A node that was away for longer than --keep: all that is older goes behind what a reader keeps in
// the -wal, and with that come pages which the file does not have yet.
TEST_F(BoundedWal, WhatIsTooOldGoesBesideAReaderToo) {
  auto options = bounded();
  options.keep_us = 3'600'000'000;
  const std::string path = folder_.file("aged.beamtape");
  writer_ = Writer::create(path, options).value();
  ASSERT_TRUE(writer_->add_node({.name = "zoo@here", .facts = {}, .applications = {}}));
  while (writer_->file_bytes() < kBound * 3 / 8) ASSERT_NO_FATAL_FAILURE(must_store(200));
  LargestSize largest(path);
  {
    const auto reader = Reader::open(path).value();
    while (writer_->file_bytes() < kBound * 5 / 8) ASSERT_NO_FATAL_FAILURE(must_store(200));
    now_us_ = 2 * options.keep_us;
    static_cast<void>(store(200));
  }
  for (int i = 0; i < 5; ++i) ASSERT_NO_FATAL_FAILURE(must_store(200));
  EXPECT_LE(largest.end(), kBound);
  ASSERT_TRUE(writer_->close());
  expect_whole_but_for_texts(path, true);
}

TEST_F(BoundedWal, RowsBesideSnapshotsDoNotBreakItForAReader) {
  while (writer_->dropped_snapshots() < 10) ASSERT_NO_FATAL_FAILURE(must_store(1000));
  NodeRecord life{.name = "zoo@here", .facts = {}, .applications = {}};
  for (int i = 0; i < 300; ++i) {
    life.applications.push_back({"application " + std::to_string(i), "1.0", 7});
  }
  LargestSize largest(path_);
  {
    const auto reader = Reader::open(path_).value();
    while (store(1000)) {
    }
    int lives = 0, gaps = 0;
    for (int i = 0; i < 500; ++i) {
      if (const auto added = writer_->add_node(life)) {
        ++lives;
      } else {
        EXPECT_EQ(added.error().code, Error::Code::kRefused) << added.error().message;
      }
    }
    // For these some room is left.
    while (gaps < 1000 && writer_->add_gap({1, gaps, gaps + 1, "node down"})) ++gaps;
    EXPECT_LT(lives, 100);
    EXPECT_GE(gaps, 1);
    EXPECT_LT(gaps, 100);
  }
  ASSERT_TRUE(writer_->add_gap({1, 1000, 2000, "node down"}));
  const auto life_after = writer_->add_node(life);
  ASSERT_TRUE(life_after) << life_after.error().message;
  EXPECT_LE(largest.end(), kBound);
  ASSERT_TRUE(writer_->close());
  expect_whole_but_for_texts(path_, true);
}

TEST_F(BoundedWal, WhatAReaderHeldUpIsNotTakenForOneTransaction) {
  for (int i = 0; i < 10; ++i) ASSERT_NO_FATAL_FAILURE(must_store(1000));
  {
    const auto reader = Reader::open(path_).value();
    while (store(1000)) {
    }
  }
  ASSERT_TRUE(writer_->add_gap({1, 1000, 2000, "file is read"}));
  while (writer_->dropped_snapshots() < 100) ASSERT_NO_FATAL_FAILURE(must_store(1000));
  EXPECT_GE(writer_->file_bytes(), kBound * 3 / 4);
  ASSERT_TRUE(writer_->close());
  expect_whole_but_for_texts(path_, true);
}

// A node that starts again and again, and never lives until its first snapshot.
TEST_F(BoundedWal, LivesWithoutASnapshotAreDroppedToo) {
  for (int i = 0; i < 5; ++i) ASSERT_NO_FATAL_FAILURE(must_store(1000));
  NodeRecord life{.name = "zoo@here", .facts = {}, .applications = {}};
  for (int i = 0; i < 300; ++i) {
    life.applications.push_back({"application " + std::to_string(i), "1.0", 7});
  }
  for (int i = 0; i < 800; ++i) {
    ASSERT_TRUE(writer_->add_node(life)) << i;
    ASSERT_LE(writer_->file_bytes(), kBound) << i;
  }
  ASSERT_TRUE(writer_->close());
  const auto reader = Reader::open(path_).value();
  EXPECT_EQ(reader->snapshots().size(), 1U);  // the older ones went first
  EXPECT_LT(reader->nodes().size(), 500U);
  expect_whole_but_for_texts(path_, true);
}

}  // namespace
}  // namespace beamtape::test
