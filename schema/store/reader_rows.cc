// Rows: a keyframe and the differences after it, applied in place.

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "schema/codec/part.h"
#include "schema/store/checksum.h"
#include "schema/store/decoding.h"
#include "schema/store/file_reader.h"

namespace beamtape {
namespace {

// More than anyone can look at: a damaged file must not take all memory.
constexpr std::size_t kMaxTableCells = std::size_t{1} << 30;

void add_damage(std::vector<Damage>* damage, std::int64_t snapshot, std::string what) {
  if (damage != nullptr) damage->push_back({snapshot, std::move(what)});
}

std::uint8_t number_of(const Table& table) { return static_cast<std::uint8_t>(table.id); }

}  // namespace

std::optional<std::vector<PartEntry>> FileReader::open_blob(std::int64_t snapshot,
                                                            std::uint8_t table, std::string& why) {
  if (!blob_.open(database_.handle(), "part", "data", part_key(snapshot, table))) {
    why = blob_.why();
    return std::nullopt;
  }
  std::array<std::uint8_t, kBlobHeader> header{};
  std::optional<std::size_t> bytes;
  if (blob_.read(0, header)) bytes = directory_bytes(header, blob_.size());
  if (bytes) {
    buffer_.resize(*bytes);
    if (blob_.read(kBlobHeader, buffer_)) {
      auto entries = read_directory(header, buffer_, blob_.size(), snapshot, table);
      if (entries) return entries;
    }
  }
  why = "its directory is damaged";
  return std::nullopt;
}

bool FileReader::read_part(const PartEntry& entry, std::int64_t snapshot, std::uint8_t table,
                           std::string& why) {
  buffer_.resize(entry.bytes);
  if (!blob_.read(entry.offset, buffer_)) {
    why = blob_.why();
    return false;
  }
  if (part_checksum(buffer_, snapshot, table, entry.group) == entry.checksum) return true;
  why = "checksum does not match";
  return false;
}

void FileReader::decode_into(const Table& table, std::int64_t snapshot, const PartEntry& entry,
                             RowGroup& rows, std::vector<Damage>* damage) {
  if (rows.damaged) return;
  std::string why;
  if (read_part(entry, snapshot, number_of(table), why)) {
    const auto decoded = decode_part(table, buffer_, rows);
    if (decoded) return;
    why = decoded.error().message;
  }
  add_damage(damage, snapshot, fmt::format("{}: {}", slots_of(table, entry.group), why));
  mark_damaged(rows);
}

// True, and why, if what is known of the snapshot already cannot be right for this table. A part
// that it does not name would be taken for one without changes.
bool FileReader::contradicts(const Table& table, std::size_t index, std::string& why) {
  if (stored_[index].broken) {
    why = "a snapshot before it is not there";
    return true;
  }
  const auto number = number_of(table);
  if (stored_[index].has(number)) return false;
  why = "there is a part that the snapshot does not name";
  return blob_.open(database_.handle(), "part", "data", part_key(snapshots_[index].id, number));
}

void FileReader::apply(const Table& table, const std::vector<std::size_t>& indexes, TableData& data,
                       std::vector<Damage>* damage) {
  Decoding decoding(table, data, damage);
  const auto lose_all = [&](std::int64_t snapshot, const std::string& why) {
    decoding.run();
    add_damage(damage, snapshot, table.name + ": " + why);
    for (auto& group : data.groups) mark_damaged(group);
  };
  for (const std::size_t index : indexes) {
    const auto& record = snapshots_[index];
    if (record.epoch == record.id) {
      decoding.run();
      data.groups.clear();
    }
    std::string why;
    if (contradicts(table, index, why)) {
      lose_all(record.id, why);
      continue;
    }
    if (!stored_[index].has(number_of(table))) continue;
    const auto entries = open_blob(record.id, number_of(table), why);
    if (!entries) {
      lose_all(record.id, why);
    } else if (entries->size() * kRowsPerGroup > kMaxTableCells / table.columns.size()) {
      add_damage(damage, record.id, table.name + ": more rows than can be held");
    } else {
      decoding.add(record.id, *entries, blob_);
    }
  }
  decoding.run();
  blob_.close();
}

void FileReader::apply_group(const Table& table, std::size_t index, std::uint32_t group,
                             RowGroup& rows, std::vector<Damage>* damage) {
  const auto& record = snapshots_[index];
  if (record.epoch == record.id) rows = {};
  if (rows.damaged) return;
  std::string why;
  if (contradicts(table, index, why)) {
    add_damage(damage, record.id, fmt::format("{}: {}", table.name, why));
    mark_damaged(rows);
    return;
  }
  if (!stored_[index].has(number_of(table))) return;
  const auto entries = open_blob(record.id, number_of(table), why);
  if (!entries) {
    add_damage(damage, record.id, fmt::format("{}: {}", table.name, why));
    mark_damaged(rows);
    return;
  }
  const auto entry =
      std::lower_bound(entries->begin(), entries->end(), group,
                       [](const PartEntry& a, std::uint32_t g) { return a.group < g; });
  if (entry != entries->end() && entry->group == group) {
    decode_into(table, record.id, *entry, rows, damage);
  }
}

std::vector<std::size_t> FileReader::chain(std::size_t index) const {
  std::vector<std::size_t> indexes{index};
  while (stored_[indexes.back()].previous) indexes.push_back(*stored_[indexes.back()].previous);
  std::reverse(indexes.begin(), indexes.end());
  return indexes;
}

Expected<TableData> FileReader::rows(const Table& table, std::int64_t snapshot,
                                     std::vector<Damage>* damage) {
  const auto index = require(snapshot);
  if (!index) return tl::unexpected(index.error());
  TableData data;
  apply(table, chain(*index), data, damage);
  return data;
}

Expected<void> FileReader::step(const Table& table, std::int64_t snapshot, TableData& data,
                                std::vector<Damage>* damage) {
  const auto index = require(snapshot);
  if (!index) return tl::unexpected(index.error());
  apply(table, {*index}, data, damage);
  return {};
}

Expected<void> FileReader::history(
    const Table& table, std::size_t group, std::int64_t from, std::int64_t to,
    const std::function<bool(const SnapshotRecord&, const RowGroup&)>& visit,
    std::vector<Damage>* damage) {
  struct State {
    std::optional<std::size_t> at;  // index of the snapshot whose rows these are
    RowGroup rows;
  };
  if (group >= kMaxRowGroups) return {};
  const auto number = static_cast<std::uint32_t>(group);
  std::map<std::int64_t, State> states;  // by node
  const auto first =
      std::lower_bound(snapshots_.begin(), snapshots_.end(), from,
                       [](const SnapshotRecord& a, std::int64_t id) { return a.id < id; });
  for (auto i = static_cast<std::size_t>(first - snapshots_.begin());
       i < snapshots_.size() && snapshots_[i].id <= to; ++i) {
    auto& state = states[snapshots_[i].node];
    if (state.at && stored_[i].previous == state.at) {
      apply_group(table, i, number, state.rows, damage);
    } else {
      for (const auto j : chain(i)) apply_group(table, j, number, state.rows, damage);
    }
    state.at = i;
    if (!state.rows.damaged && !visit(snapshots_[i], state.rows)) break;
  }
  blob_.close();
  return {};
}

}  // namespace beamtape
