#include "analyzer/tree/parents.h"

#include <optional>
#include <string>
#include <unordered_map>

#include "schema/model/ref.h"

namespace beamtape {
namespace {

// A group leader may be a process that was given one itself: a shell, a test's capture. So many
// steps lead to an application master, or there is none.
constexpr int kMostLeaders = 8;

// An atom as `$ancestors` shows it ('Elixir.Shop.Supervisor', with quotes where it needs them) as
// registered names are recorded.
std::string unquoted(std::string_view atom) {
  if (atom.size() < 2 || atom.front() != '\'' || atom.back() != '\'') return std::string(atom);
  std::string text;
  for (std::size_t i = 1; i + 1 < atom.size(); ++i) {
    if (atom[i] == '\\' && i + 2 < atom.size()) ++i;
    text += atom[i];
  }
  return text;
}

class Finder {
 public:
  Finder(const Table& table, const TableData& data, const Texts& texts,
         const std::vector<NodeRecord::Application>& applications)
      : table_(table), data_(data), texts_(texts), places_(data.slots()) {
    const auto name = table.find("registered_name");
    for (std::size_t slot = 0; slot < data.slots(); ++slot) {
      if (!data.occupied(slot)) continue;
      slots_[data.at(slot, 0)] = slot;
      if (!name || is_missing(data.at(slot, *name))) continue;
      if (const auto text = texts.text(data.at(slot, *name))) names_[std::string(*text)] = slot;
    }
    for (std::size_t i = 0; i < applications.size(); ++i) {
      if (!is_missing(applications[i].master)) masters_[applications[i].master] = i;
    }
  }

  std::vector<Place> find() {
    for (std::size_t slot = 0; slot < places_.size(); ++slot) {
      if (data_.occupied(slot)) place(slot);
    }
    break_circles();
    return std::move(places_);
  }

 private:
  void place(std::size_t slot) {
    Place& place = places_[slot];
    const auto master = masters_.find(data_.at(slot, 0));
    if (master != masters_.end()) {
      place.is_master = true;
      place.application = master->second;
      return;
    }
    place.application = application_of(slot);
    const auto take = [&](std::size_t parent, FoundBy found_by) {
      if (parent == kNobody) return false;
      place.parent = parent;
      place.found_by = found_by;
      return true;
    };
    if (take(by_parent(slot), FoundBy::kParent)) return;
    if (take(by_ancestors(slot), FoundBy::kAncestor)) return;
    if (take(by_link(slot), FoundBy::kLink)) return;
    if (place.application != kNobody) place.found_by = FoundBy::kGroupLeader;
  }

  Cell cell(std::size_t slot, const std::optional<std::size_t>& column) const {
    return column ? data_.at(slot, *column) : missing(Missing::kNotRecorded);
  }

  // The process that a ref means, if it can have been there before `child`.
  std::size_t older(Cell ref, std::size_t child) {
    const std::size_t slot = slot_of(ref);
    if (slot == kNobody || slot == child) return kNobody;
    const Cell here = cell(slot, first_seen_), there = cell(child, first_seen_);
    return !is_missing(here) && !is_missing(there) && here > there ? kNobody : slot;
  }
  std::size_t slot_of(Cell ref) {
    if (is_missing(ref)) return kNobody;
    if (unpack(ref).tag != Ref::Tag::kText) {
      const auto found = slots_.find(ref);
      return found == slots_.end() ? kNobody : found->second;
    }
    const auto [known, is_new] = by_text_.try_emplace(ref, kNobody);
    if (!is_new) return known->second;
    const auto text = texts_.text(static_cast<Cell>(unpack(ref).value));
    const auto found = text ? names_.find(unquoted(*text)) : names_.end();
    if (found != names_.end()) known->second = found->second;
    return known->second;
  }

  std::size_t by_parent(std::size_t slot) { return older(cell(slot, parent_), slot); }

  std::optional<ListView> list(std::size_t slot, const std::optional<std::size_t>& column) const {
    const Cell id = cell(slot, column);
    return is_missing(id) ? std::nullopt : texts_.list(id);
  }

  std::size_t by_ancestors(std::size_t slot) {
    const auto ancestors = list(slot, ancestors_);
    if (!ancestors) return kNobody;
    for (const Cell ancestor : ancestors->items) {
      const std::size_t found = older(ancestor, slot);
      if (found != kNobody) return found;
    }
    return kNobody;
  }

  std::size_t by_link(std::size_t slot) {
    const auto links = list(slot, links_);
    if (!links) return kNobody;
    std::size_t only = kNobody;
    for (const Cell link : links->items) {
      // Pids are given in rising order, but for their turning over.
      if (is_missing(link) || unpack(link).tag != Ref::Tag::kPid || link >= data_.at(slot, 0))
        continue;
      const std::size_t found = older(link, slot);
      if (found == kNobody) continue;
      if (only != kNobody) return kNobody;
      only = found;
    }
    return only;
  }

  std::size_t application_of(std::size_t slot) {
    for (int step = 0; step < kMostLeaders && slot != kNobody; ++step) {
      const Cell leader = cell(slot, group_leader_);
      if (is_missing(leader)) return kNobody;
      const auto master = masters_.find(leader);
      if (master != masters_.end()) return master->second;
      const std::size_t next = slot_of(leader);
      if (next == slot) return kNobody;
      slot = next;
    }
    return kNobody;
  }

  // Who is above itself stands below its application instead.
  void break_circles() {
    enum : std::uint8_t { kNew, kOnPath, kDone };
    std::vector<std::uint8_t> states(places_.size(), kNew);
    std::vector<std::size_t> path;
    for (std::size_t slot = 0; slot < places_.size(); ++slot) {
      std::size_t at = slot;
      while (at != kNobody && states[at] == kNew) {
        states[at] = kOnPath;
        path.push_back(at);
        at = places_[at].parent;
      }
      if (at != kNobody && states[at] == kOnPath) {
        Place& place = places_[at];
        place.parent = kNobody;
        place.found_by = place.application == kNobody ? FoundBy::kNothing : FoundBy::kGroupLeader;
      }
      for (const std::size_t done : path) states[done] = kDone;
      path.clear();
    }
  }

  const Table& table_;
  const TableData& data_;
  const Texts& texts_;
  std::vector<Place> places_;
  std::unordered_map<Cell, std::size_t> slots_;
  std::unordered_map<std::string, std::size_t> names_;
  std::unordered_map<Cell, std::size_t> by_text_, masters_;
  const std::optional<std::size_t> parent_ = table_.find("parent"),
                                   ancestors_ = table_.find("ancestors"),
                                   links_ = table_.find("links"),
                                   group_leader_ = table_.find("group_leader"),
                                   first_seen_ = table_.find("first_seen");
};

}  // namespace

const char* found_by_name(FoundBy found_by) {
  switch (found_by) {
    case FoundBy::kParent:
      return "parent";
    case FoundBy::kAncestor:
      return "ancestor";
    case FoundBy::kLink:
      return "link";
    case FoundBy::kGroupLeader:
      return "group_leader";
    case FoundBy::kNothing:
      break;
  }
  return "nothing";
}

std::vector<Place> find_places(const Table& process_table, const TableData& processes,
                               const Texts& texts,
                               const std::vector<NodeRecord::Application>& applications) {
  return Finder(process_table, processes, texts, applications).find();
}

}  // namespace beamtape
