#include "analyzer/load/sort.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "analyzer/load/cell_memo.h"
#include "analyzer/load/rank_sort.h"
#include "analyzer/load/text.h"

namespace beamtape {

namespace {

bool by_length(const Shown& column) { return column.type == Type::kList; }
// Pids and ports are packed so that their cells have an order.
bool by_number(const Shown& column) {
  return column.is_number() || by_length(column) || column.type == Type::kBool ||
         column.type == Type::kRef;
}
bool descends_unless_told(const Shown& column) {
  return by_number(column) && column.type != Type::kRef;
}

// A row's place by one key: lower comes first, missing values last in either direction.
struct Places {
  std::vector<std::uint64_t> ranks;
  std::vector<bool> missing;
  bool any_missing = false;

  void add(std::uint64_t rank, bool is_missing) {
    ranks.push_back(rank);
    missing.push_back(is_missing);
    any_missing |= is_missing;
  }
};

// Those of the last key are gone then. Kept for the next time, as in sort_by_rank().
Places& no_places(std::size_t rows) {
  thread_local Places places;
  places.ranks.clear();
  places.missing.clear();
  places.any_missing = false;
  places.ranks.reserve(rows);
  return places;
}

const Places& places_of_numbers(const std::vector<RowRef>& rows, Shown column) {
  if (by_length(column)) column.source = Shown::Source::kListCount;
  const bool direct = column.source == Shown::Source::kColumn;
  Places& places = no_places(rows.size());
  for (const RowRef& row : rows) {
    const Cell cell =
        direct ? row.frame->cell(row.slot, column.column) : number_of(row.view(), column);
    places.add(static_cast<std::uint64_t>(cell) ^ (std::uint64_t{1} << 63), is_missing(cell));
  }
  return places;
}

// The different texts of a column, each decoded once: they are few, names, states and functions.
class DistinctTexts {
 public:
  // The text's number; nothing if it is missing.
  std::optional<std::size_t> number_of(const RowView& row, const Shown& column) {
    return of_cell_.get(row, column, [&] { return add(value_of(row, column)); });
  }

  // Of each number its place by the alphabet; equal texts have one number.
  std::vector<std::uint64_t> ranks() const {
    std::vector<std::uint64_t> ranks(numbers_.size());
    std::uint64_t rank = 0;
    for (const auto& [text, number] : numbers_) ranks[number] = rank++;
    return ranks;
  }

 private:
  std::optional<std::size_t> add(const Value& value) {
    const auto* text = std::get_if<std::string>(&value);
    if (!text) return std::nullopt;
    return numbers_.try_emplace(*text, numbers_.size()).first->second;
  }

  CellMemo<std::optional<std::size_t>> of_cell_;
  std::map<std::string, std::size_t> numbers_;
};

const Places& places_of_texts(const std::vector<RowRef>& rows, const Shown& column) {
  DistinctTexts texts;
  Places& places = no_places(rows.size());
  for (const RowRef& row : rows) {
    const auto number = texts.number_of(row.view(), column);
    places.add(number.value_or(0), !number);
  }
  const auto ranks = texts.ranks();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!places.missing[i]) places.ranks[i] = ranks[places.ranks[i]];
  }
  return places;
}

void sort_by(const Places& places, bool descending, std::vector<Ranked>& order) {
  for (Ranked& one : order) {
    const std::uint64_t rank = places.missing[one.row] ? 0 : places.ranks[one.row];
    one.rank = descending ? ~rank : rank;
  }
  sort_by_rank(order);
  if (!places.any_missing) return;
  std::stable_partition(order.begin(), order.end(),
                        [&](const Ranked& one) { return !places.missing[one.row]; });
}

}  // namespace

Expected<std::vector<SortKey>> parse_sort(const std::string& text,
                                          const std::vector<Shown>& columns) {
  std::vector<SortKey> keys;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find(',', start), text.size());
    const std::string word = text.substr(start, end - start);
    start = end + 1;
    const std::size_t colon = std::min(word.find(':'), word.size());
    const std::string name = word.substr(0, colon);
    const std::string direction = word.substr(std::min(colon + 1, word.size()));
    const Shown* column = find_shown(columns, name);
    if (!column) {
      return fail(Error::Code::kUsage, fmt::format("cannot sort by '{}': no such column{}", name,
                                                   suggestion(name, names_of(columns))));
    }
    if (colon < word.size() && direction != "asc" && direction != "desc") {
      return fail(Error::Code::kUsage,
                  fmt::format("cannot sort by '{}': write {}:asc or {}:desc", word, name, name));
    }
    keys.push_back(
        {column, direction.empty() ? descends_unless_told(*column) : direction == "desc"});
  }
  return keys;
}

void sort_rows(std::vector<RowRef>& rows, const std::vector<SortKey>& keys,
               std::optional<std::size_t> limit) {
  const std::size_t kept = std::min(limit.value_or(rows.size()), rows.size());
  if (keys.empty()) {
    rows.resize(kept);
    return;
  }
  // From the least important key to the first, each time keeping the order of equal rows.
  thread_local std::vector<Ranked> order;  // as in sort_by_rank()
  order.clear();
  order.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto cell = static_cast<std::uint64_t>(rows[i].frame->cell(rows[i].slot, 0));
    order.push_back({cell ^ (std::uint64_t{1} << 63), static_cast<std::uint32_t>(i)});
  }
  sort_by_rank(order);
  for (auto key = keys.rbegin(); key != keys.rend(); ++key) {
    sort_by(by_number(*key->column) ? places_of_numbers(rows, *key->column)
                                    : places_of_texts(rows, *key->column),
            key->descending, order);
  }
  std::vector<RowRef> sorted;
  sorted.reserve(kept);
  for (std::size_t i = 0; i < kept; ++i) sorted.push_back(rows[order[i].row]);
  rows = std::move(sorted);
}

}  // namespace beamtape
