#include "analyzer/load/sort.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

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

// The values of one key, one per row: numbers or texts.
struct KeyValues {
  bool descending = false;
  bool numeric = true;
  std::vector<Cell> numbers;
  std::vector<std::string> texts;
  std::vector<bool> missing;

  // Below 0: row `a` comes first.
  int compare(std::size_t a, std::size_t b) const {
    if (missing[a] || missing[b])
      return static_cast<int>(missing[a]) - static_cast<int>(missing[b]);
    const int order = numeric ? (numbers[a] > numbers[b]) - (numbers[a] < numbers[b])
                              : texts[a].compare(texts[b]);
    return descending ? -order : order;
  }

  // Agrees with compare(): missing ones have the highest, texts that of their first eight bytes.
  std::uint64_t rank(std::size_t row) const {
    constexpr auto kLast = std::numeric_limits<std::uint64_t>::max();
    if (missing[row]) return kLast;
    std::uint64_t place = 0;
    if (numeric) {
      place = static_cast<std::uint64_t>(numbers[row]) ^ (std::uint64_t{1} << 63);
    } else {
      for (std::size_t i = 0; i < 8; ++i) {
        const auto byte = i < texts[row].size() ? static_cast<unsigned char>(texts[row][i]) : 0;
        place = place << 8 | byte;
      }
    }
    // One below the missing ones, so that those stay last.
    return std::min(descending ? ~place : place, kLast - 1);
  }
};

// A row's place as far as one number tells it: a lower rank comes first, equal ones may still
// differ.
struct Entry {
  std::uint64_t rank;
  std::size_t row;
};

KeyValues values_of(const std::vector<RowRef>& rows, const SortKey& key) {
  KeyValues values;
  values.descending = key.descending;
  values.numeric = by_number(*key.column);
  Shown column = *key.column;
  if (by_length(column)) column.source = Shown::Source::kListCount;
  for (const RowRef& row : rows) {
    const RowView view = row.view();
    if (values.numeric) {
      const Cell cell = number_of(view, column);
      values.numbers.push_back(cell);
      values.missing.push_back(is_missing(cell));
      continue;
    }
    const Value value = value_of(view, column);
    const auto* text = std::get_if<std::string>(&value);
    values.texts.push_back(text ? *text : std::string());
    values.missing.push_back(text == nullptr);
  }
  return values;
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
  std::vector<KeyValues> values;
  for (const SortKey& key : keys) values.push_back(values_of(rows, key));
  std::vector<Cell> last;  // decides between equal rows
  std::vector<Entry> order;
  last.reserve(rows.size());
  order.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    last.push_back(rows[i].view().cell(0));
    order.push_back({values.front().rank(i), i});
  }
  const auto first = [&](const Entry& a, const Entry& b) {
    if (a.rank != b.rank) return a.rank < b.rank;
    for (const KeyValues& one : values) {
      const int comparison = one.compare(a.row, b.row);
      if (comparison != 0) return comparison < 0;
    }
    return last[a.row] != last[b.row] ? last[a.row] < last[b.row] : a.row < b.row;
  };
  const auto middle = order.begin() + static_cast<std::ptrdiff_t>(kept);
  // Only what is kept is sorted.
  if (middle != order.end()) std::nth_element(order.begin(), middle, order.end(), first);
  std::sort(order.begin(), middle, first);
  std::vector<RowRef> sorted;
  sorted.reserve(kept);
  for (std::size_t i = 0; i < kept; ++i) sorted.push_back(rows[order[i].row]);
  rows = std::move(sorted);
}

}  // namespace beamtape
