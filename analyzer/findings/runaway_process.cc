// A process that takes a scheduler for itself: running, runnable or collecting in 80 % of the
// snapshots up to the end, at half a scheduler's share of the node's reductions or more, and mostly
// in one module.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "analyzer/findings/all_rules.h"
#include "analyzer/findings/evidence.h"
#include "analyzer/findings/group_filter.h"
#include "analyzer/findings/process_scan.h"
#include "analyzer/load/text.h"

namespace beamtape {
namespace runaway_process_rule {
namespace {

constexpr double kBusyShare = 0.8, kOneModule = 0.6;
constexpr double kShareOfScheduler = 0.5;

struct Busy {
  double share = 0;              // of the snapshots
  double rate = 0;               // reductions per second, typical
  std::string module, function;  // on its stack most often while busy
  double in_module = 0;          // share of the snapshots in which it was busy
  std::size_t samples = 0;
};

bool is_busy(const std::string& status) {
  return status == "running" || status == "runnable" || status == "garbage_collecting";
}

// What every process' stack has, and helpers that anybody calls.
bool is_generic(const std::string& name) {
  for (const char* module :
       {"gen", "gen_server", "gen_statem", "proc_lib", "erlang", "lists", "maps"}) {
    if (name == module || name.starts_with(std::string(module) + ":")) return true;
  }
  return false;
}

std::pair<std::string, std::size_t> most_often(const std::map<std::string, std::size_t>& counts) {
  std::pair<std::string, std::size_t> most{"", 0};
  for (const auto& [name, count] : counts) {
    if (!is_generic(name) && count > most.second) most = {name, count};
  }
  return most;
}

// Of the functions that are on its stack about as often as any, the innermost.
std::string where_it_works(const ProcessSeries& process) {
  constexpr double kAsOften = 0.9;
  const auto most = most_often(process.busy_functions);
  for (const std::string& function : process.stack) {
    const auto at = process.busy_functions.find(function);
    if (is_generic(function) || at == process.busy_functions.end()) continue;
    if (static_cast<double>(at->second) >= kAsOften * static_cast<double>(most.second))
      return function;
  }
  return most.first;
}

Busy measure(const Observed& observed, const ProcessSeries& process) {
  Busy busy;
  std::size_t count = 0;
  for (std::size_t i = 0; i < observed.size(); ++i) {
    if (std::isnan(process.reductions[i])) continue;
    ++busy.samples;
    count += is_busy(observed.words[process.status[i]]) ? 1 : 0;
  }
  if (count == 0) return busy;
  busy.share = static_cast<double>(count) / static_cast<double>(process.looked);
  const auto module = most_often(process.busy_modules);
  busy.module = module.first;
  busy.in_module = static_cast<double>(module.second) / static_cast<double>(count);
  busy.function = where_it_works(process);
  busy.rate = typical_rate(observed, process.reductions);
  return busy;
}

void evaluate(const Observed& observed, Verdict& verdict) {
  if (!verdict.long_enough()) return;
  const Values* done = observed.node("reductions_done");
  const double all = done ? typical_rate(observed, *done) : 0;
  const double schedulers = observed.node_last("schedulers_online", 1);
  for (const ProcessSeries& process : observed.processes) {
    const Busy busy = measure(observed, process);
    if (process.ended || busy.share < kBusyShare || busy.rate < kLeastWorkRate ||
        busy.in_module < kOneModule || busy.rate < kShareOfScheduler * all / schedulers) {
      continue;
    }
    Finding& finding =
        verdict.add(busy.samples < kThinSamples ? Severity::kInfo : Severity::kWarning,
                    all > 0 ? busy.rate / all : 0, subject_of(process));
    finding.title = fmt::format("{} keeps a scheduler busy in {}", called(process),
                                busy.function.empty() ? busy.module : busy.function);
    finding.evidence = fmt::format(
        "It was running or about to in {:.0f} % of {} snapshots, {:.0f} % of these in "
        "module {}, with {} "
        "reductions a second: {:.0f} % of the node's.",
        busy.share * 100, process.looked, busy.in_module * 100, busy.module, rate_text(busy.rate),
        all > 0 ? std::min(busy.rate / all, 1.0) * 100 : 100);
    if (!process.stack.empty())
      finding.evidence += fmt::format(" Its stack: {}.", stack_text(process.stack));
    finding.caveat = "A long calculation that somebody wants looks the same.";
    finding.advice =
        fmt::format("See whether it gets anywhere: `process FILE {}` shows its stacks over time.",
                    shell_word(process.pid));
    finding.numbers = {{"busy_share", busy.share}, {"reductions_per_second", busy.rate}};
    finding.plot = plot_of(observed, "reductions", Unit::kReductions, process.reductions);
    finding.of_node = {{"reductions_done", busy.rate}};
  }
}

}  // namespace
}  // namespace runaway_process_rule

const Rule kRunawayProcessRule{"runaway-process", "a process keeps a scheduler busy in one place",
                               runaway_process_rule::evaluate};

}  // namespace beamtape
