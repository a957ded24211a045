#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "recorder/collect/rows.h"

namespace beamtape {
namespace {

constexpr Cell kFresh = missing(Missing::kPending);

TEST(Rows, KeepARowInItsSlotWhileItLives) {
  Rows rows(scheduler_table());
  rows.begin_pass();
  const auto [first, first_is_new] = rows.list(10, kFresh);
  const auto [second, second_is_new] = rows.list(20, kFresh);
  EXPECT_TRUE(first_is_new && second_is_new);
  rows.set(second, 2, 7);
  rows.begin_pass();
  EXPECT_EQ(rows.list(20, kFresh), std::make_pair(second, false));
  rows.sweep([](std::size_t) {});
  EXPECT_FALSE(rows.find(10));
  EXPECT_EQ(rows.find(20), second);
  EXPECT_EQ(rows.get(second, 2), 7);
  EXPECT_EQ(rows.living(), 1u);
}

TEST(Rows, LeaveAFreedSlotEmptyForOneSnapshot) {
  Rows rows(scheduler_table());
  rows.begin_pass();
  const auto slot = rows.list(10, kFresh).first;
  rows.begin_pass();
  rows.sweep([](std::size_t) {});
  EXPECT_FALSE(rows.occupied(slot));
  rows.begin_pass();
  EXPECT_NE(rows.list(11, kFresh).first, slot);
  rows.sweep([](std::size_t) {});
  rows.begin_pass();
  EXPECT_EQ(rows.list(12, kFresh).first, slot);
}

TEST(Rows, TellOfEachRowThatGoesBeforeItsValuesAreGone) {
  Rows rows(scheduler_table());
  rows.begin_pass();
  rows.list(10, kFresh);
  rows.begin_pass();
  std::vector<Cell> gone;
  rows.sweep([&](std::size_t slot) { gone.push_back(rows.get(slot, 0)); });
  EXPECT_EQ(gone, std::vector<Cell>{10});
}

TEST(Rows, ReportARowGroupAsChangedOnlyWhenAValueIsAnother) {
  Rows rows(scheduler_table());
  rows.begin_pass();
  const auto slot = rows.list(10, kFresh).first;
  EXPECT_EQ(rows.take_changed(), std::vector<std::size_t>{0});
  rows.set(slot, 2, kFresh);
  EXPECT_TRUE(rows.take_changed().empty());
  rows.set(slot, 2, 1);
  EXPECT_EQ(rows.take_changed(), std::vector<std::size_t>{0});
}

TEST(Rows, StandInTheSlotsOfAnEarlierRun) {
  Rows rows(scheduler_table());
  const std::vector<Cell> fresh(scheduler_table().columns.size(), kFresh);
  EXPECT_TRUE(rows.place(1, 10, fresh));
  EXPECT_TRUE(rows.place(5000, 20, fresh));
  EXPECT_FALSE(rows.place(6000, 10, fresh)) << "it has a row";
  EXPECT_EQ(rows.find(10), 1u);
  EXPECT_EQ(rows.find(20), 5000u);
  EXPECT_EQ(rows.get(5000, 2), kFresh);
  EXPECT_EQ(rows.living(), 2u);
  EXPECT_EQ(rows.take_changed(), (std::vector<std::size_t>{0, 1}));
  rows.begin_pass();
  EXPECT_EQ(rows.list(20, kFresh), std::make_pair(std::size_t{5000}, false));
  const auto [slot, is_new] = rows.list(30, kFresh);
  EXPECT_TRUE(is_new && slot != 1 && slot < 5000) << "one of those between";
  rows.sweep([](std::size_t) {});
  EXPECT_FALSE(rows.find(10));
}

// Against a map, through thousands of births and deaths.
TEST(Rows, FindEveryLivingKeyAndNoOther) {
  std::mt19937_64 random(4711);
  Rows rows(scheduler_table());
  std::set<Cell> living;
  for (int pass = 0; pass < 200; ++pass) {
    rows.begin_pass();
    std::set<Cell> next;
    for (const Cell key : living) {
      if (random() % 4 != 0) next.insert(key);
    }
    for (int birth = 0; birth < 100; ++birth) next.insert(static_cast<Cell>(random() % 3000));
    for (const Cell key : next) rows.list(key, kFresh);
    rows.sweep([](std::size_t) {});
    living = next;
    ASSERT_EQ(rows.living(), living.size());
    std::set<std::size_t> slots;
    for (Cell key = 0; key < 3000; ++key) {
      const auto slot = rows.find(key);
      ASSERT_EQ(slot.has_value(), living.count(key) == 1) << "key " << key << " pass " << pass;
      if (slot) {
        ASSERT_EQ(rows.get(*slot, 0), key);
        ASSERT_TRUE(slots.insert(*slot).second);
      }
    }
  }
}

TEST(Rows, AreFoundUnderTheirNewKeysAfterRenumbering) {
  Rows rows(scheduler_table());
  rows.begin_pass();
  for (Cell key = 1; key <= 500; ++key) rows.list(key, kFresh);
  rows.renumber([](std::size_t column, Cell cell) { return column == 0 ? cell + 1000 : cell; });
  EXPECT_FALSE(rows.find(1));
  for (Cell key = 1; key <= 500; ++key) ASSERT_TRUE(rows.find(key + 1000));
}

}  // namespace
}  // namespace beamtape
