#include <gtest/gtest.h>

#include "recorder/session/numbering.h"

namespace beamtape {
namespace {

TEST(SnapshotNumbers, AreThoseOfTheFile) {
  Numbering numbering;
  numbering.add(1, 5);
  numbering.add(2, 6);
  numbering.add(3, 9);  // another node's were between
  EXPECT_EQ(numbering.in_file(1), 5);
  EXPECT_EQ(numbering.in_file(2), 6);
  EXPECT_EQ(numbering.in_file(3), 9);
}

TEST(SnapshotNumbers, OfWhatWasLostAreThoseOfTheNext) {
  Numbering numbering;
  numbering.add(1, 1);
  numbering.add(2, 2);
  numbering.take_back();
  numbering.add(5, 2);  // 3 and 4 were never tried
  numbering.add(6, 3);
  EXPECT_EQ(numbering.in_file(2), 2);
  EXPECT_EQ(numbering.in_file(3), 2);
  EXPECT_EQ(numbering.in_file(4), 2);
  EXPECT_EQ(numbering.in_file(5), 2);
  EXPECT_EQ(numbering.in_file(6), 3);
}

// Whose number another node's has by then.
TEST(SnapshotNumbers, OfWhatWasLostAreNoOthers) {
  Numbering numbering;
  numbering.add(1, 1);
  numbering.add(2, 2);
  numbering.take_back();
  numbering.add(3, 3);
  EXPECT_EQ(numbering.in_file(2), 3);
  EXPECT_EQ(numbering.in_file(3), 3);
}

TEST(SnapshotNumbers, OfAnEarlierSessionStay) {
  Numbering numbering;
  numbering.go_on_after(4);
  numbering.add(5, 7);  // another node's were last
  numbering.take_back();
  numbering.add(6, 8);
  for (std::int64_t earlier = 1; earlier <= 4; ++earlier) {
    EXPECT_EQ(numbering.in_file(earlier), earlier);
  }
  EXPECT_EQ(numbering.in_file(5), 8);
  EXPECT_EQ(numbering.in_file(6), 8);
}

TEST(SnapshotNumbers, AreReplacedOnlyInColumnsOfSnapshots) {
  const Table& table = process_table();
  const std::size_t first_seen = table.index_of("first_seen");
  const std::size_t queue = table.index_of("message_queue_len");
  Batch::Group group{&table, 0, {}};
  group.rows.grow(table.columns.size(), 3);
  group.rows.columns[first_seen].set(0, 1);
  group.rows.columns[first_seen].set(1, 2);
  group.rows.columns[queue].set(0, 1);
  std::vector<Batch::Group> groups;
  groups.push_back(std::move(group));
  Numbering numbering;
  numbering.add(1, 41);
  numbering.add(2, 43);
  numbering.apply(groups);
  const RowGroup& rows = groups.front().rows;
  EXPECT_EQ(rows.columns[first_seen][0], 41);
  EXPECT_EQ(rows.columns[first_seen][1], 43);
  EXPECT_TRUE(is_missing(rows.columns[first_seen][2]));
  EXPECT_EQ(rows.columns[queue][0], 1);
}

}  // namespace
}  // namespace beamtape
