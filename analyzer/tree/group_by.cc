#include "analyzer/tree/group_by.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

#include "analyzer/load/process_group.h"
#include "analyzer/load/text.h"
#include "analyzer/tree/parents.h"

namespace beamtape {
namespace {

struct Keys {
  const char* table;
  std::vector<std::string> keys;
  const char* owner;  // the column that names the process they belong to
};

const std::vector<Keys>& all_keys() {
  static const std::vector<Keys> keys{
      {"process", {"group", "application", "function", "owner"}, ""},
      {"ets", {"name", "owner", "application"}, "owner"},
      {"port", {"driver", "owner", "application"}, "connected"},
      {"socket", {"owner", "application"}, "owner"},
  };
  return keys;
}

const Keys* keys_of(const std::string& table) {
  for (const Keys& one : all_keys()) {
    if (table == one.table) return &one;
  }
  return nullptr;
}

std::string text_of(const RowView& row, const char* column) {
  const auto at = row.table->find(column);
  if (!at) return {};
  const Value value = decode(row.cell(*at), row.table->columns[*at], row.texts);
  return no_value(value) ? std::string() : display(value, Unit::kNone);
}

// Says what each row of one frame has in common with others.
class Namer {
 public:
  Namer(const Table& table, const std::string& key) : keys_(*keys_of(table.name)), key_(key) {}

  // Reads the processes at the frame's instant, if the key needs them.
  Expected<void> begin(const Recording& recording, const Frame& frame,
                       std::vector<Damage>& damage) {
    if (key_ != "owner" && key_ != "application") return {};
    const Table* processes = recording.reader().table("process");
    if (processes == nullptr) return {};
    const SnapshotRecord& now = frame.snapshot();
    auto data = recording.reader().rows(*processes, now.id, &damage);
    if (!data) return tl::unexpected(data.error());
    const Texts texts(recording.reader(), now.epoch);
    static const std::vector<NodeRecord::Application> none;
    const NodeRecord* node = recording.node(now.node);
    applications_ = node ? &node->applications : &none;
    places_ = find_places(*processes, *data, texts, *applications_);
    processes_.emplace(*processes, now, std::move(*data), texts);
    slots_.clear();
    for (const std::size_t slot : processes_->slots()) {
      slots_[processes_->row(slot).cell(0)] = slot;
    }
    return {};
  }

  std::string name(const RowView& row) const {
    if (key_ == "group") return process_group(row);
    if (key_ == "function") return known(text_of(row, "current_function"));
    if (key_ == "name" || key_ == "driver") return known(text_of(row, "name"));
    const std::size_t slot = process_of(row);
    if (key_ == "application") return application_of(slot);
    if (*keys_.owner == '\0') return owner_of(row, slot);
    return slot == kNobody ? known(text_of(row, keys_.owner)) : called(slot);
  }

 private:
  static std::string known(std::string text) { return text.empty() ? "unknown" : text; }

  // The process that the row is, or that it belongs to.
  std::size_t process_of(const RowView& row) const {
    const auto column =
        *keys_.owner == '\0' ? std::optional<std::size_t>(0) : row.table->find(keys_.owner);
    const auto found = column ? slots_.find(row.cell(*column)) : slots_.end();
    return found == slots_.end() ? kNobody : found->second;
  }
  std::string application_of(std::size_t slot) const {
    const std::size_t at = slot == kNobody ? kNobody : places_[slot].application;
    return at == kNobody ? "outside of all applications" : printable((*applications_)[at].name);
  }
  std::string owner_of(const RowView&, std::size_t slot) const {
    if (slot == kNobody) return "unknown";
    if (places_[slot].parent != kNobody) return called(places_[slot].parent);
    return application_of(slot);
  }
  // One process: its registered name, else its pid with what it is.
  std::string called(std::size_t slot) const {
    const RowView row = processes_->row(slot);
    const std::string name = text_of(row, "registered_name");
    return name.empty() ? text_of(row, "pid") + " " + process_group(row) : name;
  }

  const Keys& keys_;
  const std::string& key_;
  const std::vector<NodeRecord::Application>* applications_ = nullptr;
  std::optional<Frame> processes_;
  std::vector<Place> places_;
  std::unordered_map<Cell, std::size_t> slots_;
};

bool is_change(const Shown& column) {
  return column.source == Shown::Source::kDelta || column.source == Shown::Source::kRate;
}

// Numbers of which a sum means something.
bool adds_up(const Shown& column) {
  return column.is_number() && column.kind != Kind::kIdentity && column.unit != Unit::kSnapshot &&
         column.unit != Unit::kNone;
}

struct Sum {
  Cell sum = 0, most = missing(Missing::kNone);
  Cell why = missing(Missing::kNone);  // there is none, as long as `known` is 0
  std::int64_t known = 0, unread = 0;

  void add(Cell cell) {
    if (is_missing(cell)) {
      unread += is_not_read(cell) ? 1 : 0;
      if (is_not_read(cell)) why = cell;
      return;
    }
    ++known;
    sum += cell;
    most = is_missing(most) ? cell : std::max(most, cell);
  }
};

// The table of groups: the columns in the order in which cells_of() gives them.
Table declare(const Table& table, const std::vector<const Shown*>& numbers) {
  Table groups;
  groups.name = table.name + " groups";
  std::uint16_t id = 0;
  const auto add = [&](const std::string& name, Type type, Unit unit, Kind kind,
                       const std::string& sentence) {
    groups.columns.push_back({++id, name, type, unit, kind, sentence});
  };
  add("name", Type::kAtom, Unit::kNone, Kind::kIdentity, "What the rows have in common");
  add("count", Type::kInteger, Unit::kCount, Kind::kGauge, "How many rows");
  for (const Shown* one : numbers) {
    // What counts up in each row falls in a sum when a row goes.
    add(one->name, Type::kInteger, one->unit, Kind::kGauge, "Sum of " + one->name);
    if (is_change(*one)) continue;
    add("max(" + one->name + ")", Type::kInteger, one->unit, Kind::kGauge,
        "Largest " + one->name + " of a row");
    add("unread(" + one->name + ")", Type::kInteger, Unit::kCount, Kind::kGauge,
        "Rows of which " + one->name + " was not read: the sum is without them");
  }
  return groups;
}

struct Group {
  std::int64_t count = 0;
  std::vector<Sum> sums;

  std::vector<Cell> cells_of(Cell name, const std::vector<const Shown*>& numbers) const {
    std::vector<Cell> cells{name, count};
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const Sum& one = sums[i];
      cells.push_back(one.known > 0 ? one.sum : one.why);
      if (is_change(*numbers[i])) continue;
      cells.push_back(one.known > 0 ? one.most : one.why);
      cells.push_back(one.unread);
    }
    return cells;
  }
};

TableData rows_of(const std::map<std::string, Group>& groups,
                  const std::vector<const Shown*>& numbers, const Table& table,
                  std::vector<std::string>& names) {
  TableData data;
  std::size_t slot = 0;
  for (const auto& [name, group] : groups) {
    names.push_back(name);
    const auto cells = group.cells_of(Texts::own_id(names.size() - 1), numbers);
    if (slot % kRowsPerGroup == 0) data.groups.emplace_back();
    RowGroup& rows = data.groups.back();
    const std::size_t index = slot % kRowsPerGroup;
    if (index == 0) rows.grow(table.columns.size(), std::min(kRowsPerGroup, groups.size() - slot));
    for (std::size_t i = 0; i < cells.size(); ++i) rows.columns[i].set(index, cells[i]);
    ++slot;
  }
  return data;
}

}  // namespace

std::vector<std::string> group_keys(const std::string& table_name) {
  const Keys* keys = keys_of(table_name);
  return keys ? keys->keys : std::vector<std::string>();
}

Expected<std::unique_ptr<Groups>> group_rows(const Recording& recording, const Table& table,
                                             const std::vector<Frame>& frames,
                                             const std::vector<RowRef>& rows,
                                             const std::vector<Shown>& columns,
                                             const std::string& key) {
  const auto keys = group_keys(table.name);
  if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
    return fail(Error::Code::kUsage,
                keys.empty()
                    ? fmt::format("cannot group {}: only processes, ets, ports and sockets "
                                  "can be",
                                  plural(table.name))
                    : fmt::format("cannot group {} by '{}': it is one of {}", plural(table.name),
                                  key, joined(keys, ", ")));
  }
  std::vector<const Shown*> numbers;
  for (const Shown& column : columns) {
    if (adds_up(column)) numbers.push_back(&column);
  }
  auto made = std::make_unique<Groups>();
  made->table = std::make_unique<Table>(declare(table, numbers));
  std::vector<std::pair<const Frame*, TableData>> data;
  for (const Frame& frame : frames) {
    Namer namer(table, key);
    if (auto begun = namer.begin(recording, frame, made->damage); !begun) {
      return tl::unexpected(begun.error());
    }
    std::map<std::string, Group> groups;
    for (const RowRef& ref : rows) {
      if (ref.frame != &frame) continue;
      const RowView row = ref.view();
      Group& group = groups[namer.name(row)];
      ++group.count;
      group.sums.resize(numbers.size());
      for (std::size_t i = 0; i < numbers.size(); ++i) {
        group.sums[i].add(number_of(row, *numbers[i]));
      }
    }
    data.emplace_back(&frame, rows_of(groups, numbers, *made->table, made->names));
  }
  for (auto& [frame, rows_made] : data) {
    const Texts texts(recording.reader(), frame->snapshot().epoch, made->names);
    made->frames.emplace_back(*made->table, frame->snapshot(), std::move(rows_made), texts);
  }
  return made;
}

std::string group_view(const Table& groups) {
  constexpr std::array<const char*, 14> kUsual{"rate(reductions)",
                                               "delta(memory)",
                                               "delta(size)",
                                               "memory",
                                               "unread(memory)",
                                               "message_queue_len",
                                               "max(message_queue_len)",
                                               "reductions",
                                               "size",
                                               "input",
                                               "output",
                                               "queue_size",
                                               "read_byte",
                                               "write_byte"};
  std::string view = "name,count";
  for (const char* column : kUsual) {
    if (groups.find(column)) view += std::string(",") + column;
  }
  return view;
}

}  // namespace beamtape
