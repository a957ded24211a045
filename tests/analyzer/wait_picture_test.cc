#include "analyzer/view/wait_picture.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace beamtape {
namespace {

using Box = WaitPicture::Box;

void wait(Waits& waits, const std::string& waiter, const std::string& callee,
          const std::string& name = "") {
  Wait one;
  one.waiter = {waiter, name};
  one.callee = {callee, ""};
  waits.waits.push_back(one);
}

const Box* box_of(const WaitPicture& picture, const std::string& pid) {
  for (const Box& box : picture.boxes) {
    if (box.pid == pid) return &box;
  }
  return nullptr;
}

TEST(WaitPicture, PutsWhoIsWaitedForAtTheLeft) {
  Waits waits;
  wait(waits, "<0.2.0>", "<0.1.0>");
  wait(waits, "<0.3.0>", "<0.2.0>");
  wait(waits, "<0.4.0>", "<0.2.0>");
  const auto picture = wait_picture(waits);
  ASSERT_EQ(picture.boxes.size(), 4U);
  EXPECT_EQ(picture.columns, 3U);
  EXPECT_EQ(picture.left_out, 0U);
  const Box* root = box_of(picture, "<0.1.0>");
  EXPECT_EQ(root->column, 0U);
  EXPECT_EQ(root->waits_for, Box::kNone);
  EXPECT_EQ(root->waited_by, 1U);
  EXPECT_EQ(box_of(picture, "<0.2.0>")->column, 1U);
  EXPECT_EQ(box_of(picture, "<0.2.0>")->waited_by, 2U);
  EXPECT_EQ(picture.boxes[box_of(picture, "<0.3.0>")->waits_for].pid, "<0.2.0>");
  EXPECT_NE(box_of(picture, "<0.3.0>")->row, box_of(picture, "<0.4.0>")->row);
}

TEST(WaitPicture, ClosesACircleWithoutGoingRoundForEver) {
  Waits waits;
  wait(waits, "<0.1.0>", "<0.2.0>");
  wait(waits, "<0.2.0>", "<0.1.0>");
  wait(waits, "<0.3.0>", "<0.2.0>");
  waits.cycles = {{0, 1}};
  const auto picture = wait_picture(waits);
  ASSERT_EQ(picture.boxes.size(), 3U);
  EXPECT_TRUE(box_of(picture, "<0.1.0>")->in_circle);
  EXPECT_EQ(picture.boxes[box_of(picture, "<0.1.0>")->waits_for].pid, "<0.2.0>");
  EXPECT_EQ(picture.boxes[box_of(picture, "<0.2.0>")->waits_for].pid, "<0.1.0>");
  EXPECT_FALSE(box_of(picture, "<0.3.0>")->in_circle);
  EXPECT_EQ(box_of(picture, "<0.3.0>")->column, 1U);
}

TEST(WaitPicture, FoldsManyOfOneNameButNotThoseThatOthersWaitFor) {
  Waits waits;
  for (int i = 10; i < 30; ++i) {
    wait(waits, "<0." + std::to_string(i) + ".0>", "<0.1.0>", "shop:order/1");
  }
  wait(waits, "<0.99.0>", "<0.10.0>");
  const auto picture = wait_picture(waits);
  EXPECT_NE(box_of(picture, "<0.10.0>"), nullptr);
  EXPECT_EQ(picture.left_out, 0U);
  std::size_t folded = 0;
  for (const Box& box : picture.boxes) folded = std::max(folded, box.folded);
  EXPECT_EQ(folded, 19U);
  EXPECT_EQ(picture.boxes.size(), 4U);
}

TEST(WaitPicture, SaysHowManyItLeavesOut) {
  Waits waits;
  for (int i = 0; i < 700; ++i) {
    wait(waits, "<0." + std::to_string(1000 + i) + ".0>", "<0.1.0>", "name_" + std::to_string(i));
  }
  const auto picture = wait_picture(waits);
  EXPECT_EQ(picture.boxes.size(), kMostBoxes);
  EXPECT_EQ(picture.left_out, 700 - (kMostBoxes - 1));
  EXPECT_TRUE(wait_picture(Waits()).boxes.empty());
}

}  // namespace
}  // namespace beamtape
