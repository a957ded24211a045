#include "recorder/collect/row_reader.h"

namespace beamtape {
namespace {

// The step whose key comes next. Answers have the order of the question, so `expected`, the one
// after the last found, is nearly always right.
template <typename Steps>
auto* take_key(const Steps& steps, std::size_t& expected, Cursor& cursor) {
  for (std::size_t tried = 0; tried < steps.size(); ++tried) {
    const std::size_t at = (expected + tried) % steps.size();
    if (cursor.take_atom(steps[at].key)) {
      expected = at + 1;
      return &steps[at];
    }
  }
  cursor.skip();
  return static_cast<decltype(&steps[0])>(nullptr);
}

}  // namespace

RowReader::RowReader(const Table& table, const std::function<bool(const Column&)>& wanted)
    : table_(&table) {
  for (std::size_t at = 0; at < table.columns.size(); ++at) {
    const Column& column = table.columns[at];
    if (wanted(column)) add(column.path.empty() ? column.name : column.path, at);
  }
}

void RowReader::add(std::string_view path, std::size_t column) {
  columns_.push_back(column);
  std::vector<Step>* steps = &steps_;
  Step* step = nullptr;
  while (!path.empty()) {
    const std::size_t dot = path.find('.');
    step = find_or_add(*steps, path.substr(0, dot));
    steps = &step->next;
    path = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
  }
  step->columns.push_back(column);
}

RowReader::Step* RowReader::find_or_add(std::vector<Step>& steps, std::string_view key) {
  for (Step& step : steps) {
    if (step.key == key) return &step;
  }
  return &steps.emplace_back(Step{std::string(key), {}, {}});
}

std::vector<std::string> RowReader::items() const {
  std::vector<std::string> items;
  for (const Step& step : steps_) items.push_back(step.key);
  return items;
}

bool RowReader::read(Cursor& cursor, Cells& cells, std::vector<Cell>& row) const {
  for (const std::size_t at : columns_) row[at] = missing(Missing::kNotRecorded);
  if (read_steps(steps_, cursor, cells, row)) return true;
  for (const std::size_t at : columns_) row[at] = missing(Missing::kBadAnswer);
  return false;
}

bool RowReader::read_steps(const std::vector<Step>& steps, Cursor& cursor, Cells& cells,
                           std::vector<Cell>& row) const {
  std::size_t expected = 0;
  if (const auto pairs = cursor.map()) {
    for (std::uint32_t at = 0; at < *pairs && cursor.ok(); ++at) {
      const Step* step = take_key(steps, expected, cursor);
      step ? read_value(*step, cursor, cells, row) : static_cast<void>(cursor.skip());
    }
    return cursor.ok();
  }
  ListReader items(cursor);
  if (!items.is_list()) {
    cursor.skip();
    return false;
  }
  while (items.next()) {
    if (!cursor.tuple(2)) {
      cursor.skip();
      continue;
    }
    const Step* step = take_key(steps, expected, cursor);
    step ? read_value(*step, cursor, cells, row) : static_cast<void>(cursor.skip());
  }
  return cursor.ok();
}

void RowReader::read_value(const Step& step, Cursor& cursor, Cells& cells,
                           std::vector<Cell>& row) const {
  Cursor value = cursor;
  for (const std::size_t at : step.columns) {
    cursor = value;
    row[at] = cells.read(cursor, table_->columns[at]);
  }
  if (!step.next.empty()) {
    cursor = value;
    read_steps(step.next, cursor, cells, row);
  } else if (step.columns.empty()) {
    cursor.skip();
  }
}

}  // namespace beamtape
