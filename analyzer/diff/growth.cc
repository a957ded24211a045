#include "analyzer/diff/growth.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
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
  for (const auto& [key, slot] : things.slots()) {
    GrowthPart& part = parts[key];
    part.kind = kind;
    part.id = things.id(slot);
    part.name = things.name(slot);
    part.*side += things.number(slot, "memory").value_or(0);
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
void add_unattributed(GrowthPart& part, const std::string& name) {
  GrowthPart rest{"unattributed", "", name, part.a, part.b, {}};
  for (const GrowthPart& one : part.parts) {
    rest.a -= one.a;
    rest.b -= one.b;
  }
  if (rest.a != 0 || rest.b != 0) part.parts.push_back(std::move(rest));
}

std::vector<GrowthPart> values_of(Parts parts) {
  std::vector<GrowthPart> all;
  for (auto& [key, part] : parts) all.push_back(std::move(part));
  return all;
}

// The processes of both sides by the group they are counted in.
std::map<std::string, std::vector<GrowthPart>> members(const Things& a, const Things& b) {
  struct Member {
    GrowthPart part;
    std::string group;
    bool unread = false;
  };
  std::map<std::string, Member> all;
  const auto add = [&](const Things& things, const Things& other, std::int64_t GrowthPart::*side) {
    for (const auto& [key, slot] : things.slots()) {
      Member& member = all[key];
      const auto memory = things.number(slot, "memory");
      // Unread on one side would look like growth: it stays with the unnamed ones.
      const bool lost = !other.slots().contains(key) && other.may_hide(slot);
      member.unread = member.unread || !memory || lost;
      member.part.kind = "process";
      member.part.id = things.id(slot);
      member.part.name = things.name(slot);
      member.part.*side = memory.value_or(0);
      member.group = written_term(process_group(things.frame().row(slot)));
    }
  };
  add(a, b, &GrowthPart::a);
  add(b, a, &GrowthPart::b);
  std::map<std::string, std::vector<GrowthPart>> by_group;
  for (auto& [key, member] : all) {
    if (!member.unread) by_group[member.group].push_back(std::move(member.part));
  }
  return by_group;
}

void split_group(GrowthPart& group, std::vector<GrowthPart> processes) {
  group.parts =
      largest(std::move(processes), kProcessesNamed, share(group, kShareOfGroup), "processes");
  // The smaller ones are what the group has beyond those that are named, so that it adds up.
  if (!group.parts.empty() && group.parts.back().kind == "others") group.parts.pop_back();
  if (group.parts.empty()) return;
  GrowthPart rest{"others", "", "its other processes", group.a, group.b, {}};
  for (const GrowthPart& one : group.parts) {
    rest.a -= one.a;
    rest.b -= one.b;
  }
  if (rest.a != 0 || rest.b != 0) group.parts.push_back(std::move(rest));
}

// Takes out the groups of which one side read more processes than the other: what was not read
// would look like memory given back. Returns their names.
std::vector<std::string> take_unread(Parts& groups, const GrowthInput& a, const GrowthInput& b) {
  std::vector<std::string> names;
  const auto unknown = [](const Things& things, const std::string& key) {
    const auto found = things.slots().find(key);
    if (found == things.slots().end()) return std::int64_t{0};
    return things.number(found->second, "memory_unknown").value_or(0);
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
  auto processes = members(a.processes, b.processes);
  for (GrowthPart& group : type.parts) {
    if (group.kind == "group") split_group(group, std::move(processes[group.name]));
  }
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
  const auto found = side.node.slots().find("node");
  return found == side.node.slots().end() ? std::nullopt : side.node.number(found->second, column);
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
