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

// Both ascending.
void keep_only(const std::vector<std::size_t>& groups, std::vector<PartEntry>& entries) {
  std::erase_if(entries, [&](const PartEntry& entry) {
    return !std::binary_search(groups.begin(), groups.end(), entry.group);
  });
}

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
                       std::vector<Damage>* damage, const std::vector<std::size_t>* only) {
  Decoding decoding(table, data, damage);
  const auto lose_all = [&](std::int64_t snapshot, const std::string& why) {
    decoding.run();
    add_damage(damage, snapshot, table.name + ": " + why);
    for (auto& group : data.groups) mark_damaged(group);
    data.changed.assign(data.groups.size(), {.all = true});
  };
  data.changed.clear();
  for (const std::size_t index : indexes) {
    const auto& record = snapshots_[index];
    if (record.epoch == record.id) {
      decoding.run();
      data.groups.assign(only == nullptr ? 0 : data.groups.size(), {});
    }
    std::string why;
    if (contradicts(table, index, why)) {
      lose_all(record.id, why);
      continue;
    }
    if (!stored_[index].has(number_of(table))) continue;
    auto entries = open_blob(record.id, number_of(table), why);
    if (!entries) {
      lose_all(record.id, why);
    } else if (entries->size() * kRowsPerGroup > kMaxTableCells / table.columns.size()) {
      add_damage(damage, record.id, table.name + ": more rows than can be held");
    } else {
      if (only != nullptr) keep_only(*only, *entries);
      decoding.add(record.id, *entries, blob_);
    }
  }
  decoding.run();
  blob_.close();
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
  data.changed.clear();
  return data;
}

Expected<void> FileReader::step(const Table& table, std::int64_t snapshot, TableData& data,
                                std::vector<Damage>* damage) {
  const auto index = require(snapshot);
  if (!index) return tl::unexpected(index.error());
  apply(table, {*index}, data, damage);
  return {};
}

Expected<void> FileReader::histories(const Table& table, const std::vector<std::size_t>& groups,
                                     std::int64_t from, std::int64_t to, const GroupVisitor& visit,
                                     std::vector<Damage>* damage) {
  struct State {
    std::optional<std::size_t> at;  // index of the snapshot whose rows these are
    TableData data;
  };
  if (groups.empty() || groups.back() >= kMaxRowGroups) return {};
  std::map<std::int64_t, State> states;  // by node
  const auto first =
      std::lower_bound(snapshots_.begin(), snapshots_.end(), from,
                       [](const SnapshotRecord& a, std::int64_t id) { return a.id < id; });
  for (auto i = static_cast<std::size_t>(first - snapshots_.begin());
       i < snapshots_.size() && snapshots_[i].id <= to; ++i) {
    auto& [at, data] = states[snapshots_[i].node];
    const bool follows = at && stored_[i].previous == at;
    if (!follows) data.groups.assign(groups.back() + 1, {});
    apply(table, follows ? std::vector{i} : chain(i), data, damage, &groups);
    at = i;
    for (const std::size_t group : groups) {
      if (data.groups[group].damaged) continue;
      if (!visit(snapshots_[i], group, data.groups[group])) return {};
    }
  }
  return {};
}

}  // namespace beamtape
