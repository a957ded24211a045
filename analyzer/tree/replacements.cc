#include "analyzer/tree/replacements.h"

#include <algorithm>
#include <utility>

#include "analyzer/load/text.h"
#include "schema/model/ref.h"

namespace beamtape {
namespace {

// More names and kinds of children than these are made up by the thousand, not restarted.
constexpr std::size_t kMostFamilies = 100'000;
// Events kept of one place.
constexpr std::size_t kMostEvents = 10'000;

}  // namespace

Replacements::Replacements(const Table& process_table)
    : table_(process_table),
      first_seen_(table_.find("first_seen")),
      name_(table_.find("registered_name")),
      call_(table_.find("dictionary_initial_call")),
      initial_call_(table_.find("initial_call")),
      parent_(table_.find("parent")),
      ancestors_(table_.find("ancestors")) {}

void Replacements::look(const SnapshotRecord& snapshot, const TableData& processes,
                        const Texts& texts) {
  snapshot_ = &snapshot;
  data_ = &processes;
  texts_ = &texts;
  residents_.resize(std::max(residents_.size(), processes.slots()));
  const auto life = [&](std::size_t slot) {
    if (slot >= processes.slots() || !processes.occupied(slot)) return missing(Missing::kNone);
    return first_seen_ ? processes.at(slot, *first_seen_) : Cell{0};
  };
  // First who has ended: a replacement needs its place.
  for (std::size_t slot = 0; slot < residents_.size(); ++slot) {
    if (residents_[slot].first_seen != life(slot)) gone(slot);
  }
  for (std::size_t slot = 0; slot < processes.slots(); ++slot) {
    const Cell now = life(slot);
    if (residents_[slot].first_seen == now) continue;
    residents_[slot].first_seen = now;
    born(slot);
  }
  first_ = false;
}

void Replacements::gone(std::size_t slot) {
  Resident& resident = residents_[slot];
  if (resident.family >= 0) {
    Family& family = families_[static_cast<std::size_t>(resident.family)];
    --family.living;
    if (family.replaced.slot == slot) family.replaced.slot = static_cast<std::size_t>(-1);
  }
  resident = {};
}

void Replacements::born(std::size_t slot) {
  if (!data_->occupied(slot)) return;
  const std::string name = text(slot, name_);
  std::string parent = parent_text(slot);
  if (name.empty() && parent.empty()) return;
  std::string call = text(slot, call_);
  if (call.empty()) call = text(slot, initial_call_);
  const std::string key = name.empty() ? parent + '\n' + call : name;
  const auto [known, is_new] = by_key_.try_emplace(key, families_.size());
  if (is_new && families_.size() >= kMostFamilies) {
    by_key_.erase(known);
    return;
  }
  if (is_new) {
    Replaced& replaced = families_.emplace_back().replaced;
    replaced.name = name.empty() ? call : name;
    replaced.registered = !name.empty();
  }
  Family& family = families_[known->second];
  residents_[slot].family = static_cast<std::int32_t>(known->second);
  ++family.living;
  family.single = family.single && (family.replaced.registered || family.living == 1);
  family.replaced.slot = slot;
  // One that is merely listed again, as after damage, is not new.
  const bool now = !first_seen_ || data_->at(slot, *first_seen_) == snapshot_->id;
  if (!first_ && !is_new && now && family.replaced.events.size() < kMostEvents) {
    family.replaced.events.push_back({snapshot_->began_mono_us, std::move(parent)});
  }
}

std::string Replacements::parent_text(std::size_t slot) const {
  const std::string parent = text(slot, parent_);
  if (!parent.empty() || !ancestors_) return parent;
  const Cell id = data_->at(slot, *ancestors_);
  const auto ancestors = is_missing(id) ? std::nullopt : texts_->list(id);
  if (!ancestors || ancestors->items.empty()) return {};
  return display(decode_scalar(ancestors->items[0], Type::kRef, *texts_), Unit::kNone);
}

std::string Replacements::text(std::size_t slot, const std::optional<std::size_t>& column) const {
  if (!column || is_missing(data_->at(slot, *column))) return {};
  const Scalar value =
      decode_scalar(data_->at(slot, *column), table_.columns[*column].type, *texts_);
  return std::holds_alternative<NoValue>(value) ? std::string() : display(value, Unit::kNone);
}

std::vector<Replaced> Replacements::take() {
  std::vector<Replaced> all;
  for (Family& family : families_) {
    if (family.single && !family.replaced.events.empty()) all.push_back(std::move(family.replaced));
  }
  families_.clear();
  return all;
}

}  // namespace beamtape
