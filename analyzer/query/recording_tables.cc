#include "analyzer/query/recording_tables.h"

#include <algorithm>
#include <utility>

namespace beamtape {

namespace {

SqlValue sql_value(const Value& value) {
  if (no_value(value)) return std::monostate();
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  if (const auto* flag = std::get_if<bool>(&value)) return std::int64_t{*flag};
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  return to_json(value).dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

// The rows of one selection. With a key, of the snapshots after the one where it was found only its
// row group is decoded, until somebody else lives in its slot: a key is there once at a time.
class SelectedRows : public VirtualRows {
 public:
  SelectedRows(RecordingTables& owner, std::size_t table, Selection selection)
      : owner_(owner), table_(table), selection_(std::move(selection)) {
    const auto& all = owner_.recording_.reader().snapshots();
    next_ = static_cast<std::size_t>(
        std::lower_bound(all.begin(), all.end(), selection_.first_snapshot,
                         [](const SnapshotRecord& one, std::int64_t id) { return one.id < id; }) -
        all.begin());
  }

  Expected<bool> next() override {
    while (true) {
      if (followed_at_ < followed_.size()) {
        const auto& [record, group] = followed_[followed_at_++];
        snapshot_ = record;
        group_ = &group;
        return true;
      }
      while (data_ && at_group_ < data_->groups.size()) {
        if (to_next_slot()) return true;
      }
      const auto loaded = load_next();
      if (!loaded || !*loaded) return loaded;
    }
  }

  SqlValue value(std::size_t column) override {
    if (column == 0) return snapshot_->id;
    const RowView row{owner_.sources_[table_], group_, index_,
                      Texts(owner_.recording_.reader(), snapshot_->epoch)};
    return sql_value(value_of(row, owner_.shown_[table_][column - 1]));
  }

 private:
  // Rows of a snapshot are walked in the order of their slots.
  bool to_next_slot() {
    const RowGroup& group = data_->groups[at_group_];
    const bool readable = group.columns.size() >= owner_.sources_[table_]->columns.size();
    while (readable && at_index_ < group.rows) {
      index_ = at_index_++;
      group_ = &group;
      if (is_missing(group.columns[0][index_]) || !fits(group, index_)) continue;
      if (selection_.key) {
        follow();
        data_.reset();
      }
      return true;
    }
    ++at_group_;
    at_index_ = 0;
    return false;
  }

  bool fits(const RowGroup& group, std::size_t index) const {
    if (!selection_.key) return true;
    const RowView row{owner_.sources_[table_], &group, index,
                      Texts(owner_.recording_.reader(), snapshot_->epoch)};
    return sql_value(value_of(row, owner_.shown_[table_][0])) == SqlValue(*selection_.key);
  }

  // Reads on in the row group of the row that was found. That row itself is held apart, as the
  // snapshot's other rows are let go of.
  void follow() {
    followed_.clear();
    followed_at_ = 0;
    found_ = *group_;
    group_ = &found_;
    const auto& all = owner_.recording_.reader().snapshots();
    if (next_ >= all.size() || all[next_].id > selection_.last_snapshot) return;
    const SnapshotRecord* keep = snapshot_;
    const auto visit = [&](const SnapshotRecord& record, const RowGroup& group) {
      if (record.id == keep->id) return true;
      if (record.id != all[next_].id || record.node != keep->node) return false;
      if (group.columns.empty() || index_ >= group.rows || is_missing(group.columns[0][index_])) {
        return false;
      }
      snapshot_ = &record;
      const bool same = fits(group, index_);
      snapshot_ = keep;
      if (!same) return false;
      ++owner_.work_.followed;
      followed_.emplace_back(&all[next_++], row_alone(group));
      return next_ < all.size() && all[next_].id <= selection_.last_snapshot;
    };
    const std::int64_t last = std::min(selection_.last_snapshot, all.back().id);
    // What fails here is read again as a whole snapshot, and told then.
    (void)owner_.recording_.reader().history(*owner_.sources_[table_], at_group_, keep->id, last,
                                             visit, nullptr);
  }

  // The followed row at the same index, without the group's other rows.
  RowGroup row_alone(const RowGroup& group) const {
    RowGroup alone;
    alone.grow(group.columns.size(), index_ + 1);
    for (std::size_t i = 0; i < group.columns.size(); ++i) {
      alone.columns[i].set(index_, group.columns[i][index_]);
    }
    return alone;
  }

  // False if there is no more snapshot.
  Expected<bool> load_next() {
    const auto& all = owner_.recording_.reader().snapshots();
    if (next_ >= all.size() || all[next_].id > selection_.last_snapshot) return false;
    snapshot_ = &all[next_++];
    data_.reset();  // so that these rows can be brought to the next snapshot in place
    auto data = owner_.rows(table_, *snapshot_);
    if (!data) return tl::unexpected(data.error());
    data_ = std::move(*data);
    at_group_ = 0;
    at_index_ = 0;
    return true;
  }

  RecordingTables& owner_;
  std::size_t table_;
  Selection selection_;
  std::size_t next_ = 0;  // position among the snapshots
  std::shared_ptr<TableData> data_;
  std::size_t at_group_ = 0;
  std::size_t at_index_ = 0;
  RowGroup found_;
  std::vector<std::pair<const SnapshotRecord*, RowGroup>> followed_;
  std::size_t followed_at_ = 0;
  // The row that the selection stands on.
  const SnapshotRecord* snapshot_ = nullptr;
  const RowGroup* group_ = nullptr;
  std::size_t index_ = 0;
};

RecordingTables::RecordingTables(const Recording& recording) : recording_(recording) {
  for (const Table& table : recording.reader().tables()) {
    if (table.name == "node") continue;  // the plain table node_sample
    sources_.push_back(&table);
    shown_.push_back(shown_columns(table));
    VirtualTable made{table.name, {{"snapshot", true}}};
    for (const Shown& column : shown_.back()) {
      made.columns.push_back({column.name, column.is_number() || column.type == Type::kBool});
    }
    tables_.push_back(std::move(made));
  }
}

std::unique_ptr<VirtualRows> RecordingTables::select(std::size_t table,
                                                     const Selection& selection) {
  return std::make_unique<SelectedRows>(*this, table, selection);
}

Expected<std::shared_ptr<TableData>> RecordingTables::rows(std::size_t table,
                                                           const SnapshotRecord& snapshot) {
  Held& held = held_[table];
  if (held.snapshot == &snapshot) return held.data;
  Reader& reader = recording_.reader();
  const bool next = held.snapshot != nullptr && held.data.use_count() == 1 &&
                    held.snapshot->id + 1 == snapshot.id && held.snapshot->node == snapshot.node;
  if (next) {
    ++work_.stepped;
    const auto stepped = reader.step(*sources_[table], snapshot.id, *held.data, &damage_);
    if (!stepped) return tl::unexpected(stepped.error());
  } else {
    ++work_.whole;
    auto data = reader.rows(*sources_[table], snapshot.id, &damage_);
    if (!data) return tl::unexpected(data.error());
    held.data = std::make_shared<TableData>(std::move(*data));
  }
  held.snapshot = &snapshot;
  return held.data;
}

}  // namespace beamtape
