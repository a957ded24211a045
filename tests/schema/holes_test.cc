// A part of another recording, of which snapshots were dropped.

#include <gtest/gtest.h>

#include "schema/store/reader.h"
#include "tests/schema/builders.h"

namespace beamtape::test {
namespace {

class Holes : public testing::Test {
 protected:
  void create(std::int64_t dropped_to) {
    auto options = RecordingStory::options();
    options.dropped_to = dropped_to;
    auto writer = Writer::create(path_, options);
    ASSERT_TRUE(writer);
    writer_ = std::move(*writer);
    node_ = writer_->add_node({.name = "zoo@here", .facts = {}, .applications = {}}).value();
  }
  bool write(std::int64_t id) const {
    return writer_->begin(id, id, node_) && writer_->put_aggregates({.node = {1, 2, 3}}) &&
           writer_->commit({.ended_wall_us = id, .not_answered = ""});
  }

  const TemporaryFolder folder_;
  const std::string path_ = folder_.file("part.beamtape");
  std::unique_ptr<Writer> writer_;
  std::int64_t node_ = 0;
};

TEST_F(Holes, AreNoDamageUpToWhatWasDropped) {
  create(6);
  EXPECT_EQ(writer_->last_snapshot(), 0);
  EXPECT_TRUE(write(2));
  EXPECT_TRUE(write(5));
  EXPECT_FALSE(write(5));
  EXPECT_FALSE(write(8));
  EXPECT_TRUE(write(7));
  EXPECT_FALSE(write(9));
  ASSERT_TRUE(writer_->close());
  const auto reader = Reader::open(path_);
  ASSERT_TRUE(reader);
  EXPECT_EQ((*reader)->dropped_to(), 6);
  EXPECT_EQ((*reader)->snapshots().size(), 3u);
  EXPECT_TRUE((*reader)->check({}).value().empty());
}

TEST_F(Holes, AreNotLeftWhereNothingWasDropped) {
  create(0);
  EXPECT_FALSE(write(2));
  EXPECT_TRUE(write(1));
  EXPECT_FALSE(write(3));
}

}  // namespace
}  // namespace beamtape::test
