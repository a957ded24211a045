#include "analyzer/load/process_life.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "analyzer/load/known_names.h"
#include "analyzer/load/text.h"
#include "schema/model/ref.h"

namespace beamtape {

namespace {

const Value* value_in(const ProcessLives& all, const ProcessLife::Row& row,
                      const std::string& column) {
  const Shown* shown = find_shown(all.columns, column);
  return shown ? &row.values[static_cast<std::size_t>(shown - all.columns.data())] : nullptr;
}

std::string frame_text(const std::vector<Scalar>& frame, const std::vector<Field>& fields) {
  std::string function;
  std::string file;
  std::string line;
  for (std::size_t i = 0; i < frame.size(); ++i) {
    if (std::holds_alternative<NoValue>(frame[i])) continue;
    const std::string text = display(frame[i], Unit::kNone);
    if (fields[i].name == "function") function = text;
    if (fields[i].name == "file") file = text;
    if (fields[i].name == "line") line = text;
  }
  if (file.size() >= 2 && file.front() == '"') file = file.substr(1, file.size() - 2);
  if (file.empty()) return function;
  return line.empty() || line == "0" ? fmt::format("{} ({})", function, file)
                                     : fmt::format("{} ({}:{})", function, file, line);
}

void add_stacks(const ProcessLives& all, ProcessLife& life) {
  for (const ProcessLife::Row& row : life.rows) {
    const Value* value = value_in(all, row, "current_stacktrace");
    const auto* list = value ? std::get_if<ListValue>(value) : nullptr;
    if (!list) continue;
    std::vector<std::string> frames;
    for (const auto& element : list->elements) frames.push_back(frame_text(element, *list->fields));
    if (life.stacks.empty() || life.stacks.back().frames != frames) {
      life.stacks.push_back({row.snapshot, row.snapshot, std::move(frames)});
    } else {
      life.stacks.back().last = row.snapshot;
    }
  }
}

// Columns that refer to others, by their declared types; the stacks and sizes do not.
void add_relations(const ProcessLives& all, const ProcessLife::Row& row, ProcessLife& life) {
  for (std::size_t i = 1; i < all.columns.size(); ++i) {
    const Value& value = row.values[i];
    Relation relation{all.columns[i].name, 0, {}};
    if (const auto* list = std::get_if<ListValue>(&value)) {
      if ((*list->fields)[0].type != Type::kRef) continue;
      relation.count = static_cast<std::int64_t>(list->true_count);
      for (const auto& element : list->elements) {
        relation.to.push_back({display(element[0], Unit::kNone), {}});
      }
    } else if (all.columns[i].type == Type::kRef && !no_value(value)) {
      relation.count = 1;
      relation.to.push_back({display(value, Unit::kNone), {}});
    }
    if (relation.count > 0) life.relations.push_back(std::move(relation));
  }
}

// Gives the related processes their names.
void name_relations(const Frame& processes, ProcessLife& life) {
  std::map<std::string, std::string> names;
  for (const Relation& relation : life.relations) {
    for (const Related& related : relation.to) names[related.ref];
  }
  const auto columns = shown_columns(processes.table());
  const Shown* name = find_shown(columns, "name");
  for (const std::size_t slot : processes.slots()) {
    const RowView row = processes.row(slot);
    const auto found = names.find(display(value_of(row, columns[0]), Unit::kNone));
    if (found == names.end() || !name) continue;
    const Value value = value_of(row, *name);
    if (!no_value(value)) found->second = display(value, Unit::kNone);
  }
  for (Relation& relation : life.relations) {
    for (Related& related : relation.to) related.name = names[related.ref];
  }
}

std::vector<Owned> owned_rows(const Frame& frame, const std::string& owner_column, Cell pid) {
  std::vector<Owned> owned;
  const auto columns = shown_columns(frame.table());
  const auto owner = frame.table().find(owner_column);
  if (!owner) return owned;
  for (const std::size_t slot : frame.slots()) {
    const RowView row = frame.row(slot);
    if (row.cell(*owner) != pid) continue;
    const auto get = [&](const char* column) -> Value {
      const Shown* shown = find_shown(columns, column);
      return shown ? value_of(row, *shown) : Value(NoValue{});
    };
    owned.push_back({display(value_of(row, columns[0]), Unit::kNone),
                     display(get("name"), Unit::kNone), get("memory"), get("size")});
  }
  return owned;
}

Expected<void> add_surroundings(const Recording& recording, const SnapshotRecord& snapshot,
                                ProcessLives& all, ProcessLife& life) {
  for (const char* name : {"process", "ets", "port"}) {
    const Table* table = recording.reader().table(name);
    if (!table) continue;
    const auto frame = recording.frame(*table, snapshot);
    if (!frame) return tl::unexpected(frame.error());
    all.damage.insert(all.damage.end(), frame->damage.begin(), frame->damage.end());
    if (table->name == "process") name_relations(*frame, life);
    if (table->name == "ets") life.ets = owned_rows(*frame, "owner", life.life.key);
    if (table->name == "port") life.ports = owned_rows(*frame, "connected", life.life.key);
  }
  return {};
}

bool is_last_of_node(const Recording& recording, const SnapshotRecord& snapshot, std::int64_t end) {
  const auto& all = recording.reader().snapshots();
  const std::string name = recording.node_name(snapshot);
  return std::none_of(all.begin(), all.end(), [&](const SnapshotRecord& other) {
    return other.id > snapshot.id && other.id <= end && recording.node_name(other) == name;
  });
}

// Whether its row group could be read in any snapshot of its node after `last`.
Expected<bool> is_read_after(const Recording& recording, const Life& life, std::int64_t last,
                             std::int64_t end) {
  bool read_after = false;
  std::vector<Damage> damage;  // told already
  const auto read = recording.reader().history(
      *life.table, life.slot / kRowsPerGroup, last + 1, end,
      [&](const SnapshotRecord& snapshot, const RowGroup&) {
        read_after = snapshot.node == life.node;
        return !read_after;
      },
      &damage);
  if (!read) return tl::unexpected(read.error());
  return read_after;
}

Expected<ProcessLife> read_one(const Recording& recording, const Life& life, ProcessLives& all,
                               std::pair<std::int64_t, std::int64_t> range, std::int64_t as_of) {
  ProcessLife one;
  one.life = life;
  const auto read = read_life(
      recording, life, range,
      [&](const SnapshotRecord& snapshot, const RowView& row) {
        ProcessLife::Row values{recording.snapshot(snapshot.id), {}};
        for (const Shown& column : all.columns) values.values.push_back(value_of(row, column));
        one.rows.push_back(std::move(values));
      },
      &all.damage);
  if (!read) return tl::unexpected(read.error());
  if (one.rows.empty()) return one;  // damaged since it was found
  one.pid = display(one.rows.back().values[0], Unit::kNone);
  one.lives_at_end = is_last_of_node(recording, *one.rows.back().snapshot, range.second);
  if (!one.lives_at_end && !all.damage.empty()) {
    const auto gone = is_read_after(recording, life, one.rows.back().snapshot->id, range.second);
    if (!gone) return tl::unexpected(gone.error());
    one.end_unknown = !*gone;
  }
  add_stacks(all, one);
  std::size_t shown = one.rows.size() - 1;
  while (shown > 0 && one.rows[shown].snapshot->id > as_of) --shown;
  add_relations(all, one.rows[shown], one);
  const auto done = add_surroundings(recording, *one.rows[shown].snapshot, all, one);
  if (!done) return tl::unexpected(done.error());
  return one;
}

}  // namespace

Expected<ProcessLives> read_process(const Recording& recording, const std::string& subject,
                                    const std::string& node, const SnapshotRecord* at,
                                    std::pair<std::int64_t, std::int64_t> range,
                                    std::int64_t as_of) {
  const Table* table = recording.reader().table("process");
  if (!table) return fail(Error::Code::kUsage, "cannot follow a process: none are recorded");
  ProcessLives all;
  all.columns = shown_columns(*table);
  const auto where = at ? std::pair{at->id, at->id} : range;
  const auto lives =
      find_lives(recording, *table, subject, process_name_columns(), where, &all.damage);
  if (!lives) return tl::unexpected(lives.error());
  for (const Life& life : *lives) {
    const NodeRecord* record = recording.node(life.node);
    if (!node.empty() && (!record || record->name != node)) continue;
    auto one = read_one(recording, life, all, range, as_of);
    if (!one) return tl::unexpected(one.error());
    if (!one->rows.empty()) all.lives.push_back(std::move(*one));
  }
  if (!all.lives.empty()) return all;
  const std::string damaged = recording.but_for_damage(all.damage);
  if (parse_ref(subject)) {
    return fail(Error::Code::kUsage,
                fmt::format("cannot find the process {} in {}: no process had that pid{}{}",
                            subject, recording.path(), at ? " at that time" : "", damaged));
  }
  return fail(Error::Code::kUsage,
              fmt::format("cannot find the process '{}' in {}: nobody has that registered name or "
                          "label{}{}{}",
                          subject, recording.path(), at ? " at that time" : "", damaged,
                          suggestion(subject, known_names(recording, "process", where))));
}

}  // namespace beamtape
