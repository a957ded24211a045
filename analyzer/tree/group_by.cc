#include "analyzer/tree/group_by.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <unordered_set>
#include <utility>

#include "analyzer/load/text.h"
#include "analyzer/tree/row_namer.h"

namespace beamtape {
namespace {

bool is_change(const Shown& column) {
  return column.source == Shown::Source::kDelta || column.source == Shown::Source::kRate;
}

bool look_back(const std::vector<const Shown*>& numbers) {
  return std::any_of(numbers.begin(), numbers.end(), [](auto* one) { return is_change(*one); });
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

// What a column of changes tells of a group: what goes into it stands at Changes.
std::string sentence_of(const Shown& change, const Table& table) {
  const std::string& name = table.columns[change.column].name;
  return change.source == Shown::Source::kDelta
             ? "Sum of " + name + " at the end of the window less the sum at its start"
             : "Increase of " + name + " of those that live at the end of the window, per second";
}

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
  if (look_back(numbers)) {
    add("delta(count)", Type::kInteger, Unit::kCount, Kind::kGauge,
        "How many rows more than at the start of the window");
  }
  for (const Shown* one : numbers) {
    if (is_change(*one)) {
      add(one->name, Type::kInteger, one->unit, Kind::kGauge, sentence_of(*one, table));
      continue;
    }
    // What counts up in each row falls in a sum when a row goes.
    add(one->name, Type::kInteger, one->unit, Kind::kGauge, "Sum of " + one->name);
    add("max(" + one->name + ")", Type::kInteger, one->unit, Kind::kGauge,
        "Largest " + one->name + " of a row");
    add("unread(" + one->name + ")", Type::kInteger, Unit::kCount, Kind::kGauge,
        "Rows of which " + one->name + " was not read: the sum is without them");
  }
  return groups;
}

struct Group {
  std::int64_t count = 0, more = 0;  // more than at the start of the window
  std::vector<Sum> sums;

  std::vector<Cell> cells_of(Cell name, const std::vector<const Shown*>& numbers,
                             double seconds) const {
    std::vector<Cell> cells{name, count};
    if (look_back(numbers)) cells.push_back(more);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const Sum& one = sums[i];
      const bool rate = numbers[i]->source == Shown::Source::kRate;
      const Cell sum =
          rate && one.known > 0 ? std::llround(static_cast<double>(one.sum) / seconds) : one.sum;
      cells.push_back(one.known > 0 ? sum : one.why);
      if (is_change(*numbers[i])) continue;
      cells.push_back(one.known > 0 ? one.most : one.why);
      cells.push_back(one.unread);
    }
    return cells;
  }
};

using ByName = std::map<std::string, Group>;

// Adds to the groups of a frame what changed in its window, which may end before it starts (the
// window's A and B). A row counts where it is: at the end in the group that it is in then, at the
// start in the one that it was in, also where a group has no row any more. Of a counter that is
// for delta() only, which falls when a row goes; rate() is what the rows of the end counted, which
// for those that began meanwhile is all that they have. Who is there at both ends, but was not read
// at one of them, has no part in it: the sum would jump by all that he has.
class Changes {
 public:
  Changes(const Frame& shown, const std::unordered_set<std::size_t>& slots, const RowChoice& chosen,
          const std::vector<const Shown*>& numbers, ByName& groups)
      : shown_(shown),
        slots_(slots),
        chosen_(chosen),
        numbers_(numbers),
        groups_(groups),
        start_(*shown.earlier()),
        end_(*shown.end()),
        first_seen_(shown.table().find("first_seen")),
        backwards_(end_.snapshot().id < start_.snapshot().id) {}

  void add_end(const RowNamer& namer) {
    for (const std::size_t slot : end_.slots()) {
      Group* group = group_of(end_, slot, namer);
      const bool born = first_seen_ && end_.cell(slot, *first_seen_) > start_.snapshot().id;
      const bool stayed = there(start_, end_, slot);
      if (group == nullptr || (!stayed && !born && start_.lost(slot))) continue;
      ++group->more;
      for (std::size_t i = 0; i < numbers_.size(); ++i) {
        const Shown& number = *numbers_[i];
        if (!is_change(number)) continue;
        const Cell now = end_.cell(slot, number.column);
        const Cell before = stayed ? start_.cell(slot, number.column) : 0;
        const Cell missed = is_missing(now) ? now : before;
        const bool rate = number.source == Shown::Source::kRate;
        if (rate && backwards_ && !stayed) continue;  // it went on, nobody knows for how long
        group->sums[i].add(is_missing(missed) ? missed : rate ? now - before : now);
      }
    }
  }

  void take_start(const RowNamer& namer) {
    for (const std::size_t slot : start_.slots()) {
      Group* group = group_of(start_, slot, namer);
      const bool stayed = there(end_, start_, slot);
      if (group == nullptr || (!stayed && end_.lost(slot))) continue;
      --group->more;
      for (std::size_t i = 0; i < numbers_.size(); ++i) {
        if (numbers_[i]->source != Shown::Source::kDelta) continue;
        const Cell before = start_.cell(slot, numbers_[i]->column);
        if (is_missing(before)) continue;
        if (stayed && is_missing(end_.cell(slot, numbers_[i]->column))) continue;
        group->sums[i].add(-before);
      }
    }
  }

 private:
  static bool there(const Frame& frame, const Frame& other, std::size_t slot) {
    return frame.has_same(other, slot) && !is_missing(frame.cell(slot, 0));
  }
  // Null if the row is not one of those that are asked for: of one that is shown that was decided
  // then.
  Group* group_of(const Frame& frame, std::size_t slot, const RowNamer& namer) {
    const bool counts =
        there(shown_, frame, slot) ? slots_.contains(slot) : chosen_(frame.row(slot));
    if (!counts) return nullptr;
    Group& group = groups_[namer.name(frame.row(slot))];
    group.sums.resize(numbers_.size());
    return &group;
  }

  const Frame& shown_;
  const std::unordered_set<std::size_t>& slots_;
  const RowChoice& chosen_;
  const std::vector<const Shown*>& numbers_;
  ByName& groups_;
  const Frame& start_;
  const Frame& end_;
  std::optional<std::size_t> first_seen_;
  bool backwards_;
};

TableData rows_of(const ByName& groups, const std::vector<const Shown*>& numbers,
                  const Table& table, double seconds, std::vector<std::string>& names) {
  TableData data;
  std::size_t slot = 0;
  for (const auto& [name, group] : groups) {
    names.push_back(name);
    const auto cells = group.cells_of(Texts::own_id(names.size() - 1), numbers, seconds);
    if (slot % kRowsPerGroup == 0) data.groups.emplace_back();
    RowGroup& rows = data.groups.back();
    const std::size_t index = slot % kRowsPerGroup;
    if (index == 0) rows.grow(table.columns.size(), std::min(kRowsPerGroup, groups.size() - slot));
    for (std::size_t i = 0; i < cells.size(); ++i) rows.columns[i].set(index, cells[i]);
    ++slot;
  }
  return data;
}

Expected<ByName> groups_of(const Recording& recording, const Frame& frame,
                           const std::vector<RowRef>& rows,
                           const std::vector<const Shown*>& numbers, const std::string& key,
                           const RowChoice& chosen, std::vector<Damage>& damage) {
  RowNamer namer(frame.table(), key);
  if (auto begun = namer.begin(recording, frame, damage); !begun) {
    return tl::unexpected(begun.error());
  }
  ByName groups;
  std::unordered_set<std::size_t> slots;
  for (const RowRef& ref : rows) {
    if (ref.frame != &frame) continue;
    const RowView row = ref.view();
    Group& group = groups[namer.name(row)];
    slots.insert(ref.slot);
    ++group.count;
    group.sums.resize(numbers.size());
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      if (!is_change(*numbers[i])) group.sums[i].add(number_of(row, *numbers[i]));
    }
  }
  if (frame.earlier() == nullptr) return groups;
  Changes changes(frame, slots, chosen, numbers, groups);
  if (frame.end() != &frame) {
    if (auto begun = namer.begin(recording, *frame.end(), damage); !begun) {
      return tl::unexpected(begun.error());
    }
  }
  changes.add_end(namer);
  if (auto begun = namer.begin(recording, *frame.earlier(), damage); !begun) {
    return tl::unexpected(begun.error());
  }
  changes.take_start(namer);
  return groups;
}

}  // namespace

Expected<std::unique_ptr<Groups>> group_rows(const Recording& recording, const Table& table,
                                             const std::vector<Frame>& frames,
                                             const std::vector<RowRef>& rows,
                                             const std::vector<Shown>& columns,
                                             const std::string& key, const RowChoice& chosen) {
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
    auto groups = groups_of(recording, frame, rows, numbers, key, chosen, made->damage);
    if (!groups) return tl::unexpected(groups.error());
    data.emplace_back(&frame,
                      rows_of(*groups, numbers, *made->table, frame.seconds_back(), made->names));
  }
  for (auto& [frame, rows_made] : data) {
    const Texts texts(recording.reader(), frame->snapshot().epoch, made->names);
    made->frames.emplace_back(*made->table, frame->snapshot(), std::move(rows_made), texts);
  }
  return made;
}

std::string group_view(const Table& groups) {
  constexpr std::array<const char*, 15> kUsual{"delta(count)",
                                               "rate(reductions)",
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
