// Texts and lists of a keyframe group, read when they are first asked for.

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "schema/codec/part.h"
#include "schema/store/file_reader.h"

namespace beamtape {
namespace {

// Keyframe groups whose dictionaries stay: a difference of two instants needs two.
constexpr std::size_t kKeptDictionaries = 2;
// Texts looked up one by one before all of the group are read at once.
constexpr int kSingleTexts = 200;

std::string text_sql(int format_version, const char* which) {
  return fmt::format("SELECT id, text, {} FROM text WHERE epoch = ? {}",
                     format_version < 3 ? "NULL" : "checksum", which);
}

// Not so on a page that belongs to another table.
bool is_sound_text(const Statement& row, std::int64_t epoch) {
  if (row.is_null(1) || row.is_integer(1)) return false;
  return row.is_null(2) || row.integer(2) == text_checksum(epoch, row.integer(0), row.text(1));
}

}  // namespace

Dictionary& FileReader::dictionary(std::int64_t epoch) {
  const auto found = std::find_if(dictionaries_.begin(), dictionaries_.end(),
                                  [epoch](const Dictionary& one) { return one.epoch == epoch; });
  if (found != dictionaries_.end()) {
    dictionaries_.splice(dictionaries_.begin(), dictionaries_, found);
  } else {
    if (dictionaries_.size() == kKeptDictionaries) dictionaries_.pop_back();
    dictionaries_.emplace_front();
    dictionaries_.front().epoch = epoch;
  }
  return dictionaries_.front();
}

std::optional<std::string_view> FileReader::text(std::int64_t epoch, Cell id) {
  auto& known = dictionary(epoch);
  auto found = known.texts.find(id);
  if (found == known.texts.end() && !known.all_texts) {
    if (++known.single_texts > kSingleTexts) load_texts(known);
    auto row = database_.prepare(text_sql(format_version_, "AND id = ?"));
    const auto there = row ? row->bind(1, epoch).bind(2, id).step() : false;
    if (there && *there && is_sound_text(*row, epoch)) {
      found = known.texts.emplace(id, row->text(1)).first;
    }
  }
  if (found != known.texts.end()) return found->second;
  if (!std::exchange(known.told, true)) {
    meet(epoch, "of the texts from here on some are damaged or not there");
  }
  return std::nullopt;
}

void FileReader::load_texts(Dictionary& dictionary) {
  dictionary.single_texts = 0;  // a damaged page ends this: the rest stay single
  auto rows = database_.prepare(text_sql(format_version_, ""));
  if (!rows) return;
  rows->bind(1, dictionary.epoch);
  auto more = rows->step();
  for (; more && *more; more = rows->step()) {
    if (is_sound_text(*rows, dictionary.epoch)) {
      dictionary.texts.emplace(rows->integer(0), rows->text(1));
    }
  }
  dictionary.all_texts = more.has_value();
}

std::vector<Lists> FileReader::read_lists(std::int64_t snapshot, std::vector<Damage>* damage) {
  std::vector<Lists> lists;
  std::string why;
  const auto report = [&](const std::string& what) {
    if (damage != nullptr) damage->push_back({snapshot, fmt::format("{}: {}", what, why)});
  };
  const auto entries = open_blob(snapshot, kListsTable, why);
  if (!entries) report("lists");
  for (const auto& entry : entries.value_or(std::vector<PartEntry>{})) {
    if (read_part(entry, snapshot, kListsTable, why)) {
      auto part = decode_lists(buffer_);
      if (part) {
        if (!part->entries.empty()) lists.push_back(std::move(*part));
        continue;
      }
      why = part.error().message;
    }
    report(fmt::format("lists, part {}", entry.group));
  }
  blob_.close();
  return lists;
}

void FileReader::load_lists(Dictionary& dictionary) {
  dictionary.lists_loaded = true;
  const auto start = index_of(dictionary.epoch);
  if (!start) return;
  auto& lists = dictionary.lists;
  bool in_order = true;
  for (auto i = *start; i < snapshots_.size(); ++i) {
    if (snapshots_[i].epoch != dictionary.epoch || !stored_[i].has(kListsTable)) continue;
    std::vector<Damage> damage;
    for (Lists& part : read_lists(snapshots_[i].id, &damage)) {
      // Within a part ids ascend.
      in_order =
          in_order && (lists.empty() || lists.back().entries.back().id < part.entries.front().id);
      lists.push_back(std::move(part));
    }
    for (auto& one : damage) meet(one.snapshot, std::move(one.what));
  }
  if (in_order) return;
  Lists all;
  std::size_t entries = 0, items = 0;
  for (const Lists& part : lists) {
    entries += part.entries.size();
    items += part.items.size();
  }
  all.entries.reserve(entries);
  all.items.reserve(items);
  for (Lists& part : lists) {
    for (const auto& one : part.entries) all.add(one.id, part.view(one));
    part = {};
  }
  std::stable_sort(all.entries.begin(), all.entries.end(),
                   [](const auto& a, const auto& b) { return a.id < b.id; });
  lists.assign(1, std::move(all));
}

std::optional<ListView> FileReader::list(std::int64_t epoch, Cell id) {
  auto& known = dictionary(epoch);
  if (!known.lists_loaded) load_lists(known);
  const auto after = std::upper_bound(
      known.lists.begin(), known.lists.end(), id,
      [](Cell wanted, const Lists& part) { return wanted < part.entries.front().id; });
  if (after == known.lists.begin()) return std::nullopt;
  const Lists& part = *std::prev(after);
  const auto found =
      std::lower_bound(part.entries.begin(), part.entries.end(), id,
                       [](const Lists::Entry& entry, Cell wanted) { return entry.id < wanted; });
  if (found == part.entries.end() || found->id != id) return std::nullopt;
  return part.view(*found);
}

}  // namespace beamtape
