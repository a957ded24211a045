#include "recorder/session/batch.h"

namespace beamtape {

Batch pack(RecordedNode& node, const SnapshotRecord& record, Aggregates aggregates,
           std::size_t& texts, std::size_t& lists) {
  Batch batch{.node = node.facts.name, .record = record, .aggregates = std::move(aggregates)};
  while (texts < node.interner->texts()) {
    const auto id = static_cast<Cell>(++texts);
    batch.texts.emplace_back(id, node.interner->text_of(id));
  }
  while (lists < node.interner->lists()) {
    const auto id = static_cast<Cell>(++lists);
    batch.lists.add(id, node.interner->list_of(id));
  }
  for (Rows& rows : node.tables) {
    for (const std::size_t group : rows.take_changed()) {
      batch.groups.push_back({&rows.table(), group, rows.data().groups[group]});
    }
  }
  return batch;
}

Expected<std::int64_t> store(Batch& batch, Writer& writer) {
  const SnapshotRecord& record = batch.record;
  const auto put_all = [&]() -> Expected<void> {
    if (auto done = writer.begin(record.id, record.epoch, record.node); !done) return done;
    for (const auto& [id, text] : batch.texts) {
      if (auto done = writer.put_text(id, text); !done) return done;
    }
    for (const auto& list : batch.lists.entries) {
      auto done = writer.put_list(list.id, batch.lists.view(list));
      if (!done) return done;
    }
    for (Batch::Group& group : batch.groups) {
      auto done = writer.put_rows(*group.table, group.index, std::move(group.rows));
      if (!done) return done;
    }
    return writer.put_aggregates(batch.aggregates);
  };
  if (auto done = put_all(); !done) {
    writer.abandon();
    return tl::unexpected(done.error());
  }
  return writer.commit(record);
}

}  // namespace beamtape
