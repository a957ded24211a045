#include "analyzer/load/sort.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "analyzer/load/rank_sort.h"
#include "analyzer/load/recording.h"
#include "tests/analyzer/fake_reader.h"
#include "tests/analyzer/shop.h"

namespace beamtape {
namespace {

class SortTest : public ::testing::Test {
 protected:
  SortTest()
      : recording_(std::make_unique<FakeReader>(shop_story()), "shop"),
        columns_(shown_columns(process_table())),
        frame_(*recording_.frame(*recording_.reader().table("process"), *recording_.snapshot(6))) {}

  std::string sorted(const std::string& text, std::optional<std::size_t> limit = {}) {
    const auto keys = parse_sort(text, columns_);
    if (!keys) return keys.error().message;
    std::vector<RowRef> rows;
    for (const std::size_t slot : frame_.slots()) rows.push_back({&frame_, slot});
    sort_rows(rows, *keys, limit);
    std::string pids;
    for (const RowRef& row : rows) {
      pids += display(value_of(row.view(), columns_[0]), Unit::kNone).substr(3, 3) + " ";
    }
    return pids;
  }

  Recording recording_;
  std::vector<Shown> columns_;
  Frame frame_;
};

TEST_F(SortTest, NumbersGoFromTheLargestAndTextsFromA) {
  EXPECT_EQ(sorted("reductions"), "200 100 102 103 ");
  EXPECT_EQ(sorted("registered_name"), "200 100 102 103 ");
  EXPECT_EQ(sorted("pid"), "100 102 103 200 ");
}

TEST_F(SortTest, DirectionCanBeTurned) {
  EXPECT_EQ(sorted("reductions:asc"), "103 102 100 200 ");
  EXPECT_EQ(sorted("pid:desc"), "200 103 102 100 ");
}

TEST_F(SortTest, MissingValuesComeLastEitherWay) {
  EXPECT_EQ(sorted("memory"), "200 100 103 102 ");
  EXPECT_EQ(sorted("memory:asc"), "103 100 200 102 ");
}

TEST_F(SortTest, EqualRowsFollowTheirPid) {
  EXPECT_EQ(sorted("status,priority"), "102 200 100 103 ");
  EXPECT_EQ(sorted("status"), "102 100 103 200 ");
}

TEST_F(SortTest, ListsSortByLength) { EXPECT_EQ(sorted("links"), "100 102 200 103 "); }

TEST_F(SortTest, OnlyTheFirstAreKept) { EXPECT_EQ(sorted("reductions", 2), "200 100 "); }

TEST_F(SortTest, OfSeveralColumnsTheFirstIsTheMostImportant) {
  EXPECT_EQ(sorted("status,reductions:asc"), "102 103 100 200 ");
  EXPECT_EQ(sorted("status:desc,reductions"), "200 100 103 102 ");
}

TEST(SortByRank, IsStableWhateverBitsDiffer) {
  std::mt19937_64 random(1);
  for (const int shift : {0, 7, 30, 53}) {
    std::vector<Ranked> rows;
    for (std::uint32_t i = 0; i < 5000; ++i) rows.push_back({(random() % 700) << shift, i});
    auto expected = rows;
    std::stable_sort(expected.begin(), expected.end(),
                     [](const Ranked& a, const Ranked& b) { return a.rank < b.rank; });
    sort_by_rank(rows);
    for (std::size_t i = 0; i < rows.size(); ++i) ASSERT_EQ(rows[i].row, expected[i].row) << i;
  }
  std::vector<Ranked> none;
  sort_by_rank(none);
  EXPECT_TRUE(none.empty());
}

TEST_F(SortTest, UnknownColumnsNameTheNearest) {
  EXPECT_EQ(sorted("memry"), "cannot sort by 'memry': no such column; nearest: memory");
  EXPECT_EQ(sorted("memory:down"), "cannot sort by 'memory:down': write memory:asc or memory:desc");
}

}  // namespace
}  // namespace beamtape
