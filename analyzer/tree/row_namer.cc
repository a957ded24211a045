#include "analyzer/tree/row_namer.h"

#include <utility>

#include "analyzer/load/process_group.h"
#include "analyzer/load/text.h"

namespace beamtape {
namespace {

struct Keys {
  const char* table;
  std::vector<std::string> keys;
  const char* owner;  // the column that names the process they belong to
};

const std::vector<Keys>& all_keys() {
  static const std::vector<Keys> keys{
      {"process", {"group", "application", "function", "owner"}, ""},
      {"ets", {"name", "owner", "application"}, "owner"},
      {"port", {"driver", "owner", "application"}, "connected"},
      {"socket", {"owner", "application"}, "owner"},
  };
  return keys;
}

const Keys* keys_of(const std::string& table) {
  for (const Keys& one : all_keys()) {
    if (table == one.table) return &one;
  }
  return nullptr;
}

std::string text_of(const RowView& row, const char* column) {
  const auto at = row.table->find(column);
  if (!at) return {};
  const Value value = decode(row.cell(*at), row.table->columns[*at], row.texts);
  return no_value(value) ? std::string() : display(value, Unit::kNone);
}

std::string known(std::string text) { return text.empty() ? "unknown" : text; }

}  // namespace

std::vector<std::string> group_keys(const std::string& table_name) {
  const Keys* keys = keys_of(table_name);
  return keys ? keys->keys : std::vector<std::string>();
}

RowNamer::RowNamer(const Table& table, const std::string& key)
    : key_(key), owner_(keys_of(table.name)->owner) {}

Expected<void> RowNamer::begin(const Recording& recording, const Frame& frame,
                               std::vector<Damage>& damage) {
  if (key_ != "owner" && key_ != "application") return {};
  const Table* processes = recording.reader().table("process");
  if (processes == nullptr) return {};
  const SnapshotRecord& now = frame.snapshot();
  auto data = recording.reader().rows(*processes, now.id, &damage);
  if (!data) return tl::unexpected(data.error());
  const Texts texts(recording.reader(), now.epoch);
  static const std::vector<NodeRecord::Application> none;
  const NodeRecord* node = recording.node(now.node);
  applications_ = node ? &node->applications : &none;
  places_ = find_places(*processes, *data, texts, *applications_);
  processes_.emplace(*processes, now, std::move(*data), texts);
  slots_.clear();
  for (const std::size_t slot : processes_->slots()) {
    slots_[processes_->row(slot).cell(0)] = slot;
  }
  return {};
}

std::string RowNamer::name(const RowView& row) const {
  if (key_ == "group") return process_group(row);
  if (key_ == "function") return known(text_of(row, "current_function"));
  if (key_ == "name" || key_ == "driver") return known(text_of(row, "name"));
  const std::size_t slot = process_of(row);
  if (key_ == "application") return application_of(slot);
  if (*owner_ == '\0') return owner_of(slot);
  return slot == kNobody ? known(text_of(row, owner_)) : called(slot);
}

std::size_t RowNamer::process_of(const RowView& row) const {
  const auto column = *owner_ == '\0' ? std::optional<std::size_t>(0) : row.table->find(owner_);
  const auto found = column ? slots_.find(row.cell(*column)) : slots_.end();
  return found == slots_.end() ? kNobody : found->second;
}

std::string RowNamer::application_of(std::size_t slot) const {
  const std::size_t at = slot == kNobody ? kNobody : places_[slot].application;
  return at == kNobody ? "outside of all applications" : printable((*applications_)[at].name);
}

std::string RowNamer::owner_of(std::size_t slot) const {
  if (slot == kNobody) return "unknown";
  if (places_[slot].parent != kNobody) return called(places_[slot].parent);
  return application_of(slot);
}

std::string RowNamer::called(std::size_t slot) const {
  const RowView row = processes_->row(slot);
  const std::string name = text_of(row, "registered_name");
  return name.empty() ? text_of(row, "pid") + " " + process_group(row) : name;
}

}  // namespace beamtape
