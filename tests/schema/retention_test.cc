// A bounded recording: what is dropped, what stays, and that the file does not grow.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "schema/store/reader.h"
#include "tests/schema/builders.h"

namespace beamtape::test {
namespace {

class Retention : public testing::Test {
 protected:
  // Opens the recording: it is sound, and holds what was told after what was dropped.
  std::unique_ptr<Reader> expect_rest(RecordingStory& story) {
    auto reader = Reader::open(path_);
    if (!reader) {
      ADD_FAILURE() << reader.error().message;
      return nullptr;
    }
    const auto damage = (*reader)->check({});
    EXPECT_TRUE(damage && damage->empty()) << (damage ? damage->front().what : "");
    story.drop_to((*reader)->dropped_to());
    expect_same(**reader, story.told());
    return std::move(*reader);
  }

  const TemporaryFolder folder_;
  const std::string path_ = folder_.file("retention.beamtape");
};

TEST_F(Retention, NeverLetsTheFileGrowBeyondItsBound) {
  constexpr std::int64_t kBound = 4 << 20;
  RecordingPlan plan{.seed = 3, .slots = 6000, .snapshots = 400, .keyframe_every = 8, .share = 0.5};
  plan.max_bytes = kBound;
  RecordingStory story(path_, plan);
  std::int64_t largest = 0;
  for (int i = 0; i < plan.snapshots; ++i) {
    story.write_snapshot();
    largest = std::max(largest, story.writer().file_bytes());
    ASSERT_LE(largest, kBound) << "snapshot " << i;
    if (i % 100 == 50) {
      story.drop_to(Reader::open(path_).value()->dropped_to());
    }
  }
  // Most of what is allowed is used.
  EXPECT_GE(largest, kBound / 2);
  story.close();
  const auto reader = expect_rest(story);
  ASSERT_NE(reader, nullptr);
  EXPECT_GT(reader->dropped_to(), 0);
  EXPECT_EQ(reader->snapshots().front().id, reader->dropped_to() + 1);
  EXPECT_EQ(reader->snapshots().back().id, plan.snapshots);
  EXPECT_TRUE(reader->gaps().empty());  // the only one was before all that is left
}

TEST_F(Retention, KeepsAtLeastTheTimeAskedFor) {
  RecordingPlan plan{.snapshots = 50, .keyframe_every = 4};
  plan.keep_us = 10'000'000;  // ten snapshots of a second
  RecordingStory story(path_, plan);
  story.write_all();
  story.close();
  const auto reader = expect_rest(story);
  ASSERT_NE(reader, nullptr);
  EXPECT_LE(reader->dropped_to(), 40);
  EXPECT_GE(reader->dropped_to(), 36);
}

// NTP puts it right an hour late, by a year.
TEST_F(Retention, KeepsByAClockThatNobodyPutsOn) {
  auto bounded = RecordingStory::options();
  bounded.keep_us = 10'000'000;
  auto writer = Writer::create(path_, bounded);
  ASSERT_TRUE(writer);
  ASSERT_TRUE((*writer)->add_node({.name = "zoo@here", .facts = {}, .applications = {}}));
  constexpr std::int64_t kYear = 365 * std::int64_t{86'400'000'000};
  for (std::int64_t id = 1; id <= 60; ++id) {
    const std::int64_t wall_us = id * 1'000'000 + (id <= 20 ? kYear : id <= 40 ? 0 : 3 * kYear);
    ASSERT_TRUE((*writer)->begin(id, (id - 1) / 4 * 4 + 1, 1));
    ASSERT_TRUE((*writer)->put_aggregates({.node = {1, 2, 3}}));
    ASSERT_TRUE((*writer)->commit({.began_wall_us = wall_us,
                                   .ended_wall_us = wall_us,
                                   .began_mono_us = id * 1'000'000,
                                   .not_answered = ""}));
    const auto kept = id - (*writer)->dropped_snapshots();
    EXPECT_GE(kept, std::min<std::int64_t>(id, 10)) << id;
    EXPECT_LE(kept, 15) << id;
  }
}

TEST_F(Retention, AReaderKeepsWhatWasThereWhenItOpened) {
  RecordingPlan plan{.slots = 2000, .snapshots = 60, .keyframe_every = 4, .share = 0.5};
  plan.keep_us = 10'000'000;
  RecordingStory story(path_, plan);
  for (int i = 0; i < 20; ++i) story.write_snapshot();
  auto reader = Reader::open(path_);
  ASSERT_TRUE(reader);
  story.drop_to((*reader)->dropped_to());
  const auto then = story.told();
  story.write_all();
  expect_same(**reader, then);
  const auto damage = (*reader)->check({});
  EXPECT_TRUE(damage && damage->empty());
  reader->reset();
  story.close();
  EXPECT_GT(Reader::open(path_).value()->dropped_to(), 40);
}

TEST_F(Retention, AReaderDoesNotLetItGrowBeyondItsBound) {
  auto bounded = RecordingStory::options();
  bounded.max_bytes = 4 << 20;
  auto writer = Writer::create(path_, bounded);
  ASSERT_TRUE(writer);
  ASSERT_TRUE((*writer)->add_node({.name = "zoo@here", .facts = {}, .applications = {}}));
  RandomRows random(1);
  std::int64_t largest = 0;
  const auto store = [&] {
    const auto id = (*writer)->last_snapshot() + 1;
    EXPECT_TRUE((*writer)->begin(id, id, 1));
    EXPECT_TRUE((*writer)->put_rows(animals(), 0, random.rows(animals(), 1000)));
    EXPECT_TRUE((*writer)->put_aggregates({.node = {1, 2, 3}}));
    const auto done = (*writer)->commit({.ended_wall_us = id, .not_answered = ""});
    EXPECT_LE((*writer)->file_bytes(), bounded.max_bytes);
    largest = std::max(largest, (*writer)->file_bytes());
    return done;
  };
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(store());
  auto reader = Reader::open(path_);
  ASSERT_TRUE(reader);
  int refused = 0;
  for (int i = 0; i < 200; ++i) {
    const auto done = store();
    if (done) continue;
    EXPECT_EQ(done.error().code, Error::Code::kRefused) << done.error().message;
    ++refused;
  }
  EXPECT_GT(refused, 50);
  reader->reset();
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(store()) << i;
  // What the reader held up does not make the recording smaller for ever.
  EXPECT_GE((*writer)->file_bytes(), bounded.max_bytes * 3 / 4);
  ASSERT_TRUE((*writer)->close());
  EXPECT_GT(std::filesystem::file_size(path_), bounded.max_bytes * 3 / 4);
}

TEST_F(Retention, RefusesASnapshotThatCannotFitAndKeepsTheRest) {
  RecordingPlan plan{.slots = 60'000, .snapshots = 1, .share = 1};
  plan.max_bytes = 1 << 20;
  auto with_bounds = RecordingStory::options();
  with_bounds.max_bytes = plan.max_bytes;
  auto writer = Writer::create(path_, with_bounds);
  ASSERT_TRUE(writer);
  ASSERT_TRUE((*writer)->add_node({.name = "zoo@here", .facts = {}, .applications = {}}));
  RandomRows random(1);
  ASSERT_TRUE((*writer)->begin(1, 1, 1));
  for (std::size_t group = 0; group < 15; ++group) {
    ASSERT_TRUE((*writer)->put_rows(animals(), group, random.rows(animals(), kRowsPerGroup)));
  }
  ASSERT_TRUE((*writer)->put_aggregates({}));
  const auto stored = (*writer)->commit({.not_answered = ""});
  ASSERT_FALSE(stored);
  EXPECT_NE(stored.error().message.find("no room"), std::string::npos) << stored.error().message;
  EXPECT_TRUE((*writer)->close());
  const auto reader = Reader::open(path_);
  ASSERT_TRUE(reader);
  EXPECT_TRUE((*reader)->snapshots().empty());
}

// After a pause longer than --keep everything older goes in one transaction.
TEST_F(Retention, DropsManyGroupsAtOnceWithinItsBound) {
  auto bounded = RecordingStory::options();
  bounded.max_bytes = 16 << 20;
  bounded.keep_us = 2 * std::int64_t{3'600'000'000};
  auto writer = Writer::create(path_, bounded);
  ASSERT_TRUE(writer);
  ASSERT_TRUE((*writer)->add_node({.name = "zoo@here", .facts = {}, .applications = {}}));
  RandomRows random(1);
  std::int64_t wall_us = 1, epoch = 1, largest = 0;
  const auto store = [&](std::int64_t pause_us) {
    const auto id = (*writer)->last_snapshot() + 1;
    wall_us += pause_us;
    if (id - epoch == 32 || (*writer)->wants_keyframe(1)) epoch = id;
    ASSERT_TRUE((*writer)->begin(id, epoch, 1));
    ASSERT_TRUE((*writer)->put_rows(animals(), 0, random.rows(animals(), 2000)));
    ASSERT_TRUE((*writer)->put_aggregates({.node = {1, 2, 3}}));
    const auto stored = (*writer)->commit({.began_wall_us = wall_us,
                                           .ended_wall_us = wall_us,
                                           .began_mono_us = wall_us,
                                           .not_answered = ""});
    ASSERT_TRUE(stored) << id << ": " << stored.error().message;
    largest = std::max(largest, (*writer)->file_bytes());
    ASSERT_LE(largest, bounded.max_bytes);
  };
  while ((*writer)->file_bytes() < bounded.max_bytes * 3 / 4) {
    ASSERT_NO_FATAL_FAILURE(store(1'000'000));
  }
  const auto fitted = (*writer)->last_snapshot();
  ASSERT_NO_FATAL_FAILURE(store(3 * bounded.keep_us));
  for (std::int64_t i = 1; i < fitted; ++i) ASSERT_NO_FATAL_FAILURE(store(1'000'000));
  ASSERT_TRUE((*writer)->close());
  // The room is there again for as many.
  EXPECT_GE(Reader::open(path_).value()->snapshots().size(), fitted * 9 / 10);
}

// A label of its own for each short-lived process: the texts of a group are larger than its parts.
TEST_F(Retention, ManyTextsAreRoomThatAGroupTakes) {
  auto bounded = RecordingStory::options();
  bounded.max_bytes = 2 << 20;
  auto writer = Writer::create(path_, bounded);
  ASSERT_TRUE(writer);
  const auto node = (*writer)->add_node({.name = "zoo@here", .facts = {}, .applications = {}});
  ASSERT_TRUE(node);
  RandomRows random(1);
  std::int64_t epoch = 0, last_text = 0;
  for (std::int64_t id = 1; id <= 100; ++id) {
    if (id == 1 || id - epoch == 32 || (*writer)->wants_keyframe(*node)) epoch = id;
    ASSERT_TRUE((*writer)->begin(id, epoch, *node));
    for (int text = 0; text < 2000; ++text) {
      const auto number = ++last_text;
      ASSERT_TRUE((*writer)->put_text(number, "request " + std::to_string(number)));
    }
    ASSERT_TRUE((*writer)->put_rows(animals(), 0, random.rows(animals(), 100)));
    ASSERT_TRUE((*writer)->put_aggregates({.node = {1, 2, 3}}));
    const auto stored = (*writer)->commit({.ended_wall_us = id, .not_answered = ""});
    ASSERT_TRUE(stored) << id << ": " << stored.error().message;
    ASSERT_LE((*writer)->file_bytes(), bounded.max_bytes);
  }
  EXPECT_TRUE((*writer)->close());
  EXPECT_GT(Reader::open(path_).value()->dropped_to(), 50);
}

// A node that restarts for ever: its lives take more than its snapshots.
TEST_F(Retention, DropsTheLivesOfWhichNothingIsLeft) {
  auto bounded = RecordingStory::options();
  bounded.max_bytes = 1 << 20;
  auto writer = Writer::create(path_, bounded);
  ASSERT_TRUE(writer);
  NodeRecord life{.name = "zoo@here", .facts = {}, .applications = {}};
  for (int i = 0; i < 50; ++i) {
    life.facts.emplace_back("fact " + std::to_string(i), std::string(100, 'x'));
    life.applications.push_back({"application " + std::to_string(i), "1.0", 7});
  }
  ASSERT_TRUE((*writer)->add_node({.name = "quiet@here", .facts = {}, .applications = {}}));
  RandomRows random(1);
  std::int64_t newest = 0;
  for (std::int64_t id = 1; id <= 400; ++id) {
    const auto node = (*writer)->add_node(life);
    ASSERT_TRUE(node);
    newest = *node;
    ASSERT_TRUE((*writer)->begin(id, id, newest));
    ASSERT_TRUE((*writer)->put_rows(animals(), 0, random.rows(animals(), 100)));
    ASSERT_TRUE((*writer)->put_aggregates({.node = {1, 2, 3}}));
    const auto stored = (*writer)->commit({.ended_wall_us = id * 10, .not_answered = ""});
    ASSERT_TRUE(stored) << id << ": " << stored.error().message;
    ASSERT_LE((*writer)->file_bytes(), bounded.max_bytes);
    // Every third life ends before its first snapshot.
    if (id % 3 == 0) {
      ASSERT_TRUE((*writer)->add_node(life));
    }
    ASSERT_TRUE((*writer)->add_gap({newest, id * 10, id * 10 + 5, "node restarted"}));
  }
  ASSERT_TRUE((*writer)->close());
  const auto reader = Reader::open(path_);
  ASSERT_TRUE(reader);
  const auto kept = (*reader)->snapshots().size();
  EXPECT_GT(kept, 10u);
  EXPECT_LT(kept, 200u);
  std::set<std::int64_t> nodes;
  for (const auto& node : (*reader)->nodes()) nodes.insert(node.id);
  EXPECT_LE(nodes.size(), kept * 4 / 3 + 3);
  EXPECT_LE((*reader)->gaps().size(), kept + 1);
  EXPECT_TRUE(nodes.contains(1)) << "the only life of a node, without a snapshot yet";
  EXPECT_TRUE(nodes.contains(newest));
  // Those between kept ones stay, with all that they had.
  for (auto id = (*reader)->snapshots().front().node; id <= newest; ++id) {
    EXPECT_TRUE(nodes.contains(id)) << id;
  }
  for (const auto& node : (*reader)->nodes()) {
    EXPECT_EQ(node.facts.size(), node.name == life.name ? life.facts.size() : 0) << node.id;
  }
}

TEST_F(Retention, GoesOnInAFileThatIsThereAlready) {
  RecordingPlan plan{.slots = 3000, .snapshots = 300, .keyframe_every = 8, .share = 0.5};
  plan.max_bytes = 2 << 20;
  RecordingStory story(path_, plan);
  while (story.told().size() < 60) story.write_snapshot();
  story.append_anew(path_);
  for (int i = 0; i < 200; ++i) {
    story.write_snapshot();
    ASSERT_LE(story.writer().file_bytes(), plan.max_bytes);
  }
  story.close();
  const auto reader = expect_rest(story);
  ASSERT_NE(reader, nullptr);
  EXPECT_GT(reader->dropped_to(), 60);
}

TEST_F(Retention, RefusesToGoOnInAFileThatIsLargerThanItsBound) {
  RecordingPlan plan{.slots = 24'000, .snapshots = 60, .keyframe_every = 8, .share = 0.5};
  RecordingStory story(path_, plan);
  story.write_all();
  story.close();
  const auto before = read_file(path_);
  const auto size = static_cast<std::int64_t>(before.size());
  auto bounded = RecordingStory::options();
  for (const auto bound : {size / 2, size, size + size / 20}) {
    bounded.max_bytes = bound;
    const auto writer = Writer::append(path_, bounded);
    ASSERT_FALSE(writer) << bound;
    EXPECT_EQ(writer.error().code, Error::Code::kUsage);
    EXPECT_NE(writer.error().message.find("to drop its oldest takes room beside"),
              std::string::npos);
    EXPECT_TRUE(read_file(path_) == before);
  }
  bounded.max_bytes = size + size / 8;
  const auto again = Writer::append(path_, bounded);
  EXPECT_TRUE(again) << again.error().message;
}

TEST_F(Retention, MakesSpaceByDroppingTheOldest) {
  RecordingPlan plan{.slots = 3000, .snapshots = 40, .keyframe_every = 8, .share = 0.5};
  plan.max_bytes = 64 << 20;
  RecordingStory story(path_, plan);
  story.write_all();
  const auto before = story.writer().file_bytes();
  ASSERT_TRUE(story.writer().make_space());
  EXPECT_LE(story.writer().file_bytes(), before + (1 << 20));
  story.close();
  const auto reader = expect_rest(story);
  ASSERT_NE(reader, nullptr);
  EXPECT_GE(reader->dropped_to(), 8);
  EXPECT_LT(reader->dropped_to(), 40);
}

TEST_F(Retention, AKilledWriterLeavesWhatItHadNotDropped) {
  RecordingPlan plan{.slots = 3000, .snapshots = 200, .keyframe_every = 8, .share = 0.5};
  plan.max_bytes = 2 << 20;
  RecordingStory story(path_, plan);
  story.write_all();
  // What a kill leaves: the file and its -wal, never closed.
  const std::string copy = path_ + ".copy";
  for (const char* suffix : {"", "-wal"}) {
    std::filesystem::copy_file(path_ + suffix, copy + suffix,
                               std::filesystem::copy_options::overwrite_existing);
  }
  auto reader = Reader::open(copy);
  ASSERT_TRUE(reader);
  story.drop_to((*reader)->dropped_to());
  expect_same(**reader, story.told());
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(copy + suffix);
  story.close();
}

}  // namespace
}  // namespace beamtape::test
