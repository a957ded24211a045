#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "recorder/session/storing.h"
#include "schema/store/reader.h"
#include "schema/tables/table.h"

namespace beamtape {
namespace {

class StoringTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "storing.XXXXXX";
    folder_ = mkdtemp(name.data());
    writer_ = Writer::create(file(), {}).value();
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string file() const { return folder_ + "/a.beamtape"; }
  std::int64_t add_life(Storing& storing, std::int64_t creation) {
    std::int64_t id = 0;
    const auto added = storing.with_writer([&](Writer& writer) -> Expected<void> {
      id = writer
               .add_node(
                   {.name = "shop@host", .creation = creation, .facts = {}, .applications = {}})
               .value();
      return {};
    });
    EXPECT_TRUE(added);
    return id;
  }
  // A snapshot of nobody.
  static Batch snapshot(std::int64_t life, std::int64_t number, std::int64_t wall_us) {
    Batch batch;
    batch.node = "shop@host";
    batch.record.id = number;
    batch.record.epoch = 1;
    batch.record.node = life;
    batch.record.began_wall_us = batch.record.ended_wall_us = wall_us;
    batch.aggregates.node.assign(node_table().columns.size(), missing(Missing::kNone));
    return batch;
  }

  std::string folder_;
  std::unique_ptr<Writer> writer_;
};

// What ends the recording was no fault of a life that was over by then.
TEST_F(StoringTest, ALifeThatHasEndedHasNoGapToTheEndOfTheRecording) {
  Storing storing(*writer_, [](const std::string&) {});
  const auto first = add_life(storing, 1);
  storing.put(snapshot(first, 1, 1000));
  storing.end_life(first);
  const auto second = add_life(storing, 2);
  storing.put(snapshot(second, 1, 5000));
  ASSERT_TRUE(storing.with_writer([](Writer&) -> Expected<void> { return {}; }));  // is stored
  const std::string moved = folder_ + "/moved.beamtape";
  std::filesystem::rename(file(), moved);
  storing.put(snapshot(second, 2, 6000));
  storing.close();
  ASSERT_TRUE(storing.failure());
  EXPECT_FALSE(writer_->close());
  const auto reader = Reader::open(moved);
  ASSERT_TRUE(reader) << reader.error().message;
  EXPECT_EQ((*reader)->snapshots().size(), 2u);
  ASSERT_EQ((*reader)->gaps().size(), 1u);
  EXPECT_EQ((*reader)->gaps()[0].node, second);
  EXPECT_EQ((*reader)->gaps()[0].from_wall_us, 5000);
}

}  // namespace
}  // namespace beamtape
