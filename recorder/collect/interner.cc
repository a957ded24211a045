#include "recorder/collect/interner.h"

#include <functional>

namespace beamtape {

std::size_t Interner::ListHash::operator()(const List& list) const {
  const std::string_view bytes(reinterpret_cast<const char*>(list.items.data()),
                               list.items.size() * sizeof(Cell));
  return std::hash<std::string_view>()(bytes) ^ list.true_count;
}

Cell Interner::text(std::string_view text) {
  if (const auto known = text_ids_.find(text); known != text_ids_.end()) return known->second;
  texts_.emplace_back(text);
  const auto id = static_cast<Cell>(texts_.size());
  text_ids_.emplace(texts_.back(), id);
  return id;
}

Cell Interner::list(List list) {
  const auto [at, is_new] = list_ids_.try_emplace(std::move(list), 0);
  if (is_new) {
    lists_.push_back(&at->first);
    at->second = static_cast<Cell>(lists_.size());
  }
  return at->second;
}

}  // namespace beamtape
