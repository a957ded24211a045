#include "analyzer/findings/kin.h"

#include <map>
#include <unordered_map>
#include <utility>

#include "analyzer/load/elixir_names.h"
#include "analyzer/load/frame.h"
#include "analyzer/load/process_group.h"
#include "schema/model/group.h"
#include "schema/model/ref.h"

namespace beamtape {
namespace {

// Members of a group that are looked at, the last ones in the file.
constexpr std::size_t kMostMembers = 300;

bool is_pid(Cell cell) { return !is_missing(cell) && unpack(cell).tag == Ref::Tag::kPid; }

// The group of a row, read as text once for each set of cells that name it.
class GroupNames {
 public:
  explicit GroupNames(const Table& table) {
    for (const char* column :
         {"registered_name", "label", "dictionary_initial_call", "initial_call"}) {
      if (const auto at = table.find(column)) naming_.push_back(*at);
    }
  }
  const std::string& of(const RowView& row) {
    std::pair<std::size_t, Cell> key{naming_.size(), 0};
    for (const std::size_t column : naming_) {
      if (is_missing(row.cell(column))) continue;
      key = {column, row.cell(column)};
      break;
    }
    const auto [at, is_new] = known_.try_emplace(key);
    if (is_new) at->second = written_term(process_group(row));
    return at->second;
  }

 private:
  std::vector<std::size_t> naming_;
  std::map<std::pair<std::size_t, Cell>, std::string> known_;
};

// Pids of a column: its own, or those of its list.
void add_pids(const RowView& row, std::size_t column, std::unordered_set<Cell>& pids) {
  const Cell cell = row.cell(column);
  if (is_missing(cell)) return;
  if (row.table->columns[column].type != Type::kList) {
    if (is_pid(cell)) pids.insert(cell);
    return;
  }
  const auto list = row.texts.list(cell);
  if (!list) return;
  for (const Cell one : list->items) {
    if (is_pid(one)) pids.insert(one);
  }
}

}  // namespace

std::vector<std::string> shared_by_most(const Observed& observed,
                                        const std::vector<std::unordered_set<Cell>>& relatives) {
  std::vector<std::string> shared;
  if (relatives.empty() || !observed.last_processes) return shared;
  std::unordered_map<Cell, std::size_t> times;
  for (const auto& of_one : relatives) {
    for (const Cell pid : of_one) ++times[pid];
  }
  const Frame& frame = *observed.last_processes;
  GroupNames names(frame.table());
  std::unordered_map<Cell, std::string> groups;
  for (const std::size_t slot : frame.slots()) {
    const Cell pid = frame.cell(slot, 0);
    if (times.contains(pid)) groups[pid] = names.of(frame.row(slot));
  }
  std::map<std::string, std::size_t> group_times;
  for (const auto& of_one : relatives) {
    std::unordered_set<std::string> its_groups;
    for (const Cell pid : of_one) {
      if (const auto at = groups.find(pid); at != groups.end()) its_groups.insert(at->second);
    }
    for (const auto& group : its_groups) ++group_times[group];
  }
  for (const auto& [pid, count] : times) {
    if (count * 2 >= relatives.size()) shared.push_back("process " + ref_text(unpack(pid)));
  }
  for (const auto& [group, count] : group_times) {
    if (count * 2 >= relatives.size()) shared.push_back("group " + group);
  }
  return shared;
}

std::vector<std::size_t> members_of_group(const Observed& observed, const std::string& group) {
  std::vector<std::size_t> members;
  if (!observed.last_processes) return members;
  const Frame& frame = *observed.last_processes;
  GroupNames names(frame.table());
  for (auto slot = frame.slots().rbegin(); slot != frame.slots().rend(); ++slot) {
    if (members.size() >= kMostMembers) break;
    if (names.of(frame.row(*slot)) == group) members.push_back(*slot);
  }
  return members;
}

std::vector<std::string> kin_of_group(const Observed& observed, const std::string& group) {
  if (!observed.last_processes) return {};
  const Frame& frame = *observed.last_processes;
  const Table& table = frame.table();
  // Links go both ways: they tell who belongs together, but not who is above.
  std::vector<std::unordered_set<Cell>> above, linked;
  for (const std::size_t slot : members_of_group(observed, group)) {
    const RowView row = frame.row(slot);
    above.emplace_back();
    linked.emplace_back();
    if (const auto parent = table.find("parent")) add_pids(row, *parent, above.back());
    // Before OTP 25 nobody knows who started it; of what is further above all of an application is.
    const auto ancestors = table.find("ancestors");
    if (above.back().empty() && ancestors) add_pids(row, *ancestors, above.back());
    if (const auto links = table.find("links")) add_pids(row, *links, linked.back());
  }
  auto shared = shared_by_most(observed, above);
  return shared.empty() ? shared_by_most(observed, linked) : shared;
}

std::vector<std::string> owners_of_tables(const Observed& observed,
                                          const std::string& folded_name) {
  std::vector<std::unordered_set<Cell>> relatives;
  const Table* table = observed.recording->reader().table("ets");
  const auto name = table ? table->find("name") : std::nullopt;
  const auto owner = table ? table->find("owner") : std::nullopt;
  if (!name || !owner) return {};
  const auto frame = observed.recording->frame(*table, observed.last_snapshot());
  if (!frame) return {};
  for (const std::size_t slot : frame->slots()) {
    const RowView row = frame->row(slot);
    const auto text = row.texts.text(row.cell(*name));
    if (!text || written_term(fold_name(*text)) != folded_name) continue;
    relatives.emplace_back();
    add_pids(row, *owner, relatives.back());
  }
  return shared_by_most(observed, relatives);
}

}  // namespace beamtape
