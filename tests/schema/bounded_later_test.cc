// A file that was recorded without a bound, or under a larger one, and is gone on with under one:
// nothing was left free in it to drop its first groups in.

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "schema/store/reader.h"
#include "tests/schema/builders.h"
#include "tests/schema/largest_size.h"

namespace beamtape::test {
namespace {

struct Shape {
  const char* name;
  int snapshots;
  int group;  // snapshots
  std::size_t rows;
  int samples;
  int texts;  // of each snapshot
  std::size_t text_bytes;
};

class BoundedLater : public testing::TestWithParam<Shape> {
 protected:
  static constexpr std::int64_t kSmallest = 4 << 20;  // that the recorder takes

  static Writer::Options options(std::int64_t max_bytes) {
    auto options = RecordingStory::options();
    options.max_bytes = max_bytes;
    options.durable = false;  // many small ones take long otherwise
    return options;
  }
  // Of as many snapshots as the shape says, which have more than the smallest bound.
  void record(std::int64_t max_bytes) {
    writer_ = Writer::create(path_, options(max_bytes)).value();
    ASSERT_TRUE(writer_->add_node({.name = "zoo@here", .facts = {}, .applications = {}}));
    for (int i = 0; i < GetParam().snapshots; ++i) store();
    ASSERT_TRUE(writer_->close());
    writer_.reset();
  }
  void store() {
    const Shape& shape = GetParam();
    const auto id = writer_->last_snapshot() + 1;
    if (id - epoch_ >= shape.group || writer_->needs_keyframe(1) || writer_->wants_keyframe(1)) {
      epoch_ = id;
    }
    ASSERT_TRUE(writer_->begin(id, epoch_, 1));
    for (int name = epoch_ == id ? 1 : shape.samples + 1; name <= shape.samples; ++name) {
      ASSERT_TRUE(writer_->put_text(name, "group " + std::to_string(name)));
    }
    for (int text = 0; text < shape.texts; ++text) {
      ASSERT_TRUE(writer_->put_text(++last_text_, std::string(shape.text_bytes, 'x')));
    }
    ASSERT_TRUE(writer_->put_rows(animals(), 0, random_.rows(animals(), shape.rows)));
    Aggregates aggregates{.node = {1, 2, 3}};
    for (int i = 0; i < shape.samples; ++i) aggregates.groups.push_back({.name = i + 1});
    ASSERT_TRUE(writer_->put_aggregates(aggregates));
    const auto stored = writer_->commit({.ended_wall_us = id, .not_answered = ""});
    ASSERT_TRUE(stored) << stored.error().message;
  }
  // The least one, in MiB, as the refusal says. What is refused stays as it is.
  std::int64_t least_bound() {
    const auto before = read_file(path_);
    const auto refused = Writer::append(path_, options(static_cast<std::int64_t>(before.size())));
    if (refused) return 0;
    EXPECT_EQ(refused.error().code, Error::Code::kUsage) << refused.error().message;
    EXPECT_TRUE(read_file(path_) == before);
    constexpr std::string_view kGive = "give --max-size ";
    const auto at = refused.error().message.find(kGive);
    if (at == std::string::npos) return 0;
    const auto bound = std::stoll(refused.error().message.substr(at + kGive.size())) << 20;
    EXPECT_FALSE(Writer::append(path_, options(bound - (1 << 20))));
    return bound;
  }
  void go_on(std::int64_t max_bytes) {
    auto again = Writer::append(path_, options(max_bytes));
    ASSERT_TRUE(again) << again.error().message;
    writer_ = std::move(*again);
  }
  void expect_least_bound_kept() {
    LargestSize largest(path_);
    const auto bound = least_bound();
    ASSERT_NO_FATAL_FAILURE(go_on(bound));
    ASSERT_TRUE(writer_->add_gap({1, 1, 2, "recorder not running"}));
    for (int i = 0; i < 100 + GetParam().snapshots / 10; ++i) ASSERT_NO_FATAL_FAILURE(store());
    EXPECT_LE(largest.end(), bound);
    ASSERT_TRUE(writer_->close());
    EXPECT_GT(Reader::open(path_).value()->dropped_to(), 0);
    expect_whole_but_for_texts(path_, true);
  }

  const TemporaryFolder folder_;
  const std::string path_ = folder_.file("later.beamtape");
  std::unique_ptr<Writer> writer_;
  RandomRows random_{1};
  std::int64_t epoch_ = 0, last_text_ = 100;
};

TEST_P(BoundedLater, NeverGrowsBeyondTheLeastBoundThatIsNotRefused) {
  ASSERT_NO_FATAL_FAILURE(record(0));
  expect_least_bound_kept();
}

TEST_P(BoundedLater, NorIfItWasBoundedBefore) {
  ASSERT_NO_FATAL_FAILURE(record(kSmallest));
  go_on(0);
  for (int i = 0; i < GetParam().snapshots; ++i) ASSERT_NO_FATAL_FAILURE(store());
  ASSERT_TRUE(writer_->close());
  expect_least_bound_kept();
}

// A reader keeps the -wal from being written over, and there are rows to store: several nodes were
// started anew.
TEST_P(BoundedLater, NorForRowsBesideAReader) {
  ASSERT_NO_FATAL_FAILURE(record(0));
  LargestSize largest(path_);
  const auto bound = least_bound();
  ASSERT_NO_FATAL_FAILURE(go_on(bound));
  NodeRecord life{.name = "zoo@here", .facts = {}, .applications = {}};
  for (int i = 0; i < 100; ++i) {
    life.applications.push_back({"application " + std::to_string(i), "1.0", 7});
  }
  {
    const auto reader = Reader::open(path_).value();
    for (int i = 0; i < 100; ++i) {
      const auto added = writer_->add_node(life);
      if (added) continue;
      EXPECT_EQ(added.error().code, Error::Code::kRefused) << added.error().message;
    }
    for (int i = 0; i < 10; ++i) static_cast<void>(writer_->add_gap({1, i, i + 1, "node down"}));
  }
  for (int i = 0; i < 20; ++i) ASSERT_NO_FATAL_FAILURE(store());
  EXPECT_LE(largest.end(), bound);
  ASSERT_TRUE(writer_->close());
  expect_whole_but_for_texts(path_, true);
}

// What was left free for it is free.
TEST_P(BoundedLater, ABoundThatWasKeptIsNotRefused) {
  ASSERT_NO_FATAL_FAILURE(record(kSmallest));
  for (const auto bound : {kSmallest, kSmallest, 2 * kSmallest, 2 * kSmallest}) {
    LargestSize largest(path_);
    ASSERT_NO_FATAL_FAILURE(go_on(bound));
    for (int i = 0; i < 3; ++i) ASSERT_NO_FATAL_FAILURE(store());
    ASSERT_TRUE(writer_->close());
    EXPECT_LE(largest.end(), bound);
  }
  expect_whole_but_for_texts(path_, true);
}

constexpr Shape kShapes[] = {
    {"Small", 3200, 128, 20, 50, 0, 0},      {"SmallGroups", 3200, 8, 20, 50, 0, 0},
    {"Large", 90, 8, 4000, 50, 0, 0},        {"Texts", 120, 128, 100, 0, 800, 20},
    {"LongTexts", 30, 30, 100, 0, 40, 1010}, {"LargeAndTexts", 90, 8, 4000, 0, 10, 100},
};
INSTANTIATE_TEST_SUITE_P(Shapes, BoundedLater, testing::ValuesIn(kShapes),
                         [](const auto& shape) { return std::string(shape.param.name); });

}  // namespace
}  // namespace beamtape::test
