#include "tests/analyzer/write_story.h"

#include <algorithm>

#include "schema/store/writer.h"

namespace beamtape {

namespace {

// Row groups of a keyframe group never become shorter.
std::size_t most_rows(const Story& story, const std::string& table) {
  std::size_t most = 0;
  for (const auto& [key, data] : story.rows) {
    if (key.first == table && !data.groups.empty()) most = std::max(most, data.groups[0].rows);
  }
  return most;
}

Expected<void> write_words(const Story& story, std::int64_t epoch, Writer& writer) {
  Cell id = epoch * Story::kIdsPerEpoch;
  if (const auto texts = story.texts.find(epoch); texts != story.texts.end()) {
    for (const std::string& text : texts->second) {
      if (auto done = writer.put_text(++id, text); !done) return done;
    }
  }
  id = epoch * Story::kIdsPerEpoch;
  if (const auto lists = story.lists.find(epoch); lists != story.lists.end()) {
    for (const List& list : lists->second) {
      if (auto done = writer.put_list(++id, list); !done) return done;
    }
  }
  return {};
}

Expected<void> write_rows(const Story& story, std::int64_t snapshot, Writer& writer) {
  for (const Table* table : columnar_tables()) {
    const std::size_t rows = most_rows(story, table->name);
    const auto data = story.rows.find({table->name, snapshot});
    if (rows == 0 || data == story.rows.end()) continue;
    RowGroup group = data->second.groups.empty() ? RowGroup{} : data->second.groups[0];
    group.grow(table->columns.size(), rows);
    if (auto done = writer.put_rows(*table, 0, std::move(group)); !done) return done;
  }
  return {};
}

Expected<void> write_snapshot(const Story& story, const SnapshotRecord& record, Writer& writer) {
  if (auto done = writer.begin(record.id, record.epoch, record.node); !done) return done;
  if (record.id == record.epoch) {
    if (auto done = write_words(story, record.epoch, writer); !done) return done;
  }
  if (auto done = write_rows(story, record.id, writer); !done) return done;
  Aggregates all;
  if (const auto told = story.samples.find(record.id); told != story.samples.end()) {
    all = told->second;
  }
  all.node.assign(node_table().columns.size(), missing(Missing::kNone));
  const auto node = story.rows.find({"node", record.id});
  if (node != story.rows.end() && !node->second.groups.empty()) {
    for (std::size_t i = 0; i < all.node.size(); ++i) {
      all.node[i] = node->second.groups[0].columns[i][0];
    }
  }
  if (auto done = writer.put_aggregates(all); !done) return done;
  const auto bytes = writer.commit(record);
  if (!bytes) return tl::unexpected(bytes.error());
  return {};
}

}  // namespace

Expected<void> write_story(const Story& story, const std::string& path, std::int64_t keep_us) {
  Writer::Options options;
  options.keep_us = keep_us;
  options.recorder_version = "0.1.0";
  auto writer = Writer::create(path, options);
  if (!writer) return tl::unexpected(writer.error());
  for (const NodeRecord& node : story.nodes) {
    const auto id = (*writer)->add_node(node);
    if (!id) return tl::unexpected(id.error());
  }
  for (const SnapshotRecord& record : story.snapshots) {
    if (auto done = write_snapshot(story, record, **writer); !done) return done;
  }
  for (const GapRecord& gap : story.gaps) {
    if (auto done = (*writer)->add_gap(gap); !done) return done;
  }
  for (const NoteRecord& note : story.notes) {
    if (auto done = (*writer)->add_note(note); !done) return done;
  }
  return (*writer)->close();
}

}  // namespace beamtape
