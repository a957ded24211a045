#include "analyzer/load/recording.h"

#include <gtest/gtest.h>

#include "tests/analyzer/fake_reader.h"
#include "tests/analyzer/shop.h"

namespace beamtape {
namespace {

Recording of(Story story) {
  return Recording(std::make_unique<FakeReader>(std::move(story)), "shop.beamtape");
}

// "#3", "#3 #4" with several nodes, or the error.
std::string at(const Recording& recording, const std::string& time, const std::string& node = "") {
  const auto found = recording.at(time, node);
  if (!found) return found.error().message;
  std::string text;
  for (const SnapshotRecord* one : *found) {
    text += (text.empty() ? "#" : " #") + std::to_string(one->id);
  }
  return text;
}

TEST(Recording, FindsTheSnapshotThatWasTheNewestAtATime) {
  const auto shop = of(shop_story());  // 12:00:00 :10 :20 :30 :40, 12:01:10
  EXPECT_EQ(at(shop, "first"), "#1");
  EXPECT_EQ(at(shop, "last"), "#6");
  EXPECT_EQ(at(shop, "#3"), "#3");
  EXPECT_EQ(at(shop, "12:00:00"), "#1");
  EXPECT_EQ(at(shop, "12:00:19"), "#2");
  EXPECT_EQ(at(shop, "12:00:20"), "#3");
  EXPECT_EQ(at(shop, "12:00"), "#5");
  EXPECT_EQ(at(shop, "-30s"), "#5");
  EXPECT_EQ(at(shop, "2024-11-20T14:00:15+02:00"), "#2");
}

TEST(Recording, AWholeSecondIncludesASnapshotThatBeganWithinIt) {
  Story story;
  story.node("a@b");
  story.snapshot(0.4);
  story.snapshot(1.6);
  const auto recording = of(std::move(story));
  EXPECT_EQ(at(recording, "12:00:00"), "#1");
  EXPECT_EQ(at(recording, "12:00:01"), "#2");
  EXPECT_EQ(at(recording, "12:00:01.5"), "#1");
}

TEST(Recording, TimesOutsideAreRefused) {
  const auto shop = of(shop_story());
  for (const char* time : {"11:59:59", "12:01:21", "#7", "-71s", "2024-11-19T12:00:10Z"}) {
    EXPECT_NE(at(shop, time).find("outside the recording"), std::string::npos) << time;
  }
  EXPECT_EQ(at(shop, "12:01:19"), "#6");  // what the last snapshot says still holds
}

TEST(Recording, AClockTimeIsTakenOnTheLatestDayThatHasIt) {
  Story story;
  story.node("a@b");
  story.snapshot(0);
  story.snapshot(24 * 3600);
  story.snapshot(24 * 3600 + 60);
  const auto recording = of(std::move(story));
  EXPECT_EQ(at(recording, "12:00:30"), "#2");
  EXPECT_EQ(at(recording, "11:00:00"), "#1");
  EXPECT_EQ(at(recording, "13:00:00"), "#1");
}

TEST(Recording, EachNodeHasItsOwnSnapshotAtATime) {
  Story story;
  const auto a = story.node("a@b");
  const auto b = story.node("b@b");
  const auto a_again = story.node("a@b", 2);
  story.snapshot(0, a);
  story.snapshot(5, b);
  story.snapshot(10, a_again);
  const auto recording = of(std::move(story));
  EXPECT_EQ(at(recording, "last"), "#3 #2");
  EXPECT_EQ(at(recording, "first"), "#1 #2");
  EXPECT_EQ(at(recording, "12:00:02"), "#1");
  EXPECT_EQ(at(recording, "last", "b@b"), "#2");
  EXPECT_NE(at(recording, "last", "c@b").find("cannot find the node 'c@b'"), std::string::npos);
}

TEST(Recording, ARangeIncludesBothEnds) {
  const auto shop = of(shop_story());
  EXPECT_EQ(shop.range("first", "last").value(), std::pair(std::int64_t{1}, std::int64_t{6}));
  EXPECT_EQ(shop.range("12:00:10", "12:00:30").value(),
            std::pair(std::int64_t{2}, std::int64_t{4}));
  EXPECT_EQ(shop.range("#2", "-1m").value(), std::pair(std::int64_t{2}, std::int64_t{2}));
  EXPECT_FALSE(shop.range("12:00:41", "12:00:59"));
}

TEST(Recording, AnEmptyRecordingSaysSo) {
  Story story;
  story.node("a@b");
  const auto recording = of(std::move(story));
  const auto found = recording.at("last", "");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, Error::Code::kNotFound);
}

TEST(Recording, DamagedGroupsBetweenOthersAreLeftOut) {
  const auto shop = of(shop_story());
  const Table& table = *shop.reader().table("process");
  TableData data;
  data.groups.resize(2);  // the first is damaged
  data.groups[1].grow(table.columns.size(), 1);
  data.groups[1].columns[0].set(0, 4);
  const Frame frame(table, *shop.snapshot(1), data, Texts(shop.reader(), 1));
  EXPECT_EQ(frame.slots(), std::vector<std::size_t>{kRowsPerGroup});
}

}  // namespace
}  // namespace beamtape
