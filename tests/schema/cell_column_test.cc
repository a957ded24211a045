#include "schema/model/cell_column.h"

#include <gtest/gtest.h>

#include <random>

namespace beamtape {
namespace {

constexpr Cell kNone = missing(Missing::kNone);
constexpr Cell kMost = std::numeric_limits<Cell>::max();

std::vector<Cell> cells_of(const CellColumn& column) {
  std::vector<Cell> cells(column.size());
  column.copy_to(cells);
  return cells;
}

CellColumn column_of(const std::vector<Cell>& cells) {
  CellColumn column;
  column.assign(cells);
  return column;
}

// A number of up to so many bits, or a reason, or one near the ends of the range.
Cell any_cell(std::mt19937_64& random) {
  switch (random() % 8) {
    case 0:
      return missing(static_cast<Missing>(random() % kMissingKinds));
    case 1:
      return random() % 2 == 0 ? kMost - static_cast<Cell>(random() % 70)
                               : kLowestValue + static_cast<Cell>(random() % 70);
    default:
      return static_cast<Cell>(random() >> (1 + random() % 63));
  }
}

TEST(CellColumn, HoldsWhateverWasSetLast) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    std::mt19937_64 random(seed);
    std::vector<Cell> cells(random() % 40, kNone);
    CellColumn column;
    column.resize(cells.size());
    const auto bits = random() % 64;
    for (int step = 0; step < 200 && !cells.empty(); ++step) {
      const auto row = random() % cells.size();
      const Cell cell =
          random() % 3 == 0 ? any_cell(random) : static_cast<Cell>(random() >> 1 >> bits);
      cells[row] = cell;
      column.set(row, cell);
      ASSERT_EQ(column[row], cell) << "seed " << seed;
    }
    EXPECT_EQ(cells_of(column), cells) << "seed " << seed;
    EXPECT_EQ(column, column_of(cells)) << "seed " << seed;
  }
}

TEST(CellColumn, AddsToWhatIsNotMissing) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    std::mt19937_64 random(seed);
    std::vector<Cell> cells(1 + random() % 20);
    const auto bits = random() % 64;
    for (Cell& cell : cells) cell = static_cast<Cell>(random() >> 1 >> bits);
    if (seed % 2 == 0) cells[0] = kNone;
    if (seed % 5 == 0) cells.assign(cells.size(), cells[0]);
    if (seed % 7 == 0) cells.back() = kLowestValue + 1;
    CellColumn column = column_of(cells);
    for (int step = 0; step < 5; ++step) {
      const auto by = static_cast<std::uint64_t>(any_cell(random));
      column.add(by);
      for (Cell& cell : cells) {
        if (!is_missing(cell)) cell = static_cast<Cell>(static_cast<std::uint64_t>(cell) + by);
      }
      ASSERT_EQ(cells_of(column), cells) << "seed " << seed << " step " << step;
    }
  }
}

TEST(CellColumn, GivesAndTakesChosenRows) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    std::mt19937_64 random(seed);
    const auto bits = 1 + random() % 63;
    const auto cell = [&] {
      return random() % 16 == 0 ? any_cell(random) : static_cast<Cell>(random() >> bits);
    };
    std::vector<Cell> cells(1 + random() % 300);
    for (Cell& one : cells) one = cell();
    CellColumn column = column_of(cells);
    for (int step = 0; step < 10; ++step) {
      std::vector<std::uint16_t> rows;
      for (std::size_t row = 0; row < cells.size(); ++row) {
        if (random() % 3 == 0) rows.push_back(static_cast<std::uint16_t>(row));
      }
      std::vector<Cell> chosen(rows.size());
      column.gather(rows, chosen);
      for (std::size_t i = 0; i < rows.size(); ++i) {
        ASSERT_EQ(chosen[i], cells[rows[i]]) << "seed " << seed;
        chosen[i] = cells[rows[i]] = cell();
      }
      column.scatter(rows, chosen);
      ASSERT_EQ(cells_of(column), cells) << "seed " << seed;
    }
  }
}

TEST(CellColumn, FindsTheRowsThatHoldACell) {
  const std::vector<std::uint16_t> none, both{0, 1};
  const Cell damaged = missing(Missing::kBadAnswer);
  for (const Cell other : {Cell{6}, Cell{300}, Cell{70'000}, kMost, kLowestValue, kNone}) {
    const CellColumn column = column_of({other, 5, other, damaged, 5});
    EXPECT_EQ(column.rows_with(5), (std::vector<std::uint16_t>{1, 4})) << other;
    EXPECT_EQ(column.rows_with(other), (std::vector<std::uint16_t>{0, 2})) << other;
    EXPECT_EQ(column.rows_with(damaged), std::vector<std::uint16_t>{3}) << other;
    EXPECT_EQ(column.rows_with(other == 6 ? kMost : 6), none) << other;
  }
  EXPECT_EQ(column_of({7, 7}).rows_with(7), both);
  EXPECT_EQ(column_of({7, 7}).rows_with(8), none);
}

TEST(CellColumn, NewCellsAreEmpty) {
  CellColumn column = column_of({5, 70'000, kNone});
  column.resize(5);
  EXPECT_EQ(cells_of(column), (std::vector<Cell>{5, 70'000, kNone, kNone, kNone}));
  column.resize(1);
  EXPECT_EQ(cells_of(column), std::vector<Cell>{5});
}

TEST(CellColumn, TellsOtherCellsApart) {
  EXPECT_EQ(column_of({1, 2, 3}), column_of({1, 2, 3}));
  EXPECT_FALSE(column_of({1, 2, 3}) == column_of({1, 2, 4}));
  EXPECT_FALSE(column_of({1, 2}) == column_of({1, 2, 2}));
  EXPECT_FALSE(column_of({7, 7}) == column_of({8, 8}));
}

}  // namespace
}  // namespace beamtape
