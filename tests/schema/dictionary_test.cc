// Texts and lists are found by their ids.

#include <gtest/gtest.h>

#include "tests/schema/builders.h"

namespace beamtape::test {
namespace {

class Dictionary : public testing::Test {
 protected:
  void SetUp() override {
    auto writer = Writer::create(path_, RecordingStory::options());
    ASSERT_TRUE(writer) << writer.error().message;
    writer_ = std::move(*writer);
    ASSERT_TRUE(writer_->add_node({0, "zoo@here", 1, 2, {}, {}}));
  }
  std::unique_ptr<Reader> open() const {
    auto reader = Reader::open(path_);
    EXPECT_TRUE(reader) << reader.error().message;
    return reader ? std::move(*reader) : nullptr;
  }
  const TemporaryFolder folder_;
  const std::string path_ = folder_.file("zoo.beamtape");
  std::unique_ptr<Writer> writer_;
};

TEST_F(Dictionary, FindsTextsAndListsOfTheirOwnEpochOnly) {
  const List list{9, {1, 2}};
  for (std::int64_t id : {1, 2}) {
    ASSERT_TRUE(writer_->begin(id, id, 1));
    ASSERT_TRUE(writer_->put_text(5, "text of " + std::to_string(id)));
    ASSERT_TRUE(writer_->put_text(6, ""));
    if (id == 2) {
      ASSERT_TRUE(writer_->put_list(3, list));
    }
    ASSERT_TRUE(writer_->commit({}));
  }
  const auto reader = open();
  EXPECT_EQ(reader->text(1, 5), "text of 1");
  EXPECT_EQ(reader->text(2, 5), "text of 2");
  EXPECT_EQ(reader->text(2, 6), "");
  EXPECT_EQ(reader->text(2, 7), std::nullopt);
  EXPECT_EQ(reader->text(3, 5), std::nullopt);
  EXPECT_EQ(reader->list(1, 3), std::nullopt);
  ASSERT_TRUE(reader->list(2, 3));
  EXPECT_EQ(*reader->list(2, 3), list);
}

TEST_F(Dictionary, FindsManyTexts) {
  ASSERT_TRUE(writer_->begin(1, 1, 1));
  for (Cell id = 0; id < 3000; ++id) ASSERT_TRUE(writer_->put_text(id, std::to_string(id)));
  ASSERT_TRUE(writer_->commit({}));
  const auto reader = open();
  for (Cell id = 0; id < 3000; ++id) EXPECT_EQ(reader->text(1, id), std::to_string(id));
}

// A recorder gives them in ascending order.
TEST_F(Dictionary, FindsListsInWhateverOrderTheyCome) {
  const std::vector<std::vector<Cell>> orders[] = {{{1, 2}, {}, {5}, {8, 9}},
                                                   {{5, 8}, {1, 9}, {2}}};
  std::int64_t id = 0;
  for (const auto& order : orders) {
    const std::int64_t epoch = id + 1;
    for (const auto& some : order) {
      ASSERT_TRUE(writer_->begin(++id, epoch, 1));
      for (const Cell one : some) ASSERT_TRUE(writer_->put_list(one, List{1, {10 * one}}));
      ASSERT_TRUE(writer_->commit({}));
    }
    const auto reader = open();
    for (const Cell one : {1, 2, 5, 8, 9}) {
      EXPECT_EQ(reader->list(epoch, one), (List{1, {10 * one}})) << one;
    }
    for (const Cell none : {0, 3, 7, 10}) EXPECT_FALSE(reader->list(epoch, none)) << none;
  }
}

}  // namespace
}  // namespace beamtape::test
