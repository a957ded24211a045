// A bounded recording whose file has to become shorter.

#include <gtest/gtest.h>

#include "schema/store/reader.h"
#include "tests/schema/builders.h"
#include "tests/schema/largest_size.h"

namespace beamtape::test {
namespace {

// A node that grows a hundredfold under a recorder that has run for long.
TEST(ShorterFile, MakesRoomForTheWalOfALargeSnapshot) {
  const TemporaryFolder folder;
  const std::string path = folder.file("large.beamtape");
  auto bounded = RecordingStory::options();
  bounded.max_bytes = 4 << 20;
  auto writer = Writer::create(path, bounded);
  ASSERT_TRUE(writer);
  ASSERT_TRUE((*writer)->add_node({.name = "zoo@here", .facts = {}, .applications = {}}));
  RandomRows random(1);
  std::int64_t epoch = 0, last_text = 0;
  std::size_t groups_before = 1;
  const auto store = [&](std::size_t groups, int texts) {
    const auto id = (*writer)->last_snapshot() + 1;
    const bool is_other = groups != groups_before || (*writer)->needs_keyframe(1);
    if (id == 1 || id - epoch == 16 || (*writer)->wants_keyframe(1) || is_other) epoch = id;
    ASSERT_TRUE((*writer)->begin(id, epoch, 1));
    for (int text = 0; text < texts; ++text) {
      const auto number = ++last_text;
      ASSERT_TRUE((*writer)->put_text(number, "request " + std::to_string(number)));
    }
    for (std::size_t group = 0; group < groups; ++group) {
      ASSERT_TRUE((*writer)->put_rows(animals(), group, random.rows(animals(), 1000)));
    }
    for (std::size_t group = groups; group < groups_before; ++group) {
      ASSERT_TRUE((*writer)->put_rows(animals(), group, random.rows(animals(), 0)));
    }
    groups_before = groups;
    ASSERT_TRUE((*writer)->put_aggregates({.node = {1, 2, 3}}));
    const auto stored = (*writer)->commit({.ended_wall_us = id, .not_answered = ""});
    ASSERT_TRUE(stored) << id << ": " << stored.error().message;
    ASSERT_LE((*writer)->file_bytes(), bounded.max_bytes) << id;
  };
  while ((*writer)->dropped_snapshots() < 100) ASSERT_NO_FATAL_FAILURE(store(1, 10));
  const auto before = (*writer)->file_bytes();
  EXPECT_GT(before, bounded.max_bytes * 3 / 4);
  LargestSize largest(path);
  {
    const auto reader = Reader::open(path).value();
    store(1, 10);  // is held in the -wal from here on
    const auto last = (*writer)->last_snapshot();
    ASSERT_TRUE((*writer)->begin(last + 1, last + 1, 1));
    for (std::size_t group = 0; group < 80; ++group) {
      ASSERT_TRUE((*writer)->put_rows(animals(), group, random.rows(animals(), 1000)));
    }
    const auto stored = (*writer)->commit({.ended_wall_us = last + 1, .not_answered = ""});
    ASSERT_FALSE(stored);
    EXPECT_EQ(stored.error().code, Error::Code::kRefused) << stored.error().message;
    groups_before = 80;
  }
  for (int i = 0; i < 5; ++i) store(80, 2000);
  for (int i = 0; i < 200; ++i) store(1, 10);
  EXPECT_LE(largest.end(), bounded.max_bytes);
  const auto kept = (*writer)->last_snapshot() - (*writer)->dropped_snapshots();
  EXPECT_TRUE((*writer)->close());
  EXPECT_GE(kept, 30);
  const auto reader = Reader::open(path).value();
  EXPECT_EQ(reader->snapshots().size(), static_cast<std::size_t>(kept));
  const auto damage = reader->check({}).value();
  for (const Damage& one : damage) {  // texts that the rows made up
    EXPECT_TRUE(one.what.ends_with("is not there") || one.what.ends_with(" more")) << one.what;
  }
}

}  // namespace
}  // namespace beamtape::test
