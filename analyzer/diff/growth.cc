#include "analyzer/diff/growth.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <map>
#include <utility>

#include "analyzer/load/elixir_names.h"
#include "analyzer/load/process_group.h"

namespace beamtape {

namespace {

constexpr std::size_t kGroupsNamed = 8;
constexpr std::size_t kTablesNamed = 8;
constexpr std::size_t kProcessesNamed = 3;
// Named is what changed by at least this share of what it is part of.
constexpr double kShareOfType = 0.01;
constexpr double kShareOfGroup = 0.1;

// What a part consists of, by name, before the smaller ones are put together.
using Parts = std::map<std::string, GrowthPart>;

void add_side(Parts& parts, const Things& things, const std::string& kind,
              std::int64_t GrowthPart::*side) {
  const Shown* memory = things.column("memory");
  for (const std::size_t slot : things.slots()) {
    GrowthPart& part = parts[things.key(slot)];
    part.kind = kind;
    part.name = things.name(slot);
    part.*side += things.number(slot, memory).value_or(0);
  }
}

// Keeps the `limit` that changed most, each by at least `least` bytes, and sums up the others.
std::vector<GrowthPart> largest(std::vector<GrowthPart> all, std::size_t limit, double least,
                                const char* what) {
  std::stable_sort(all.begin(), all.end(), [](const GrowthPart& x, const GrowthPart& y) {
    return std::llabs(x.difference()) > std::llabs(y.difference());
  });
  std::size_t named = std::min(limit, all.size());
  const auto matters = [&](const GrowthPart& part) {
    const auto size = std::llabs(part.difference());
    return size > 0 && static_cast<double>(size) >= least;
  };
  while (named > 0 && !matters(all[named - 1])) --named;
  GrowthPart others{"others", "", fmt::format("{} other {}", all.size() - named, what), 0, 0, {}};
  for (std::size_t i = named; i < all.size(); ++i) {
    others.a += all[i].a;
    others.b += all[i].b;
  }
  const bool any = all.size() > named;
  all.resize(named);
  if (any) all.push_back(std::move(others));
  return all;
}

double share(const GrowthPart& whole, double of) {
  return of * static_cast<double>(std::llabs(whole.difference()));
}

// What `part` has beyond its parts.
void add_rest(GrowthPart& part, const char* kind, const std::string& name) {
  GrowthPart rest{kind, "", name, part.a, part.b, {}};
  for (const GrowthPart& one : part.parts) {
    rest.a -= one.a;
    rest.b -= one.b;
  }
  if (rest.a != 0 || rest.b != 0) part.parts.push_back(std::move(rest));
}
void add_unattributed(GrowthPart& part, const std::string& name) {
  add_rest(part, "unattributed", name);
}

std::vector<GrowthPart> values_of(Parts parts) {
  std::vector<GrowthPart> all;
  for (auto& [key, part] : parts) all.push_back(std::move(part));
  return all;
}

// A process whose memory was read on both sides, or that was not there on one.
struct Changed {
  std::optional<std::size_t> a, b;  // slots
  std::int64_t memory_a = 0, memory_b = 0;

  std::int64_t size() const { return std::llabs(memory_b - memory_a); }
};

// Those that changed by at least `least` bytes, largest first.
std::vector<Changed> changed_processes(const Things& a, const Things& b, double least) {
  std::vector<Changed> all;
  const Shown *of_a = a.column("memory"), *of_b = b.column("memory");
  const auto add = [&](const Changed& one) {
    if (one.size() > 0 && static_cast<double>(one.size()) >= least) all.push_back(one);
  };
  // Unread on one side would look like growth: it stays with the unnamed ones.
  for (const std::size_t slot : a.slots()) {
    const auto other = b.match(a, slot);
    if (!other && b.may_hide(slot)) continue;
    const auto before = a.number(slot, of_a);
    const auto after = other ? b.number(*other, of_b) : std::optional<std::int64_t>(0);
    if (before && after) add({slot, other, *before, *after});
  }
  for (const std::size_t slot : b.slots()) {
    const auto after = b.number(slot, of_b);
    if (after && !a.may_hide(slot) && !a.match(b, slot)) add({std::nullopt, slot, 0, *after});
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Changed& x, const Changed& y) { return x.size() > y.size(); });
  return all;
}

// Names in each group the processes that made most of its change.
void split_groups(std::vector<GrowthPart>& parts, const Things& a, const Things& b) {
  std::map<std::string, GrowthPart*> groups;
  double least = std::numeric_limits<double>::infinity();
  for (GrowthPart& part : parts) {
    if (part.kind != "group") continue;
    groups[part.name] = &part;
    least = std::min(least, share(part, kShareOfGroup));
  }
  if (groups.empty()) return;
  for (const Changed& one : changed_processes(a, b, least)) {
    const Things& side = one.b ? b : a;
    const std::size_t slot = one.b ? *one.b : *one.a;
    const auto group = groups.find(written_term(process_group(side.frame().row(slot))));
    if (group == groups.end() || group->second->parts.size() == kProcessesNamed) continue;
    if (static_cast<double>(one.size()) < share(*group->second, kShareOfGroup)) continue;
    group->second->parts.push_back(
        {"process", side.id(slot), side.name(slot), one.memory_a, one.memory_b, {}});
  }
  for (const auto& [name, group] : groups) {
    if (!group->parts.empty()) add_rest(*group, "others", "its other processes");
  }
}

// Takes out the groups of which one side read more processes than the other: what was not read
// would look like memory given back. Returns their names.
std::vector<std::string> take_unread(Parts& groups, const GrowthInput& a, const GrowthInput& b) {
  std::vector<std::string> names;
  const auto unknown = [](const Things& things, const std::string& key) {
    const auto found = things.find(key);
    return found ? things.number(*found, things.column("memory_unknown")).value_or(0) : 0;
  };
  for (auto it = groups.begin(); it != groups.end();) {
    if (unknown(a.groups, it->first) == unknown(b.groups, it->first)) {
      ++it;
      continue;
    }
    names.push_back(it->second.name);
    it = groups.erase(it);
  }
  return names;
}

std::string unattributed_name(const std::vector<std::string>& unread) {
  if (unread.empty()) return "not attributed: what no process says it holds";
  const std::size_t named = std::min<std::size_t>(unread.size(), 2);
  std::string name = "not attributed; not read: ";
  for (std::size_t i = 0; i < named; ++i) name += (i == 0 ? "" : ", ") + unread[i];
  return unread.size() == named ? name : fmt::format("{} and {} more", name, unread.size() - named);
}

void split_processes(GrowthPart& type, const GrowthInput& a, const GrowthInput& b) {
  if (a.groups.may_hide(0) || b.groups.may_hide(0)) {
    return add_unattributed(type, "not attributed: the sums by group are damaged on one side");
  }
  Parts groups;
  add_side(groups, a.groups, "group", &GrowthPart::a);
  add_side(groups, b.groups, "group", &GrowthPart::b);
  const auto unread = take_unread(groups, a, b);
  type.parts =
      largest(values_of(std::move(groups)), kGroupsNamed, share(type, kShareOfType), "groups");
  split_groups(type.parts, a.processes, b.processes);
  add_unattributed(type, unattributed_name(unread));
}

void split_ets(GrowthPart& type, const GrowthInput& a, const GrowthInput& b) {
  if (a.ets_names.may_hide(0) || b.ets_names.may_hide(0)) {
    return add_unattributed(type, "not attributed: the sums by table are damaged on one side");
  }
  Parts tables;
  add_side(tables, a.ets_names, "table", &GrowthPart::a);
  add_side(tables, b.ets_names, "table", &GrowthPart::b);
  type.parts =
      largest(values_of(std::move(tables)), kTablesNamed, share(type, kShareOfType), "table names");
  add_unattributed(type, "not attributed: what no table says it holds");
}

std::optional<std::int64_t> node_number(const GrowthInput& side, const std::string& column) {
  const auto found = side.node.find("node");
  return found ? side.node.number(*found, side.node.column(column)) : std::nullopt;
}

}  // namespace

std::optional<GrowthPart> memory_growth(const GrowthInput& a, const GrowthInput& b) {
  const auto total_a = node_number(a, "memory_total");
  const auto total_b = node_number(b, "memory_total");
  if (!total_a || !total_b) return std::nullopt;
  GrowthPart total{"total", "", "memory of the node", *total_a, *total_b, {}};
  for (const char* name : {"processes", "binary", "ets", "code", "atom"}) {
    const auto column = fmt::format("memory_{}", name);
    const auto at_a = node_number(a, column);
    const auto at_b = node_number(b, column);
    if (!at_a || !at_b) continue;
    GrowthPart type{"type", "", name, *at_a, *at_b, {}};
    if (type.name == "processes") split_processes(type, a, b);
    if (type.name == "ets") split_ets(type, a, b);
    total.parts.push_back(std::move(type));
  }
  std::stable_sort(total.parts.begin(), total.parts.end(),
                   [](const GrowthPart& x, const GrowthPart& y) {
                     return std::llabs(x.difference()) > std::llabs(y.difference());
                   });
  add_unattributed(total, "other system memory");
  return total;
}

}  // namespace beamtape
