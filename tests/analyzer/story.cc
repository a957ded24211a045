#include "tests/analyzer/story.h"

#include <algorithm>

#include "schema/model/ref.h"

namespace beamtape {

namespace {

std::int64_t micros(double seconds) { return static_cast<std::int64_t>(seconds * 1e6); }

}  // namespace

Story::Row& Story::Row::raw(const std::string& column, Cell cell) {
  group_.columns[table_.index_of(column)].set(index_, cell);
  return *this;
}

Story::Row& Story::Row::number(const std::string& column, std::int64_t value) {
  return raw(column, value);
}

Story::Row& Story::Row::flag(const std::string& column, bool value) {
  return raw(column, value ? 1 : 0);
}

Story::Row& Story::Row::text(const std::string& column, const std::string& value) {
  return raw(column, story_.text_id(value));
}

Story::Row& Story::Row::ref(const std::string& column, const std::string& value) {
  return raw(column, story_.ref_cell(value));
}

Story::Row& Story::Row::not_read(const std::string& column, Missing why) {
  return raw(column, missing(why));
}

Story::Row& Story::Row::refs(const std::string& column, const std::vector<std::string>& values,
                             std::optional<std::uint64_t> true_count) {
  List list{true_count.value_or(values.size()), {}};
  for (const std::string& value : values) list.items.push_back(story_.ref_cell(value));
  return raw(column, story_.list_id(std::move(list)));
}

Story::Row& Story::Row::stack(const std::vector<std::pair<std::string, std::int64_t>>& frames) {
  List list{frames.size(), {}};
  for (const auto& [function, line] : frames) {
    list.items.push_back(story_.text_id(function));
    list.items.push_back(line > 0 ? story_.text_id("\"gen_server.erl\"") : missing(Missing::kNone));
    list.items.push_back(line > 0 ? line : missing(Missing::kNone));
  }
  return raw("current_stacktrace", story_.list_id(std::move(list)));
}

std::int64_t Story::node(const std::string& name, std::int64_t creation) {
  NodeRecord record;
  record.id = static_cast<std::int64_t>(nodes.size()) + 1;
  record.name = name;
  record.creation = creation;
  record.attached_wall_us = kNoon;
  record.facts = {{"otp_release", "25"}, {"process_limit", "262144"}};
  record.applications = {{"kernel", "8.5.3", ref_cell("<0.44.0>")},
                         {"shop", "1.2.0", ref_cell("<0.90.0>")}};
  nodes.push_back(record);
  return record.id;
}

void Story::snapshot(double second, std::int64_t node) {
  SnapshotRecord record;
  record.id = static_cast<std::int64_t>(snapshots.size()) + 1;
  record.node = node;
  if (snapshots.empty() || snapshots.back().node != node) epoch_begins_ = true;
  record.epoch = epoch_begins_ ? record.id : snapshots.back().epoch;
  epoch_begins_ = false;
  record.began_wall_us = kNoon + micros(second);
  record.ended_wall_us = record.began_wall_us + 40'000;
  record.began_mono_us = micros(second) + 5'000'000;
  record.interval_us = 10'000'000;
  record.target_us = 12'000;
  record.received_bytes = 4096;
  snapshots.push_back(record);
  for (const Table* table : columnar_tables()) {
    rows[{table->name, record.id}].groups = {};
  }
}

void Story::gap(double from, double to, const std::string& reason, std::int64_t node) {
  gaps.push_back({node, kNoon + micros(from), kNoon + micros(to), reason});
  epoch_begins_ = true;
}

void Story::note(double second, const std::string& text) {
  notes.push_back({kNoon + micros(second), text});
}

Cell Story::text_id(const std::string& text) {
  const std::int64_t epoch = snapshots.empty() ? 0 : snapshots.back().epoch;
  auto& known = texts[epoch];
  auto found = std::find(known.begin(), known.end(), text);
  if (found == known.end()) found = known.insert(known.end(), text);
  return epoch * kIdsPerEpoch + (found - known.begin()) + 1;
}

Cell Story::list_id(List list) {
  const std::int64_t epoch = snapshots.back().epoch;
  auto& known = lists[epoch];
  known.push_back(std::move(list));
  return epoch * kIdsPerEpoch + static_cast<Cell>(known.size());
}

Cell Story::ref_cell(const std::string& text) {
  if (const auto ref = parse_ref(text)) return pack(*ref);
  return pack({Ref::Tag::kText, static_cast<std::uint64_t>(text_id(text))});
}

Story::Row Story::process(const std::string& pid) { return row(process_table(), pid); }

Story::Row Story::row(const Table& table, const std::string& key) {
  const std::int64_t now = snapshots.back().id;
  Resident& resident = residents_[{table.name, key}];
  if (resident.last_seen == 0) {
    resident = {now, now, next_slot_[table.name]++};
  } else if (resident.last_seen < now - 1) {  // gone and back
    resident = {now, now, next_slot_[table.name]++};
  }
  resident.last_seen = now;
  auto& groups = rows[{table.name, now}].groups;
  if (groups.empty()) groups.emplace_back();
  RowGroup& group = groups[0];
  group.grow(table.columns.size(), std::max(group.rows, resident.slot + 1));
  Row made(*this, group, resident.slot, table);
  const Column& key_column = table.columns[0];
  if (key_column.type == Type::kRef) {
    made.ref(key_column.name, key);
  } else if (key_column.type == Type::kInteger) {
    made.number(key_column.name, std::stoll(key));
  } else {
    made.text(key_column.name, key);
  }
  if (table.find("first_seen")) made.number("first_seen", resident.first_seen);
  if (table.name == "process") record().processes += 1;
  return made;
}

Story::Row Story::node_row() {
  auto& groups = rows[{"node", snapshots.back().id}].groups;
  groups.assign(1, {});
  groups[0].grow(node_table().columns.size(), 1);
  return {*this, groups[0], 0, node_table()};
}

Aggregates& Story::aggregates() { return samples[snapshots.back().id]; }

}  // namespace beamtape
