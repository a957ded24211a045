#include "recorder/collect/row_reader.h"

namespace beamtape {
namespace {

// The step whose key comes next; `none` if no step has it. Answers have the order of the
// question, so `expected`, the one after the last found, is nearly always right.
template <typename Steps>
std::size_t take_key(const Steps& steps, std::size_t& expected, Cursor& cursor, std::size_t none) {
  for (std::size_t tried = 0; tried < steps.size(); ++tried) {
    const std::size_t at = (expected + tried) % steps.size();
    if (cursor.take_atom(steps[at].key)) {
      expected = at + 1;
      return at;
    }
  }
  cursor.skip();
  return none;
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
  Level* level = &top_;
  Step* step = nullptr;
  while (!path.empty()) {
    const std::size_t dot = path.find('.');
    level->shape.clear();
    step = find_or_add(level->steps, path.substr(0, dot));
    level = &step->next;
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
  for (const Step& step : top_.steps) items.push_back(step.key);
  return items;
}

bool RowReader::read(Cursor& cursor, Cells& cells, std::vector<Cell>& row) const {
  for (const std::size_t at : columns_) row[at] = missing(Missing::kNotRecorded);
  if (read_level(top_, cursor, cells, row)) return true;
  for (const std::size_t at : columns_) row[at] = missing(Missing::kBadAnswer);
  return false;
}

bool RowReader::read_values(ListReader& list, Cursor& cursor, Cells& cells,
                            std::vector<Cell>& row) const {
  for (const std::size_t at : columns_) row[at] = missing(Missing::kNotRecorded);
  for (std::size_t step = 0; step < top_.steps.size(); ++step) {
    if (!list.next()) {
      for (const std::size_t at : columns_) row[at] = missing(Missing::kBadAnswer);
      return false;
    }
    read_value(top_, step, cursor, cells, row);
  }
  return true;
}

bool RowReader::read_level(const Level& level, Cursor& cursor, Cells& cells,
                           std::vector<Cell>& row) const {
  if (read_alike(level, cursor, cells, row)) return true;
  level.shape.clear();
  std::size_t expected = 0;
  const std::uint8_t* told = cursor.place();
  const auto read_pair = [&] {
    const std::size_t step = take_key(level.steps, expected, cursor, kNoStep);
    level.shape.push_back({{told, cursor.place()}, step});
    read_value(level, step, cursor, cells, row);
    told = cursor.place();
  };
  bool is_alike = true;  // an answer without things that are no pairs
  if (const auto pairs = cursor.map()) {
    for (std::uint32_t at = 0; at < *pairs && cursor.ok(); ++at) read_pair();
  } else {
    ListReader items(cursor);
    if (!items.is_list()) {
      cursor.skip();
      return false;
    }
    while (items.next()) {
      if (cursor.tuple(2)) {
        read_pair();
      } else {
        cursor.skip();
        is_alike = false;
      }
    }
  }
  level.shape.push_back({{told, cursor.place()}, kNoStep});
  if (!is_alike || !cursor.ok()) level.shape.clear();
  return cursor.ok();
}

// False, with nothing consumed, if the answer is not of the last one's shape.
bool RowReader::read_alike(const Level& level, Cursor& cursor, Cells& cells,
                           std::vector<Cell>& row) const {
  if (level.shape.empty()) return false;
  Cursor ahead = cursor;
  for (std::size_t at = 0; at + 1 < level.shape.size(); ++at) {
    if (!ahead.take_bytes(level.shape[at].before)) return false;
    read_value(level, level.shape[at].step, ahead, cells, row);
  }
  if (!ahead.take_bytes(level.shape.back().before)) return false;
  cursor = ahead;
  return true;
}

void RowReader::read_value(const Level& level, std::size_t step, Cursor& cursor, Cells& cells,
                           std::vector<Cell>& row) const {
  if (step == kNoStep) {
    cursor.skip();
    return;
  }
  const auto& [key, columns, next] = level.steps[step];
  if (columns.size() == 1 && next.steps.empty()) {  // copies of a cursor just moved are dear
    row[columns[0]] = cells.read(cursor, table_->columns[columns[0]]);
    return;
  }
  const Cursor value = cursor;
  for (const std::size_t at : columns) {
    cursor = value;
    row[at] = cells.read(cursor, table_->columns[at]);
  }
  if (!next.steps.empty()) {
    cursor = value;
    read_level(next, cursor, cells, row);
  } else if (columns.empty()) {
    cursor.skip();
  }
}

}  // namespace beamtape
