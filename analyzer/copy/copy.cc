// A snapshot that begins the copy of its keyframe group begins a keyframe group of its own. Texts
// and lists keep their numbers, and go over when the first cell refers to them.

#include "analyzer/copy/copy.h"

#include <fmt/format.h>

#include <map>
#include <memory>
#include <unordered_set>

#include "schema/model/ref.h"
#include "schema/store/writer.h"

namespace beamtape {

namespace {

class Copier {
 public:
  Copier(const Recording& recording, Writer& writer, const CopyChanges& changes)
      : recording_(recording), reader_(recording.reader()), writer_(writer), changes_(changes) {}

  Expected<void> snapshot(const SnapshotRecord& record, const Aggregates& aggregates) {
    if (auto added = add_node(record); !added) return added;
    auto& copied = epochs_[record.epoch];
    if (copied.epoch == 0) copied.epoch = record.id;
    from_epoch_ = record.epoch;
    SnapshotRecord made = record;
    made.node = nodes_[record.node];
    made.epoch = copied.epoch;
    if (auto begun = writer_.begin(record.id, made.epoch, made.node); !begun) return begun;
    for (const Table& table : reader_.tables()) {
      if (table.name == "node") continue;
      if (auto done = rows(table, record); !done) return done;
    }
    if (auto done = samples(aggregates); !done) return done;
    if (auto done = writer_.commit(made); !done) return tl::unexpected(done.error());
    return {};
  }

  Expected<void> add_gap(GapRecord gap) {
    const auto node = nodes_.find(gap.node);
    if (node == nodes_.end()) return {};
    gap.node = node->second;
    if (changes_.gap) changes_.gap(gap);
    return writer_.add_gap(gap);
  }

  tl::unexpected<Error> damaged(std::int64_t snapshot, const std::string& what) const {
    return fail(Error::Code::kMalformed,
                fmt::format("cannot copy {}: snapshot #{} is damaged: {}; cut a window without it, "
                            "`beamtape-analyzer check` names what is damaged",
                            recording_.path(), snapshot, what));
  }

 private:
  struct Copied {
    std::int64_t epoch = 0;  // in the copy
    std::unordered_set<Cell> texts;
    std::unordered_set<Cell> lists;
  };

  Expected<void> add_node(const SnapshotRecord& record) {
    if (nodes_.count(record.node) != 0) return {};
    const NodeRecord* known = recording_.node(record.node);
    NodeRecord node = known ? *known : NodeRecord{};
    if (changes_.node) changes_.node(node);
    // The group leader of an application may be a text of the first keyframe group: rarely, and
    // then it names nobody any more.
    const auto id = writer_.add_node(node);
    if (!id) return tl::unexpected(id.error());
    nodes_[record.node] = *id;
    return {};
  }

  Expected<void> rows(const Table& table, const SnapshotRecord& record) {
    std::vector<Damage> damage;
    const auto key = std::pair(record.node, table.id);
    const auto held = held_.find(key);
    if (held != held_.end() && held->second.first == record.id - 1) {
      auto stepped = reader_.step(table, record.id, held->second.second, &damage);
      if (!stepped) return stepped;
      held->second.first = record.id;
    } else {
      auto all = reader_.rows(table, record.id, &damage);
      if (!all) return tl::unexpected(all.error());
      held_[key] = {record.id, std::move(*all)};
    }
    if (!damage.empty()) return damaged(record.id, damage.front().what);
    const TableData& data = held_[key].second;
    for (std::size_t group = 0; group < data.groups.size(); ++group) {
      const RowGroup& from = data.groups[group];
      if (from.rows == 0) continue;
      for (std::size_t i = 0; i < table.columns.size(); ++i) {
        auto done = words_of_column(table.columns[i], data, group, i, record.id);
        if (!done) return done;
      }
      if (auto put = writer_.put_rows(table, group, RowGroup(from)); !put) return put;
    }
    return {};
  }

  // What the other rows refer to was put with an earlier snapshot.
  Expected<void> words_of_column(const Column& column, const TableData& data, std::size_t group,
                                 std::size_t position, std::int64_t snapshot) {
    if (column.type == Type::kInteger || column.type == Type::kBool) return {};
    const CellColumn& cells = data.groups[group].columns[position];
    for (const std::size_t row : data.changed_rows(group)) {
      if (auto done = words(cells[row], column.type, column.fields, snapshot); !done) return done;
    }
    return {};
  }

  // Puts the text or list that a cell refers to, with the texts of its elements.
  Expected<void> words(Cell cell, Type type, const std::vector<Field>& fields,
                       std::int64_t snapshot) {
    if (is_missing(cell)) return {};
    if (type == Type::kAtom || type == Type::kTerm) return text(cell, snapshot);
    if (type == Type::kRef) {
      const Ref ref = unpack(cell);
      return ref.tag == Ref::Tag::kText ? text(static_cast<Cell>(ref.value), snapshot)
                                        : Expected<void>();
    }
    if (type != Type::kList || !epochs_[from_epoch_].lists.insert(cell).second) return {};
    const auto list = reader_.list(from_epoch_, cell);
    if (!list) return damaged(snapshot, "a list is not there");
    for (std::size_t i = 0; i < list->items.size() && !fields.empty(); ++i) {
      auto done = words(list->items[i], fields[i % fields.size()].type, {}, snapshot);
      if (!done) return done;
    }
    return writer_.put_list(cell, *list);
  }

  Expected<void> text(Cell id, std::int64_t snapshot) {
    if (!epochs_[from_epoch_].texts.insert(id).second) return {};
    const auto text = reader_.text(from_epoch_, id);
    if (!text) return damaged(snapshot, "a text is not there");
    return writer_.put_text(id, changes_.text ? changes_.text(*text) : std::string(*text));
  }

  Expected<void> samples(const Aggregates& aggregates) {
    const auto put = [&](const auto& all) {
      for (const auto& one : all) {
        if (auto done = text(one.name, 0); !done) return done;
      }
      return Expected<void>();
    };
    if (auto done = put(aggregates.groups); !done) return done;
    if (auto done = put(aggregates.ets); !done) return done;
    if (auto done = put(aggregates.ports); !done) return done;
    if (auto done = put(aggregates.allocators); !done) return done;
    const Table* node = reader_.table("node");
    for (std::size_t i = 0; node && i < aggregates.node.size(); ++i) {
      auto done = words(aggregates.node[i], node->columns[i].type, {}, 0);
      if (!done) return done;
    }
    return writer_.put_aggregates(aggregates);
  }

  const Recording& recording_;
  Reader& reader_;
  Writer& writer_;
  const CopyChanges& changes_;
  std::map<std::int64_t, std::int64_t> nodes_;  // id there -> id in the copy
  std::map<std::int64_t, Copied> epochs_;       // by the epoch there
  std::int64_t from_epoch_ = 0;
  // By node and table: the snapshot and its rows.
  std::map<std::pair<std::int64_t, std::uint16_t>, std::pair<std::int64_t, TableData>> held_;
};

Expected<void> copy_events(const Recording& recording, const SnapshotRecord& first,
                           const SnapshotRecord& last, const CopyChanges& changes, Copier& copier,
                           Writer& writer) {
  const std::int64_t from = first.began_wall_us;
  const std::int64_t to = last.ended_wall_us + last.interval_us;
  for (const GapRecord& gap : recording.reader().gaps()) {
    if (gap.to_wall_us < from || gap.from_wall_us > to) continue;
    if (auto done = copier.add_gap(gap); !done) return done;
  }
  for (NoteRecord note : recording.reader().notes()) {
    if (note.wall_us < from || note.wall_us > to) continue;
    if (changes.note) changes.note(note);
    if (auto done = writer.add_note(note); !done) return done;
  }
  return {};
}

// The part of a recording that is copied: at least one snapshot.
struct Window {
  const SnapshotRecord* first = nullptr;
  const SnapshotRecord* last = nullptr;
  // Up to this number some are not there: before the first, and of several nodes between them,
  // where the oldest groups of one were dropped.
  std::int64_t dropped_to = 0;
};

// kMalformed: snapshots are gone that nobody dropped.
Expected<Window> find_window(const Recording& recording,
                             std::pair<std::int64_t, std::int64_t> range) {
  Window window;
  std::int64_t expected = range.first;
  for (const SnapshotRecord& one : recording.reader().snapshots()) {
    if (one.id < range.first || one.id > range.second) continue;
    if (window.first == nullptr) {
      window = {&one, nullptr, one.id - 1};
    } else if (one.id > expected) {
      if (one.id - 1 > recording.reader().dropped_to()) {
        return fail(Error::Code::kMalformed,
                    fmt::format("cannot copy {}: snapshots #{} to #{} are not there; cut a window "
                                "before or after them",
                                recording.path(), expected, one.id - 1));
      }
      window.dropped_to = one.id - 1;
    }
    window.last = &one;
    expected = one.id + 1;
  }
  if (window.first != nullptr) return window;
  return fail(Error::Code::kMalformed,
              fmt::format("cannot copy {}: none of the snapshots #{} to #{} is there",
                          recording.path(), range.first, range.second));
}

Expected<void> copy_all(const Recording& recording, const Window& window,
                        const CopyChanges& changes, Writer& writer) {
  Copier copier(recording, writer, changes);
  Expected<void> done;
  const auto& met = recording.reader().met();
  const std::size_t known = met.size();
  // Copied before the rows are read: the walk and the rows ask the same file.
  std::vector<std::pair<SnapshotRecord, Aggregates>> waiting;
  for (std::int64_t id = window.first->id; id <= window.last->id && done; ++id) {
    waiting.clear();
    const auto read = recording.reader().aggregates(
        id, id, [&](const SnapshotRecord& record, const Aggregates& aggregates) {
          waiting.emplace_back(record, aggregates);
          return true;
        });
    if (!read) return read;
    if (met.size() > known) return copier.damaged(id, met.back().what);
    for (const auto& [record, aggregates] : waiting) {
      if (record.damaged) return copier.damaged(id, "its own row does not match its checksum");
      if (done) done = copier.snapshot(record, aggregates);
    }
  }
  if (done) done = copy_events(recording, *window.first, *window.last, changes, copier, writer);
  return done ? writer.close() : done;
}

}  // namespace

Expected<std::pair<std::int64_t, std::int64_t>> copy_recording(
    const Recording& recording, std::pair<std::int64_t, std::int64_t> range,
    const std::string& path, const CopyChanges& changes) {
  const auto window = find_window(recording, range);
  if (!window) return tl::unexpected(window.error());
  Writer::Options options;
  options.recorder_version = recording.reader().meta("recorder").value_or("");
  options.tables = recording.reader().tables();
  options.dropped_to = window->dropped_to;
  options.redacted = changes.redacts || recording.is_redacted();
  options.durable = false;
  auto writer = Writer::create(path, options);
  if (!writer) return tl::unexpected(writer.error());
  if (auto done = copy_all(recording, *window, changes, **writer); !done) {
    writer->reset();
    remove_recording(path);
    return tl::unexpected(done.error());
  }
  return std::pair{window->first->id, window->last->id};
}

}  // namespace beamtape
