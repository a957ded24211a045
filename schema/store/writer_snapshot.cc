// Snapshots as they are written: everything in one transaction that begins with begin().

#include <fmt/format.h>

#include <algorithm>

#include "schema/codec/part.h"
#include "schema/store/file_writer.h"
#include "schema/store/layout.h"
#include "schema/store/row_bytes.h"

namespace beamtape {
namespace {

tl::unexpected<Error> misuse(const std::string& path, const std::string& why) {
  return fail(Error::Code::kUsage, "cannot write " + path + ": " + why);
}

}  // namespace

Expected<void> FileWriter::within_snapshot() const {
  if (snapshot_ != 0) return {};
  return misuse(path_, "no snapshot was begun");
}

tl::unexpected<Error> FileWriter::give_up(Error error) {
  abandon();
  return tl::unexpected(named(std::move(error)));
}

void FileWriter::abandon() {
  // An error of ROLLBACK says only that SQLite has rolled back already.
  if (database_.in_transaction()) static_cast<void>(database_.exec("ROLLBACK"));
  retention_.rolled_back();
  if (snapshot_ != 0) {
    state().needs_keyframe = true;
    for (auto& [number, groups] : state().held) {
      for (auto& group : groups) group.put_in = 0;
    }
  }
  forget_snapshot();
}

void FileWriter::forget_snapshot() {
  snapshot_ = 0;
  blobs_.clear();
  lists_ = {};
  texts_ = {};
  aggregates_.reset();
}

bool FileWriter::needs_keyframe(std::int64_t node) const {
  const auto state = nodes_.find(node);
  return state == nodes_.end() || state->second.needs_keyframe ||
         !retention_.has(state->second.epoch);
}

Expected<void> FileWriter::begin(std::int64_t id, std::int64_t epoch, std::int64_t node) {
  if (auto allowed = outside_snapshot(); !allowed) return allowed;
  const auto found = nodes_.find(node);
  if (found == nodes_.end()) return misuse(path_, fmt::format("there is no node {}", node));
  const auto& state = found->second;
  const auto latest = std::max(last_snapshot_, options_.dropped_to) + 1;
  if (id <= last_snapshot_ || id > latest || id > kMaxSnapshotId) {
    return misuse(path_, fmt::format("snapshot {} cannot follow {}", id, last_snapshot_));
  }
  if (epoch != id && (needs_keyframe(node) || epoch != state.epoch)) {
    return misuse(path_, fmt::format("snapshot {} must start a keyframe group", id));
  }
  // SQLite would go on writing into a file without a name for as long as the recording lasts.
  if (auto why = lock_.why_not_at(path_)) {
    return give_up({Error::Code::kNotFound, std::move(*why)});
  }
  snapshot_ = id;
  epoch_ = epoch;
  node_ = node;
  beside_bytes_ = 0;
  return {};
}

Expected<void> FileWriter::put_text(Cell id, std::string_view text) {
  if (auto allowed = within_snapshot(); !allowed) return allowed;
  texts_.bytes += text;
  texts_.ends.emplace_back(id, texts_.bytes.size());
  beside_bytes_ += text_row_bytes(static_cast<std::int64_t>(text.size()));
  return {};
}

Expected<void> FileWriter::put_list(Cell id, const ListView& list) {
  if (auto allowed = within_snapshot(); !allowed) return allowed;
  if (id < 0 || list.items.size() > kListCellsPerPart) {
    return give_up({Error::Code::kUsage, "a list's id or length is out of range"});
  }
  lists_.add(id, list);
  return {};
}

Expected<void> FileWriter::put_rows(const Table& table, std::size_t group, RowGroup&& rows) {
  if (auto allowed = within_snapshot(); !allowed) return allowed;
  const Table* own = table.id <= kMaxTableId ? declared(table.id) : nullptr;
  const bool fits = own != nullptr && own->columns.size() == rows.columns.size() &&
                    group < kMaxRowGroups && rows.rows <= kRowsPerGroup;
  if (!fits) return give_up({Error::Code::kUsage, "rows of an undeclared table or shape"});
  const auto number = static_cast<std::uint8_t>(table.id);
  auto& groups = state().held[number];
  if (groups.size() <= group) groups.resize(group + 1);
  auto& held = groups[group];
  if (held.put_in == snapshot_) {
    return give_up({Error::Code::kUsage, "a row group was put twice"});
  }
  if (!keyframe() && rows.rows < held.rows.rows) {
    return give_up({Error::Code::kUsage, "a row group became shorter"});
  }
  // A group that is new is its own keyframe: there is nothing to differ from.
  auto part = keyframe() || held.rows.rows == 0
                  ? encode_keyframe(*own, rows, options_.zstd_level)
                  : encode_difference(*own, held.rows, rows, options_.zstd_level);
  held.rows = std::move(rows);
  held.put_in = snapshot_;
  if (!part.empty()) blobs_[number].add(static_cast<std::uint32_t>(group), std::move(part));
  return {};
}

Expected<void> FileWriter::put_aggregates(const Aggregates& aggregates) {
  if (auto allowed = within_snapshot(); !allowed) return allowed;
  if (aggregates_) return give_up({Error::Code::kUsage, "aggregates were put twice"});
  aggregates_ = aggregates;
  const auto rows = aggregates.groups.size() + aggregates.ets.size() + aggregates.ports.size() +
                    aggregates.allocators.size();
  beside_bytes_ += static_cast<std::int64_t>(rows) * kSampleRowBytes;
  return {};
}

// A keyframe group has every row group, also those that did not change.
void FileWriter::encode_untouched() {
  for (auto& [number, groups] : state().held) {
    const Table& table = *declared(number);
    for (std::size_t g = 0; g < groups.size(); ++g) {
      if (groups[g].put_in == snapshot_ || groups[g].rows.rows == 0) continue;
      blobs_[number].add(static_cast<std::uint32_t>(g),
                         encode_keyframe(table, groups[g].rows, options_.zstd_level));
    }
  }
}

void FileWriter::encode_pending_lists() {
  auto& entries = lists_.entries;
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return a.id < b.id; });
  std::uint32_t number = 0;
  for (std::size_t first = 0, end = 0; first < entries.size(); first = end) {
    std::size_t cells = 0;
    for (end = first; end < entries.size(); ++end) {
      cells += entries[end].kept + 1;
      if (cells > kListCellsPerPart && end > first) break;
    }
    const auto some = std::span<const Lists::Entry>(entries).subspan(first, end - first);
    blobs_[kListsTable].add(number++, encode_lists(lists_, some, options_.zstd_level));
  }
}

FileWriter::Blobs FileWriter::build_blobs(std::int64_t& bytes) {
  Blobs blobs;
  for (auto& [number, builder] : blobs_) {
    if (builder.empty()) continue;
    blobs.emplace_back(number, builder.build(snapshot_, number));
    bytes += static_cast<std::int64_t>(blobs.back().second.size());
  }
  return blobs;
}

// What dropping the snapshot will write: of a part, where it begins.
std::int64_t FileWriter::drop_bytes(const Blobs& blobs) const {
  std::int64_t bytes = beside_bytes_ + kSnapshotRowBytes;
  for (const auto& [number, blob] : blobs) {
    bytes += std::min<std::int64_t>(static_cast<std::int64_t>(blob.size()), kPageBytes);
  }
  return bytes;
}

Expected<std::uint32_t> FileWriter::insert_texts() {
  std::uint32_t sums = keyframe() ? 0 : state().text_checksum;
  std::size_t from = 0;
  for (const auto& [id, to] : texts_.ends) {
    const auto text = std::string_view(texts_.bytes).substr(from, to - from);
    const auto sum = text_checksum(epoch_, id, text);
    auto done = insert_text_.bind(1, epoch_).bind(2, id).bind(3, text).bind(4, sum).run();
    if (!done) return tl::unexpected(std::move(done.error()));
    sums += sum;
    from = to;
  }
  return sums;
}

// Returns the tables that have one: "1 3 255".
Expected<std::string> FileWriter::insert_parts(const Blobs& blobs) {
  std::string tables;
  for (const auto& [number, blob] : blobs) {
    auto done = insert_part_.bind(1, part_key(snapshot_, number)).bind_blob(2, blob).run();
    if (!done) return tl::unexpected(std::move(done.error()));
    if (!tables.empty()) tables += ' ';
    tables += std::to_string(number);
  }
  return tables;
}

// Returns the sum of the texts' checksums.
Expected<std::uint32_t> FileWriter::insert_all(const SnapshotRecord& snapshot, const Blobs& blobs) {
  const auto texts = insert_texts();
  if (!texts) return texts;
  std::uint32_t rows = 0;
  if (aggregates_) {
    const auto sum = samples_->write(snapshot_, *aggregates_);
    if (!sum) return sum;
    rows = *sum;
  }
  const auto tables = insert_parts(blobs);
  if (!tables) return tl::unexpected(tables.error());
  int position = 1;
  for (const auto& field : snapshot_fields()) {
    insert_snapshot_.bind(position++, snapshot.*field.member);
  }
  const auto own = row_checksum(snapshot, *tables);
  insert_snapshot_.bind(position, snapshot.filling ? 1 : 0);
  insert_snapshot_.bind(position + 1, snapshot.not_answered).bind(position + 2, *tables);
  insert_snapshot_.bind(position + 3, rows + own).bind(position + 4, *texts);
  auto done = insert_snapshot_.bind(position + 5, own).run();
  if (!done) return tl::unexpected(std::move(done.error()));
  return texts;
}

Expected<std::int64_t> FileWriter::commit(const SnapshotRecord& snapshot) {
  if (auto allowed = within_snapshot(); !allowed) return tl::unexpected(allowed.error());
  if (keyframe()) encode_untouched();
  encode_pending_lists();
  SnapshotRecord stored = snapshot;
  stored.id = snapshot_;
  stored.epoch = epoch_;
  stored.node = node_;
  std::int64_t bytes = 0;
  const auto blobs = build_blobs(bytes);
  const std::int64_t all_bytes = bytes + beside_bytes_;
  const auto drop = drop_bytes(blobs);
  retention_.expect(epoch_, all_bytes, drop);
  auto done = look_for_readers();
  if (done) done = begin_with_room(stored, all_bytes);
  if (!done) return give_up(std::move(done.error()));
  const auto texts = insert_all(stored, blobs);
  if (!texts) return give_up(texts.error());
  if (done = database_.exec("COMMIT"); !done) return give_up(std::move(done.error()));
  const auto wal_bytes = checkpoint();
  retention_.committed(stored, all_bytes, drop, wal_bytes);
  state().needs_keyframe = false;
  state().epoch = epoch_;
  state().text_checksum = *texts;
  last_snapshot_ = snapshot_;
  forget_snapshot();
  reserve_.hold(path_, retention_.reserve_bytes());
  if (retention_.is_held()) let_file_grow();
  return bytes;
}

bool FileWriter::wants_keyframe(std::int64_t node) const {
  const auto state = nodes_.find(node);
  return state != nodes_.end() && retention_.wants_keyframe(state->second.epoch);
}

}  // namespace beamtape
