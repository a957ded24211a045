#include "schema/codec/part.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "tests/schema/builders.h"

namespace beamtape::test {
namespace {

constexpr int kLevel = 3;
constexpr Cell kNone = missing(Missing::kNone);

// Every row that is another one afterwards was told, whatever else was.
void expect_told(const RowGroup& before, const RowGroup& now, const ChangedRows& told) {
  for (std::size_t r = 0; r < now.rows && !told.all; ++r) {
    if (std::find(told.rows.begin(), told.rows.end(), r) != told.rows.end()) continue;
    for (std::size_t c = 0; c < now.columns.size(); ++c) {
      const Cell old = r < before.rows ? before.columns[c][r] : kNone;
      EXPECT_EQ(now.columns[c][r], old) << "row " << r << " column " << c;
    }
  }
}

RowGroup decoded(const Table& table, const std::vector<std::uint8_t>& part, RowGroup rows = {}) {
  const RowGroup before = rows;
  ChangedRows changed;
  const auto done = decode_part(table, part, rows, &changed);
  EXPECT_TRUE(done) << done.error().message;
  expect_told(before, rows, changed);
  return rows;
}

std::vector<std::uint16_t> told_rows(const Table& table, const std::vector<std::uint8_t>& part,
                                     RowGroup rows) {
  ChangedRows changed;
  EXPECT_TRUE(decode_part(table, part, rows, &changed));
  EXPECT_FALSE(changed.all);
  std::sort(changed.rows.begin(), changed.rows.end());
  return changed.rows;
}

// A table of `count` integer columns with odd ids.
Table wide_table(std::size_t count) {
  Table table{1, "wide", "", {}};
  for (std::size_t i = 0; i < count; ++i) {
    table.columns.push_back({static_cast<std::uint16_t>(2 * i + 1), "c" + std::to_string(i)});
  }
  return table;
}

RowGroup rows_of(const std::vector<std::vector<Cell>>& columns) {
  RowGroup rows;
  rows.rows = columns.at(0).size();
  for (const auto& cells : columns) rows.columns.emplace_back().assign(cells);
  return rows;
}

TEST(Keyframe, BringsBackAnyRows) {
  for (std::uint32_t seed = 0; seed < 60; ++seed) {
    RandomRows random(seed);
    const auto table = animals();
    const auto rows = random.rows(table, random.below(seed % 4 == 0 ? kRowsPerGroup + 1 : 50));
    EXPECT_EQ(decoded(table, encode_keyframe(table, rows, kLevel)), rows) << "seed " << seed;
  }
}

TEST(Keyframe, BringsBackAnyCells) {
  for (std::uint32_t seed = 0; seed < 60; ++seed) {
    RandomRows random(seed);
    const auto table = wide_table(1 + random.below(80));
    RowGroup rows;
    rows.grow(table.columns.size(), random.below(300));
    for (auto& column : rows.columns) {
      for (std::size_t r = 0; r < rows.rows; ++r) column.set(r, random.any_cell());
    }
    EXPECT_EQ(decoded(table, encode_keyframe(table, rows, kLevel)), rows) << "seed " << seed;
  }
}

TEST(Difference, BringsBackAnyHistory) {
  for (std::uint32_t seed = 0; seed < 40; ++seed) {
    RandomRows random(seed);
    const auto table = animals();
    auto before = random.rows(table, 1 + random.below(600));
    for (const double share : {0.0, 0.003, 0.05, 0.5, 1.0}) {
      auto now = before;
      random.change(table, share, now);
      if (random.below(2) == 0) now.grow(table.columns.size(), now.rows + random.below(100));
      const auto part = encode_difference(table, before, now, kLevel);
      if (part.empty()) {
        EXPECT_EQ(before, now);
      } else {
        EXPECT_EQ(decoded(table, part, before), now) << "seed " << seed << " share " << share;
      }
      before = now;
    }
  }
}

TEST(Difference, BringsBackAnyCells) {
  for (std::uint32_t seed = 0; seed < 60; ++seed) {
    RandomRows random(seed);
    const auto table = wide_table(1 + random.below(100));
    RowGroup before;
    before.grow(table.columns.size(), 1 + random.below(200));
    auto now = before;
    for (auto* rows : {&before, &now}) {
      for (auto& column : rows->columns) {
        for (std::size_t r = 0; r < rows->rows; ++r) {
          column.set(r, random.below(2) == 0 ? 5 : random.any_cell());
        }
      }
    }
    const auto part = encode_difference(table, before, now, kLevel);
    EXPECT_EQ(decoded(table, part, before), now) << "seed " << seed;
  }
}

// Columns that go together, as those of processes do: what was read of a row moves its counter, and
// one size moves the other.
Table together() {
  return {1,
          "together",
          "",
          {{1, "key", Type::kRef, Unit::kNone, Kind::kIdentity},
           {2, "read_at", Type::kInteger, Unit::kSnapshot, Kind::kGauge},
           {3, "work", Type::kInteger, Unit::kReductions, Kind::kCounter},
           {4, "heap", Type::kInteger, Unit::kBytes, Kind::kGauge},
           {5, "memory", Type::kInteger, Unit::kBytes, Kind::kGauge},
           {6, "links", Type::kList, Unit::kCount, Kind::kGauge}}};
}

RowGroup rows_together(std::size_t rows) {
  std::vector<std::vector<Cell>> cells(6, std::vector<Cell>(rows));
  for (std::size_t r = 0; r < rows; ++r) {
    const auto n = static_cast<Cell>(r);
    const Cell values[] = {4 * n, 1, 100 * n, 1000 + 8 * (n % 7), 5000 + 8 * (n % 7), 2};
    for (std::size_t c = 0; c < 6; ++c) cells[c][r] = values[c];
  }
  return rows_of(cells);
}

TEST(Difference, TellsNothingOfRowsThatOnlyTheReadingMoved) {
  auto before = rows_together(4096);
  for (std::size_t r = 0; r < 4096; r += 3) before.columns[1].set(r, 7);
  auto now = before;
  for (std::size_t r = 0; r < 4096; r += 3) now.columns[2].set(r, now.columns[2][r] + 1);
  const auto part = encode_difference(together(), before, now, kLevel);
  EXPECT_EQ(decoded(together(), part, before), now);
  EXPECT_LT(part.size(), 30u);
  EXPECT_EQ(told_rows(together(), part, before).size(), 4096u / 3 + 1);
}

// Of a row that was read, what the others' counters moved by would make it a missing cell.
TEST(Difference, KeepsAReadRowAtTheEndOfTheRange) {
  constexpr Cell kMost = std::numeric_limits<Cell>::max();
  auto before = rows_together(300);
  for (std::size_t r = 0; r < 300; r += 3) before.columns[1].set(r, 7);
  before.columns[2].set(30, kMost - 500);
  before.columns[2].set(33, kMost - 500);
  auto now = before;
  for (std::size_t r = 0; r < 300; ++r) {
    now.columns[2].set(r, before.columns[2][r] + (r % 3 == 0 ? 1 : 520));
  }
  now.columns[2].set(33, kMost);
  const auto part = encode_difference(together(), before, now, kLevel);
  EXPECT_EQ(decoded(together(), part, before), now);
}

TEST(Difference, TellsWhichRowsChanged) {
  const auto before = rows_together(500);
  auto now = before;
  now.columns[4].set(7, 1);
  now.columns[0].set(300, 9999);
  for (auto& column : now.columns) column.set(41, kNone);
  const auto part = encode_difference(together(), before, now, kLevel);
  EXPECT_EQ(decoded(together(), part, before), now);
  EXPECT_EQ(told_rows(together(), part, before), (std::vector<std::uint16_t>{7, 41, 300}));
}

TEST(Difference, TellsOneOfTwoSizesThatMoveTogether) {
  RandomRows random(1);
  const auto before = rows_together(4096);
  const auto moved = [&](bool also) {
    auto now = before;
    for (std::size_t r = 0; r < 4096; r += 5) {
      const auto by = static_cast<Cell>(random.below(100'000));
      now.columns[3].set(r, now.columns[3][r] + by);
      if (also) now.columns[4].set(r, now.columns[4][r] + by);
    }
    return now;
  };
  const auto one = encode_difference(together(), before, moved(false), kLevel);
  const auto now = moved(true);
  const auto both = encode_difference(together(), before, now, kLevel);
  EXPECT_EQ(decoded(together(), both, before), now);
  EXPECT_LT(both.size(), one.size() + one.size() / 20 + 40);
}

TEST(Difference, TellsNewListsByTheOneBefore) {
  const auto before = rows_together(4096);
  auto now = before;
  for (std::size_t r = 0; r < 4096; r += 5) {
    now.columns[5].set(r, 1'000'000 - 2 * static_cast<Cell>(r));
  }
  const auto part = encode_difference(together(), before, now, kLevel);
  EXPECT_EQ(decoded(together(), part, before), now);
  EXPECT_LT(part.size(), 200u);
}

TEST(Difference, BringsBackAnyColumnsThatGoTogether) {
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    RandomRows random(seed);
    auto before = rows_together(1 + random.below(300));
    for (Cell snapshot = 2; snapshot < 8; ++snapshot) {
      auto now = before;
      if (random.below(3) == 0) now.grow(6, now.rows + random.below(20));
      for (std::size_t r = 0; r < now.rows; ++r) {
        for (std::size_t c = 0; c < 6; ++c) {
          const Cell old = now.columns[c][r];
          const auto lot = random.below(c == 0 ? 60 : 8);
          if (lot == 0) now.columns[c].set(r, random.any_cell());
          if (lot == 1) now.columns[c].set(r, c == 1 ? snapshot : missing(Missing::kDeadline));
          if (lot > 4 && !is_missing(old) && old < (Cell{1} << 60)) {
            now.columns[c].set(r, old + (c == 2 ? 1 : 64));
          }
        }
      }
      const auto part = encode_difference(together(), before, now, kLevel);
      EXPECT_EQ(part.empty() ? before : decoded(together(), part, before), now)
          << "seed " << seed << " #" << snapshot;
      before = now;
    }
  }
}

TEST(Difference, IsNothingWhenNothingChanged) {
  RandomRows random(3);
  const auto rows = random.rows(animals(), kRowsPerGroup);
  EXPECT_TRUE(encode_difference(animals(), rows, rows, kLevel).empty());
}

TEST(Difference, TellsNewSlotsThatAreEmpty) {
  RandomRows random(3);
  const auto before = random.rows(animals(), 10);
  auto now = before;
  now.grow(animals().columns.size(), 12);
  EXPECT_EQ(decoded(animals(), encode_difference(animals(), before, now, kLevel), before), now);
}

TEST(Difference, StartsFromNothing) {
  RandomRows random(3);
  RowGroup before;
  before.grow(animals().columns.size(), 0);
  const auto now = random.rows(animals(), 30);
  EXPECT_EQ(decoded(animals(), encode_difference(animals(), before, now, kLevel), before), now);
}

TEST(Difference, CostsNothingForWhatAllRowsShare) {
  const auto table = wide_table(3);
  RowGroup before;
  before.grow(3, kRowsPerGroup);
  for (std::size_t r = 0; r < kRowsPerGroup; ++r) {
    if (r % 9 == 0) continue;  // an empty slot
    before.columns[0].set(r, static_cast<Cell>(4 * r));
    before.columns[1].set(r, static_cast<Cell>(r * r * 31 % 100'000));
    before.columns[2].set(r, r % 7 == 0 ? missing(Missing::kLongMailbox) : Cell{5});
  }
  auto now = before;
  now.columns[1].add(1);
  now.columns[2].add(1'000'000);
  const auto part = encode_difference(table, before, now, kLevel);
  EXPECT_LE(part.size(), 40U);
  EXPECT_EQ(decoded(table, part, before), now);
}

TEST(Difference, WrapsAroundAtTheEndsOfTheRange) {
  constexpr Cell kMost = std::numeric_limits<Cell>::max();
  const auto table = wide_table(1);
  const auto before = rows_of({{kMost, kLowestValue, 0, -1, kNone, kLowestValue}});
  const auto now = rows_of({{kLowestValue, kMost, kNone, kMost, kLowestValue, kLowestValue - 1}});
  const auto part = encode_difference(table, before, now, kLevel);
  EXPECT_EQ(decoded(table, part, before), now);
}

// What all others changed by would make it a missing cell; nobody is new.
TEST(Difference, KeepsACellAtTheEndOfTheRangeWhereAllOthersGrow) {
  constexpr Cell kMost = std::numeric_limits<Cell>::max();
  const auto table = wide_table(2);
  RowGroup before;
  before.grow(2, 5);
  for (std::size_t r = 0; r < 5; ++r) {
    before.columns[0].set(r, static_cast<Cell>(10 + r));
    before.columns[1].set(r, r == 2 ? kMost : static_cast<Cell>(100 + r));
  }
  auto now = before;
  now.columns[1].add(1);
  now.columns[1].set(2, kMost);
  const auto part = encode_difference(table, before, now, kLevel);
  EXPECT_EQ(decoded(table, part, before), now);
}

TEST(Difference, IsRefusedByRowsItWasNotMadeFrom) {
  RandomRows random(5);
  const auto before = random.rows(animals(), 20);
  auto now = before;
  random.change(animals(), 1, now);
  const auto part = encode_difference(animals(), before, now, kLevel);
  auto others = random.rows(animals(), 21);
  EXPECT_EQ(decode_part(animals(), part, others).error().code, Error::Code::kMalformed);
  RowGroup none;
  EXPECT_FALSE(decode_part(animals(), part, none));
}

// Writing by one version and reading by another, which differ in their columns.
class AcrossVersions : public testing::Test {
 protected:
  AcrossVersions() {
    RandomRows random(11);
    rows_ = random.rows(animals(), 50);
    later_ = rows_;
    random.change(animals(), 0.5, later_);
    newer_ = animals();
    newer_.columns.insert(newer_.columns.begin() + 2, {40, "invented_later"});
    older_ = animals();
    older_.columns.erase(older_.columns.begin() + 2);
  }
  // `rows` as a reader of table `to` must see them.
  static RowGroup as(const Table& to, const RowGroup& rows) {
    RowGroup result;
    result.rows = rows.rows;
    for (const auto& column : to.columns) {
      const auto position = animals().find(column.name);
      result.columns.push_back(position ? rows.columns[*position] : rows.columns[0]);
      if (position) continue;
      auto& cells = result.columns.back();
      for (std::size_t r = 0; r < rows.rows; ++r) {
        cells.set(r, missing(is_missing(cells[r]) ? Missing::kNone : Missing::kNotRecorded));
      }
    }
    return result;
  }
  RowGroup rows_, later_;
  Table newer_, older_;
};

TEST_F(AcrossVersions, AColumnThatIsNotInThePartIsNotRecorded) {
  auto rows = decoded(newer_, encode_keyframe(animals(), rows_, kLevel));
  EXPECT_EQ(rows, as(newer_, rows_));
  rows = decoded(newer_, encode_difference(animals(), rows_, later_, kLevel), rows);
  EXPECT_EQ(rows, as(newer_, later_));
}

TEST_F(AcrossVersions, AColumnThatIsNotInTheTableIsSkipped) {
  auto rows = decoded(older_, encode_keyframe(animals(), rows_, kLevel));
  EXPECT_EQ(rows, as(older_, rows_));
  rows = decoded(older_, encode_difference(animals(), rows_, later_, kLevel), rows);
  EXPECT_EQ(rows, as(older_, later_));
}

TEST_F(AcrossVersions, TheOrderOfColumnsDoesNotMatter) {
  auto turned = animals();
  std::reverse(turned.columns.begin() + 1, turned.columns.end());
  EXPECT_EQ(decoded(turned, encode_keyframe(animals(), rows_, kLevel)), as(turned, rows_));
}

TEST(Lists, ComeBackAsTheyWere) {
  RandomRows random(1);
  std::vector<std::pair<Cell, List>> lists;
  Cell id = 0;
  for (int i = 0; i < 500; ++i) {
    List list;
    for (std::size_t n = random.below(20); n > 0; --n) list.items.push_back(random.any_cell());
    list.true_count = random.below(3) == 0 ? 12345 : list.items.size();
    lists.emplace_back(id, list);
    id += 1 + static_cast<Cell>(random.below(3));
  }
  lists.emplace_back(std::numeric_limits<Cell>::max(), List{});
  const auto back = decode_lists(lists_part(lists));
  ASSERT_TRUE(back) << back.error().message;
  ASSERT_EQ(back->entries.size(), lists.size());
  for (std::size_t i = 0; i < lists.size(); ++i) {
    EXPECT_EQ(back->entries[i].id, lists[i].first);
    EXPECT_EQ(back->view(back->entries[i]), lists[i].second) << i;
  }
  EXPECT_TRUE(decode_lists(lists_part({}))->entries.empty());
}

TEST(Parts, OfOneKindAreNotReadAsTheOther) {
  RowGroup rows;
  EXPECT_FALSE(decode_part(animals(), lists_part({}), rows));
  rows.grow(animals().columns.size(), 3);
  EXPECT_FALSE(decode_lists(encode_keyframe(animals(), rows, kLevel)));
}

}  // namespace
}  // namespace beamtape::test
