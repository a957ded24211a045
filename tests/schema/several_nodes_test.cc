// A bounded recording of several nodes.

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "schema/store/reader.h"
#include "tests/schema/builders.h"

namespace beamtape::test {
namespace {

class SeveralNodes : public testing::Test {
 protected:
  const TemporaryFolder folder_;
  const std::string path_ = folder_.file("nodes.beamtape");
};

// Two nodes, of which one is recorded seldom: the other's groups go before its open one.
TEST_F(SeveralNodes, NeverDropsAGroupThatANodeStillAddsTo) {
  auto bounded = RecordingStory::options();
  bounded.max_bytes = 1 << 20;
  auto writer = Writer::create(path_, bounded);
  ASSERT_TRUE(writer);
  const auto often = (*writer)->add_node({.name = "often@here", .facts = {}, .applications = {}});
  const auto seldom = (*writer)->add_node({.name = "seldom@here", .facts = {}, .applications = {}});
  ASSERT_TRUE(often && seldom);
  RandomRows random(1);
  std::map<std::int64_t, std::int64_t> epochs, taken;
  for (std::int64_t id = 1; id <= 400; ++id) {
    const auto node = id % 40 == 1 ? *seldom : *often;
    if (taken[node]++ % 8 == 0) epochs[node] = id;
    ASSERT_TRUE((*writer)->begin(id, epochs[node], node));
    ASSERT_TRUE((*writer)->put_rows(animals(), 0, random.rows(animals(), 500)));
    ASSERT_TRUE((*writer)->put_aggregates({.node = {1, 2, 3}}));
    const auto stored = (*writer)->commit({.ended_wall_us = id, .not_answered = ""});
    ASSERT_TRUE(stored) << stored.error().message;
    ASSERT_LE((*writer)->file_bytes(), bounded.max_bytes);
  }
  ASSERT_TRUE((*writer)->close());
  const auto reader = Reader::open(path_);
  ASSERT_TRUE(reader);
  EXPECT_GT((*reader)->dropped_to(), 300);
  std::map<std::int64_t, std::vector<std::int64_t>> kept;
  for (const auto& snapshot : (*reader)->snapshots()) kept[snapshot.node].push_back(snapshot.id);
  EXPECT_EQ(kept[*seldom].front(), 321);  // its second group, as a whole
  EXPECT_EQ(kept[*seldom].size(), 2u);
  EXPECT_GT(kept[*often].front(), 300);
  std::vector<Damage> damage;
  for (const auto& [node, ids] : kept) {
    for (const auto id : ids) {
      EXPECT_EQ((*reader)->rows(animals(), id, &damage).value().slots(), 500u);
    }
  }
  EXPECT_TRUE(damage.empty());
  // Nothing is said to be missing but the texts, which were never put.
  const auto found = (*reader)->check({});
  ASSERT_TRUE(found);
  for (const Damage& one : *found) {
    EXPECT_EQ(one.what.find("snapshots"), std::string::npos) << one.what;
  }
}

// The groups that all nodes add to at the same time are no larger than it.
TEST_F(SeveralNodes, ShareTheBound) {
  constexpr std::int64_t kNodes = 12;
  auto bounded = RecordingStory::options();
  bounded.max_bytes = 2 << 20;
  auto writer = Writer::create(path_, bounded);
  ASSERT_TRUE(writer);
  RandomRows random(1);
  std::map<std::int64_t, RowGroup> rows;
  std::map<std::int64_t, std::int64_t> epochs;
  for (std::int64_t i = 1; i <= kNodes; ++i) {
    const auto name = "zoo" + std::to_string(i) + "@here";
    const auto node = (*writer)->add_node({.name = name, .facts = {}, .applications = {}});
    ASSERT_TRUE(node);
    rows[*node] = random.rows(animals(), 4000);
  }
  for (std::int64_t id = 1; id <= 60 * kNodes; ++id) {
    const std::int64_t node = id % kNodes + 1;
    std::int64_t& epoch = epochs[node];
    if (epoch == 0 || (*writer)->wants_keyframe(node)) epoch = id;
    random.change(animals(), 0.5, rows[node]);
    ASSERT_TRUE((*writer)->begin(id, epoch, node));
    ASSERT_TRUE((*writer)->put_rows(animals(), 0, RowGroup(rows[node])));
    ASSERT_TRUE((*writer)->put_aggregates({.node = {1, 2, 3}}));
    const auto stored = (*writer)->commit({.ended_wall_us = id, .not_answered = ""});
    ASSERT_TRUE(stored) << id << ": " << stored.error().message;
    ASSERT_LE((*writer)->file_bytes(), bounded.max_bytes);
  }
  const auto kept = (*writer)->last_snapshot() - (*writer)->dropped_snapshots();
  EXPECT_GE(kept, 2 * kNodes);
  EXPECT_TRUE((*writer)->close());
  EXPECT_EQ(Reader::open(path_).value()->snapshots().size(), kept);
}

// The small ones have filled most of the bound with groups that they still add to.
TEST_F(SeveralNodes, OneThatIsLargeMayJoinLate) {
  constexpr std::int64_t kSmall = 3, kLarge = kSmall + 1;
  auto bounded = RecordingStory::options();
  bounded.max_bytes = 2 << 20;
  auto writer = Writer::create(path_, bounded);
  ASSERT_TRUE(writer);
  for (std::int64_t i = 1; i <= kLarge; ++i) {
    const auto name = "zoo" + std::to_string(i) + "@here";
    ASSERT_TRUE((*writer)->add_node({.name = name, .facts = {}, .applications = {}}));
  }
  RandomRows random(1);
  std::map<std::int64_t, std::int64_t> epochs;
  int lost = 0;
  const auto store = [&](std::int64_t node, std::size_t groups) {
    const auto id = (*writer)->last_snapshot() + 1;
    std::int64_t& epoch = epochs[node];
    if ((*writer)->needs_keyframe(node)) {
      lost += epoch == 0 ? 0 : 1;
      EXPECT_FALSE(epoch != 0 && (*writer)->begin(id, epoch, node));
      epoch = 0;
    }
    if (epoch == 0 || (*writer)->wants_keyframe(node)) epoch = id;
    ASSERT_TRUE((*writer)->begin(id, epoch, node));
    for (std::size_t group = 0; group < groups; ++group) {
      ASSERT_TRUE((*writer)->put_rows(animals(), group, random.rows(animals(), 1000)));
    }
    ASSERT_TRUE((*writer)->put_aggregates({.node = {1, 2, 3}}));
    const auto stored = (*writer)->commit({.ended_wall_us = id, .not_answered = ""});
    ASSERT_TRUE(stored) << id << ": " << stored.error().message;
    ASSERT_LE((*writer)->file_bytes(), bounded.max_bytes);
  };
  for (int i = 0; i < 43; ++i) {
    for (std::int64_t node = 1; node <= kSmall; ++node) ASSERT_NO_FATAL_FAILURE(store(node, 1));
  }
  for (int i = 0; i < 40; ++i) {
    ASSERT_NO_FATAL_FAILURE(store(kLarge, 60));
    for (std::int64_t node = 1; node <= kSmall; ++node) ASSERT_NO_FATAL_FAILURE(store(node, 1));
  }
  EXPECT_GE(lost, 1);
  EXPECT_LE(lost, 3 * kSmall);  // they do not drop each other's for ever
  EXPECT_TRUE((*writer)->close());
  std::map<std::int64_t, int> kept;
  const auto reader = Reader::open(path_).value();
  for (const auto& snapshot : reader->snapshots()) ++kept[snapshot.node];
  for (std::int64_t node = 1; node <= kLarge; ++node) EXPECT_GE(kept[node], 1) << node;
}

}  // namespace
}  // namespace beamtape::test
