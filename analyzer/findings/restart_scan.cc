#include "analyzer/findings/restart_scan.h"

#include <cmath>
#include <limits>

#include "analyzer/load/frame.h"

namespace beamtape {
namespace {

// A node has some thousand named processes and kinds of children at most; what comes beyond
// that is made up by the thousand, not restarted.
constexpr std::size_t kMostFamilies = 20'000;
// Replacements kept of one family.
constexpr std::size_t kMostRestarts = 10'000;

}  // namespace

RestartScan::RestartScan(const Table& table, Observed& observed)
    : table_(table),
      observed_(observed),
      name_(table.find("registered_name")),
      call_(table.find("dictionary_initial_call")),
      ancestors_(table.find("ancestors")) {}

void RestartScan::begin(const TableData& data, std::size_t at) {
  data_ = &data;
  at_ = at;
  family_of_slot_.resize(std::max(family_of_slot_.size(), data.slots()), -1);
}

void RestartScan::end() {
  for (Family& family : families_) {
    if (!family.restarts.living.empty()) family.restarts.living[at_] = family.living;
  }
  if (at_ + 1 != observed_.size()) return;
  for (Family& family : families_) {
    if (!family.restarts.at.empty()) observed_.restarts.push_back(std::move(family.restarts));
  }
}

std::string RestartScan::text(Cell cell, const Column& column) const {
  const Texts texts(observed_.recording->reader(), observed_.segment.snapshots[at_]->epoch);
  const Value value = decode(cell, column, texts);
  if (const auto* list = std::get_if<ListValue>(&value)) {
    return list->elements.empty() ? std::string() : display(list->elements[0][0], Unit::kNone);
  }
  return no_value(value) ? std::string() : display(value, Unit::kNone);
}

RestartScan::Family* RestartScan::family_of(std::size_t slot) {
  if (!name_ || !call_ || !ancestors_) return nullptr;
  const std::int64_t epoch = observed_.segment.snapshots[at_]->epoch;
  if (epoch != epoch_) by_cells_.clear();
  epoch_ = epoch;
  const std::array<Cell, 3> cells{data_->at(slot, *name_), data_->at(slot, *call_),
                                  data_->at(slot, *ancestors_)};
  auto at = by_cells_.find(cells);
  if (at == by_cells_.end()) {
    if (by_cells_.size() >= kMostFamilies) by_cells_.clear();
    at = by_cells_.emplace(cells, find_family(cells[0], cells[1], cells[2])).first;
  }
  return at->second < 0 ? nullptr : &families_[static_cast<std::size_t>(at->second)];
}

std::int32_t RestartScan::find_family(Cell name_cell, Cell call_cell, Cell ancestors) {
  const std::string name = text(name_cell, table_.columns[*name_]);
  // Whose ancestors are not known has no supervisor to be restarted by.
  const std::string supervisor = text(ancestors, table_.columns[*ancestors_]);
  if (name.empty() && supervisor.empty()) return -1;
  const std::string call = text(call_cell, table_.columns[*call_]);
  const std::string key = name.empty() ? supervisor + '\n' + call : name;
  const auto [at, is_new] = by_key_.try_emplace(key, static_cast<std::int32_t>(families_.size()));
  if (is_new) {
    if (families_.size() >= kMostFamilies) {
      by_key_.erase(at);
      return -1;
    }
    Family family;
    family.restarts.registered = !name.empty();
    family.restarts.name = name.empty() ? call : name;
    family.restarts.supervisor = supervisor;
    if (name.empty()) family.restarts.living.assign(observed_.size(), 0.0);
    families_.push_back(std::move(family));
  }
  return at->second;
}

void RestartScan::born(std::size_t slot, std::int64_t first_seen) {
  Family* family = family_of(slot);
  family_of_slot_[slot] = family ? static_cast<std::int32_t>(family - families_.data()) : -1;
  if (family == nullptr) return;
  ++family->living;
  const bool now = first_seen == observed_.segment.snapshots[at_]->id;
  if (now && at_ > 0 && family->known_before && family->restarts.at.size() < kMostRestarts) {
    family->restarts.at.push_back(at_);
  }
  family->known_before = true;
}

void RestartScan::gone(std::size_t slot) {
  if (family_of_slot_[slot] < 0) return;
  --families_[static_cast<std::size_t>(family_of_slot_[slot])].living;
  family_of_slot_[slot] = -1;
}

}  // namespace beamtape
