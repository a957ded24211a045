#include "analyzer/findings/causes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <optional>
#include <string_view>

#include "analyzer/findings/all_rules.h"
#include "analyzer/trend/statistics.h"

namespace beamtape {
namespace {

constexpr double kSameSteps = 0.8;
// Rates that vary by less say nothing.
constexpr double kUnsteady = 0.01;
constexpr double kExplains = 0.5;
// Fewer common increments than this correlate by chance.
constexpr std::size_t kFewestSteps = 11;

// Empty for what is about the node as a whole: all sorts of things are.
std::string thing(const FindingSubject& subject) {
  return subject.kind == "node" ? std::string() : subject.kind + " " + subject.id;
}

bool involves(const Finding& finding, const std::string& thing) {
  return !thing.empty() && std::find(finding.involves.begin(), finding.involves.end(), thing) !=
                               finding.involves.end();
}

bool share_a_process(const Finding& a, const Finding& b) {
  return std::any_of(a.involves.begin(), a.involves.end(), [&](const std::string& one) {
    return one.starts_with("process ") && involves(b, one);
  });
}

// Processes, ports, tables, rows: each of them is born and ends.
bool counts_things(const Finding& finding) {
  return finding.rule == kEtsGrowthRule.id ||
         (finding.subject.kind != "process" && finding.plot.unit == Unit::kCount &&
          (finding.plot.metric == "processes" || finding.plot.metric == "ports" ||
           finding.plot.metric == "tables"));
}

// By how much they differ: the standard deviation as a share of the mean.
double variation(const std::vector<double>& values) {
  double sum = 0, squares = 0;
  for (const double value : values) sum += value;
  const double mean = sum / static_cast<double>(values.size());
  for (const double value : values) squares += (value - mean) * (value - mean);
  return mean == 0 ? 0 : std::sqrt(squares / static_cast<double>(values.size())) / std::abs(mean);
}

// Of rates, not of increments: what grows steadily has more of them after a longer time, and so has
// everything else that does. What is so steady that rounding makes up its differences has no steps.
bool same_steps(const Finding& a, const Finding& b) {
  const std::size_t size = a.plot.values.size();
  if (b.plot.values.size() != size || a.plot.seconds.size() != size) return false;
  std::vector<double> of_a, of_b;
  for (std::size_t i = 1; i < size; ++i) {
    const double passed = a.plot.seconds[i] - a.plot.seconds[i - 1];
    const double x = (a.plot.values[i] - a.plot.values[i - 1]) / passed;
    const double y = (b.plot.values[i] - b.plot.values[i - 1]) / passed;
    if (!std::isfinite(x) || !std::isfinite(y)) continue;
    of_a.push_back(x);
    of_b.push_back(y);
  }
  return of_a.size() >= kFewestSteps && variation(of_a) >= kUnsteady &&
         variation(of_b) >= kUnsteady && correlation(of_a, of_b) >= kSameSteps;
}

// Of a number of the node that `b` is about, the share that `a` adds.
double share_explained(const Finding& a, const Finding& b) {
  if (b.subject.kind != "node") return 0;
  for (const auto& [metric, whole] : b.of_node) {
    for (const auto& [other, part] : a.of_node) {
      if (metric == other && whole > 0) return part / whole;
    }
  }
  return 0;
}

bool of_one_cause(const Finding& a, const Finding& b) {
  if (a.node != b.node) return false;
  const std::string of_a = thing(a.subject), of_b = thing(b.subject);
  if (!of_a.empty() && of_a == of_b) return true;
  if (involves(a, of_b) || involves(b, of_a)) return true;
  const bool beside = share_a_process(a, b) || (counts_things(a) && counts_things(b));
  if (beside && same_steps(a, b)) return true;
  return share_explained(a, b) > kExplains || share_explained(b, a) > kExplains;
}

// Sets of indexes that of_one_cause connects, each in order; ordered by their first.
std::vector<std::vector<std::size_t>> causes(const std::vector<Finding>& findings) {
  std::vector<std::size_t> cause(findings.size());
  std::iota(cause.begin(), cause.end(), 0);
  for (std::size_t b = 1; b < findings.size(); ++b) {
    for (std::size_t a = 0; a < b; ++a) {
      if (cause[a] == cause[b] || !of_one_cause(findings[a], findings[b])) continue;
      const std::size_t from = std::max(cause[a], cause[b]), to = std::min(cause[a], cause[b]);
      std::replace(cause.begin(), cause.end(), from, to);
    }
  }
  std::vector<std::vector<std::size_t>> sets(findings.size());
  for (std::size_t i = 0; i < findings.size(); ++i) sets[cause[i]].push_back(i);
  std::erase_if(sets, [](const auto& set) { return set.empty(); });
  return sets;
}

// The first that is more than an info, if any is: what is harmless by itself leads to nothing
// grave. Of its rule that which involves the fewest of the others, as what is above does not
// involve what is below.
std::size_t first_cause(const std::vector<Finding>& findings, const std::vector<std::size_t>& set) {
  const auto depth = [&](std::size_t one) {
    return std::count_if(set.begin(), set.end(), [&](std::size_t other) {
      return other != one && involves(findings[one], thing(findings[other].subject)) &&
             !involves(findings[other], thing(findings[one].subject));
    });
  };
  const auto grave = std::find_if(set.begin(), set.end(), [&](std::size_t one) {
    return findings[one].severity > Severity::kInfo;
  });
  std::size_t first = grave == set.end() ? set.front() : *grave;
  for (const std::size_t one : set) {
    const bool alike = findings[one].rule == findings[first].rule &&
                       findings[one].severity >= findings[first].severity;
    if (alike && depth(one) < depth(first)) first = one;
  }
  return first;
}

void tell_beside(const Finding& other, Finding& finding) {
  finding.also.push_back({other.rule, other.severity, other.subject, other.title});
  if (other.score > finding.score) {
    finding.score = other.score;
    finding.severity = other.severity;
  }
}

double number_of(const Finding& finding, std::string_view name) {
  const auto at = std::find_if(finding.numbers.begin(), finding.numbers.end(),
                               [&](const auto& one) { return one.first == name; });
  return at == finding.numbers.end() ? 0 : at->second;
}

// What takes memory as it grows; of mailboxes, those with many messages.
bool takes_memory(const Finding& finding) {
  constexpr double kManyMessages = 1000;
  static const std::array kRules{&kProcessLeakRule,        &kPortLeakRule, &kEtsTableLeakRule,
                                 &kEtsGrowthRule,          &kAtomLeakRule, &kBinaryLeakRule,
                                 &kProcessMemoryGrowthRule};
  if (finding.severity == Severity::kInfo) return false;
  if (finding.rule == kMailboxBuildupRule.id) return number_of(finding, "now") >= kManyMessages;
  return std::any_of(kRules.begin(), kRules.end(),
                     [&](const Rule* rule) { return finding.rule == rule->id; });
}

double whole_of(const Finding& memory) {
  return number_of(memory, "to") - number_of(memory, "from");
}

// Of that the node's memory grows, the bytes that a finding adds: of the kind that is most of it,
// or of all where none is. 0 where it may be of that kind and does not know its bytes; nothing
// where it is of another, or adds next to nothing.
std::optional<double> memory_added(const Finding& finding, const Finding& memory) {
  constexpr double kNextToNothing = 0.1;
  if (!takes_memory(finding)) return std::nullopt;
  const std::string kind = memory.of_node.empty() ? "" : memory.of_node.front().first;
  std::optional<double> added;
  for (const auto& [metric, bytes] : finding.of_node) {
    const bool fits = kind.empty() ? metric.starts_with("memory_") : metric == kind;
    if (fits) added = added.value_or(0) + bytes;
  }
  if (added) return *added >= kNextToNothing * whole_of(memory) ? added : std::nullopt;
  // Messages may be long binaries; what a port holds is in none of the kinds, or in binaries.
  const bool mailbox = finding.rule == kMailboxBuildupRule.id;
  const bool port = finding.rule == kPortLeakRule.id;
  const bool may_be = (mailbox && kind == "memory_processes") ||
                      ((mailbox || port) && (kind.empty() || kind == "memory_binary")) ||
                      (finding.rule == kAtomLeakRule.id && kind == "memory_atom");
  return may_be ? std::optional(0.0) : std::nullopt;
}

// What another finding of the same cause says of the node's memory, it says too.
void add_memory_of(const Finding& other, Finding& finding) {
  for (const auto& one : other.of_node) {
    if (!one.first.starts_with("memory_")) continue;
    const auto known = std::find_if(finding.of_node.begin(), finding.of_node.end(),
                                    [&](const auto& own) { return own.first == one.first; });
    if (known == finding.of_node.end()) {
      finding.of_node.push_back(one);
    } else {
      known->second = std::max(known->second, one.second);  // of the same bytes, perhaps
    }
  }
}

// The finding beside which the node's memory is told: that which adds most to it, of equals the
// first; null if none does, or all of them together do not explain it.
Finding* taker_of(const Finding& memory, std::vector<Finding>& told) {
  Finding* taker = nullptr;
  double most = 0, all = 0;
  for (Finding& one : told) {
    const auto added = memory_added(one, memory);
    all += added.value_or(0);
    if (!added || (taker != nullptr && *added <= most)) continue;
    taker = &one;
    most = *added;
  }
  if (most > 0 && all <= kExplains * whole_of(memory)) return nullptr;
  return taker;
}

}  // namespace

std::vector<Finding> tell_once(std::vector<Finding> findings) {
  // That the node's memory grows is news only where nobody is known to take it.
  const auto whole = std::find_if(findings.begin(), findings.end(), [](const Finding& one) {
    return one.rule == kMemoryGrowthRule.id;
  });
  std::optional<Finding> memory;
  if (whole != findings.end()) {
    memory = std::move(*whole);
    findings.erase(whole);
  }
  std::vector<Finding> told;
  for (const auto& set : causes(findings)) {
    const std::size_t first = first_cause(findings, set);
    Finding finding = findings[first];
    for (const std::size_t one : set) {
      if (one == first) continue;
      tell_beside(findings[one], finding);
      add_memory_of(findings[one], finding);
    }
    told.push_back(std::move(finding));
  }
  if (!memory) return told;
  if (Finding* taker = taker_of(*memory, told); taker != nullptr) {
    tell_beside(*memory, *taker);
  } else {
    told.push_back(std::move(*memory));
  }
  return told;
}

}  // namespace beamtape
