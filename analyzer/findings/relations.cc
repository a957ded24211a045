#include "analyzer/findings/relations.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "analyzer/findings/evidence.h"
#include "analyzer/load/frame.h"
#include "analyzer/load/text.h"
#include "analyzer/trend/statistics.h"
#include "schema/model/ref.h"

namespace beamtape {
namespace {

constexpr double kMany = 100;

struct Relation {
  const char* column;
  const char* of_one;
  const char* of_several;
  const char* most;  // are whose
};
constexpr Relation kRelations[] = {
    {"links", "links", "links or more", "to"},
    {"monitors", "monitors on others", "monitors on others or more", "on"},
    {"monitored_by", "monitors on it", "monitors on them or more", "by"}};

// Who makes up more than half of what was kept of the lists; empty if nobody does.
std::string most_of(const Observed& observed, const std::unordered_map<Cell, std::size_t>& times) {
  std::size_t all = 0;
  const std::pair<const Cell, std::size_t>* most = nullptr;
  for (const auto& one : times) {
    all += one.second;
    if (most == nullptr || one.second > most->second) most = &one;
  }
  if (most == nullptr || most->second * 2 <= all || unpack(most->first).tag != Ref::Tag::kPid) {
    return {};
  }
  return called(observed, most->first);
}

}  // namespace

std::string relations_text(const Observed& observed, const std::vector<std::size_t>& slots) {
  std::string text;
  if (!observed.last_processes || slots.empty()) return text;
  const Frame& frame = *observed.last_processes;
  for (const Relation& relation : kRelations) {
    const auto column = frame.table().find(relation.column);
    if (!column) continue;
    std::vector<double> counts;
    std::unordered_map<Cell, std::size_t> times;
    for (const std::size_t slot : slots) {
      if (!std::binary_search(frame.slots().begin(), frame.slots().end(), slot)) continue;
      const RowView row = frame.row(slot);
      const Cell cell = row.cell(*column);
      const auto list = is_missing(cell) ? std::nullopt : row.texts.list(cell);
      if (!list) continue;
      counts.push_back(static_cast<double>(list->true_count));
      for (const Cell one : list->items) {
        if (!is_missing(one)) ++times[one];
      }
    }
    const double many = counts.empty() ? 0 : median(counts);
    if (many < kMany) continue;
    const bool one = slots.size() == 1;
    const std::string whom = most_of(observed, times);
    text += fmt::format(" {} {} {}{}.", one ? "It has" : "Half of them have",
                        amount(many, Unit::kCount), one ? relation.of_one : relation.of_several,
                        whom.empty() ? "" : fmt::format(", most {} {}", relation.most, whom));
  }
  return text;
}

}  // namespace beamtape
