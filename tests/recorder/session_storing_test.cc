#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <random>

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

  static void put(Storing& storing, Batch batch) {
    ASSERT_TRUE(storing.put(batch, std::chrono::minutes(1)));
  }

  std::string folder_;
  std::unique_ptr<Writer> writer_;
};

// What ends the recording was no fault of a life that was over by then.
TEST_F(StoringTest, ALifeThatHasEndedHasNoGapToTheEndOfTheRecording) {
  Storing storing(*writer_, [](const std::string&) {});
  const auto first = add_life(storing, 1);
  put(storing, snapshot(first, 1, 1000));
  storing.end_life(first);
  const auto second = add_life(storing, 2);
  put(storing, snapshot(second, 1, 5000));
  ASSERT_TRUE(storing.with_writer([](Writer&) -> Expected<void> { return {}; }));  // is stored
  const std::string moved = folder_ + "/moved.beamtape";
  std::filesystem::rename(file(), moved);
  put(storing, snapshot(second, 2, 6000));
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

// One that joins late and is large: the group of the other has to go, and begins anew.
TEST_F(StoringTest, AGroupThatIsDroppedForAnotherNodesBeginsAnew) {
  writer_ = Writer::create(folder_ + "/b.beamtape", {.max_bytes = 2 << 20}).value();
  Storing storing(*writer_, [](const std::string&) {});
  std::mt19937_64 random(1);
  const auto with_lists = [&](Batch batch, std::int64_t count) {
    for (std::int64_t i = 1; i <= count; ++i) {
      List list;
      for (int cell = 0; cell < 100; ++cell) {
        list.items.push_back(static_cast<Cell>(random() >> 2));
      }
      list.true_count = 100;
      batch.lists.add(batch.record.id * 100'000 + i, list);
    }
    return batch;
  };
  const auto is_stored = [&] {
    EXPECT_TRUE(storing.with_writer([](Writer&) -> Expected<void> { return {}; }));
    if (const auto why = storing.failure()) ADD_FAILURE() << why->message;
    return !storing.failure();
  };
  std::vector<std::int64_t> lives;
  const auto added = storing.with_writer([&](Writer& writer) -> Expected<void> {
    for (const char* name : {"small@host", "large@host"}) {
      lives.push_back(writer.add_node({.name = name, .facts = {}, .applications = {}}).value());
    }
    return {};
  });
  ASSERT_TRUE(added);
  for (std::int64_t i = 1; i <= 6; ++i) {
    put(storing, with_lists(snapshot(lives[0], i, i * 1000), i == 1 ? 10 : 50));
  }
  ASSERT_TRUE(is_stored());
  ASSERT_EQ(storing.take_need(lives[0]), Storing::Need::kNothing);
  put(storing, with_lists(snapshot(lives[1], 1, 7000), 800));
  ASSERT_TRUE(is_stored());
  EXPECT_EQ(storing.take_need(lives[0]), Storing::Need::kKeyframe);
  // One that was on its way.
  put(storing, with_lists(snapshot(lives[0], 7, 8000), 1));
  ASSERT_TRUE(is_stored());
  EXPECT_EQ(storing.take_need(lives[0]), Storing::Need::kEverything);
  Batch anew = with_lists(snapshot(lives[0], 8, 9000), 10);
  anew.record.epoch = 8;
  put(storing, std::move(anew));
  ASSERT_TRUE(is_stored());
  EXPECT_NE(storing.take_need(lives[0]), Storing::Need::kEverything);
  storing.close();
  ASSERT_TRUE(writer_->close());
  const auto reader = Reader::open(folder_ + "/b.beamtape").value();
  ASSERT_EQ(reader->snapshots().size(), 2u);
  EXPECT_EQ(reader->snapshots()[1].node, lives[0]);
  ASSERT_EQ(reader->gaps().size(), 1u);
  EXPECT_EQ(reader->gaps()[0].node, lives[0]);
  EXPECT_EQ(reader->gaps()[0].from_wall_us, 6000);
  EXPECT_EQ(reader->gaps()[0].to_wall_us, 9000);
  EXPECT_NE(reader->gaps()[0].reason.find("another node"), std::string::npos);
}

// A reader leaves no room for them; they come when it is gone.
TEST_F(StoringTest, GapsThatHaveNoRoomYetAreKept) {
  constexpr std::int64_t kBound = 1 << 20, kGaps = 1000;
  const std::string path = folder_ + "/c.beamtape";
  writer_ = Writer::create(path, {.durable = false, .max_bytes = kBound}).value();
  Storing storing(*writer_, [](const std::string&) {});
  const auto life = add_life(storing, 1);
  put(storing, snapshot(life, 1, 1000));
  ASSERT_TRUE(storing.with_writer([](Writer&) -> Expected<void> { return {}; }));
  {
    const auto reader = Reader::open(path).value();
    for (std::int64_t i = 1; i <= kGaps; ++i) storing.add_gap({life, i * 1000, i * 2000, "down"});
    EXPECT_LE(writer_->file_bytes(), kBound);
    // A life that is not taken in does not end the recording.
    const auto added = storing.must_write([](Writer& writer) -> Expected<void> {
      return writer.add_node({.name = "b@host", .facts = {}, .applications = {}}).map([](auto) {});
    });
    ASSERT_FALSE(added);
    EXPECT_EQ(added.error().code, Error::Code::kRefused);
    EXPECT_FALSE(storing.failure());
  }
  put(storing, snapshot(life, 2, 9000));
  storing.close();
  EXPECT_FALSE(storing.failure());
  EXPECT_LE(writer_->file_bytes(), kBound);
  ASSERT_TRUE(writer_->close());
  EXPECT_EQ(Reader::open(path).value()->gaps().size(), static_cast<std::size_t>(kGaps));
}

}  // namespace
}  // namespace beamtape
