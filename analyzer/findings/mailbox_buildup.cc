// Messages pile up in a mailbox: 1000 or more in three snapshots in a row, or 100 on the average of
// a minute, or it grows (growth.h) by 100. Growing, standing or stuck (its process does not run) is
// a warning; one that is draining is told as info. Mailboxes of a group may each be short: where
// their sum grows by 100, and not only because there are more of them, the group is told.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/findings/all_rules.h"
#include "analyzer/findings/evidence.h"
#include "analyzer/findings/group_filter.h"
#include "analyzer/findings/kin.h"
#include "analyzer/findings/process_history.h"
#include "analyzer/load/text.h"

namespace beamtape {
namespace mailbox_buildup_rule {
namespace {

constexpr double kLong = 1000, kMean = 100, kMeanSeconds = 60, kLeastRise = 100;
constexpr std::size_t kInARow = 3;
constexpr double kVeryLong = 10'000;
// So many members that would be told alone are told as their group, where that grows.
constexpr std::size_t kSeveral = 3;
// Drained to less than this share of its longest.
constexpr double kDrained = 0.5;

struct Mailbox {
  double longest = 0, now = 0, mean = 0;
  double per_second = 0;        // over the last half of its life
  std::size_t longest_row = 0;  // snapshots in a row with kLong or more
  double work = 0;              // reductions per second over the same time
  bool lives = false;
  std::size_t first = 0, last = 0;  // snapshots with kMean or more
  std::size_t known_to = 0;
};

Mailbox measure(const Observed& observed, const ProcessSeries& process) {
  Mailbox box;
  const Values& queue = process.message_queue_len;
  std::vector<std::size_t> alive;
  std::size_t row = 0;
  double area = 0, span = 0;
  for (std::size_t i = 0; i < queue.size(); ++i) {
    if (std::isnan(queue[i])) continue;
    if (!alive.empty()) {
      const double passed = observed.seconds()[i] - observed.seconds()[alive.back()];
      area += passed * (queue[i] + queue[alive.back()]) / 2;
      span += passed;
    }
    alive.push_back(i);
    row = queue[i] >= kLong ? row + 1 : 0;
    box.longest_row = std::max(box.longest_row, row);
    if (queue[i] >= kMean) {
      if (box.longest < kMean) box.first = i;
      box.last = i;
    }
    box.longest = std::max(box.longest, queue[i]);
  }
  if (alive.size() < 2) return box;
  box.now = queue[alive.back()];
  box.known_to = alive.back();
  box.lives = !process.ended;
  box.mean = span >= kMeanSeconds ? area / span : 0;
  const std::size_t half = alive[alive.size() / 2 - (alive.size() == 2 ? 1 : 0)];
  const double passed = observed.seconds()[alive.back()] - observed.seconds()[half];
  if (passed > 0) {
    box.per_second = (box.now - queue[half]) / passed;
    box.work = (process.reductions[alive.back()] - process.reductions[half]) / passed;
  }
  return box;
}

enum class Kind { kGrowing, kStanding, kStuck, kDraining, kEnded };

Kind kind_of(const Mailbox& box, const Observed& observed) {
  if (box.now < kDrained * box.longest) return Kind::kDraining;
  if (!box.lives) return Kind::kEnded;
  // What has not run at all since the middle of its life; the recorder's own questions cost it
  // one reduction each.
  if (box.work * observed.segment.cadence <= 2) return Kind::kStuck;
  const double change = box.per_second * observed.duration() / 2;
  if (change <= -0.2 * box.longest) return Kind::kDraining;
  return change >= 0.1 * box.longest ? Kind::kGrowing : Kind::kStanding;
}

const char* word_of(Kind kind) {
  switch (kind) {
    case Kind::kGrowing:
      return "grows";
    case Kind::kStanding:
      return "does not get shorter";
    case Kind::kStuck:
      return "is stuck: its process does not run";
    case Kind::kDraining:
      return "was long and drains";
    case Kind::kEnded:
      return "was long when its process ended";
  }
  return "";
}

Severity severity_of(const Mailbox& box, Kind kind, const Observed& observed) {
  if (kind == Kind::kDraining || kind == Kind::kEnded) return Severity::kInfo;
  const bool critical = kind == Kind::kStuck ? box.now >= kLong && box.per_second > 0
                                             : kind == Kind::kGrowing && box.now >= kVeryLong;
  const Severity severity = critical ? Severity::kCritical : Severity::kWarning;
  return observed.size() < kFewestSamples ? Severity::kInfo
         : observed.size() < kThinSamples ? one_less(severity)
                                          : severity;
}

// Messages are in the memory of their process, where that was read.
void add_memory(const Values& memory, Finding& finding) {
  const auto [first, last] = extent(memory);
  if (memory.empty() || std::isnan(memory[first])) return;
  finding.of_node = {{"memory_processes", memory[last] - memory[first]}};
}

struct Told {
  const ProcessSeries* process = nullptr;
  Mailbox box;
  Kind kind = Kind::kGrowing;
  std::optional<Growth> growth;  // of one that is told for that only

  bool is_over() const { return kind == Kind::kDraining || kind == Kind::kEnded; }
};

void tell(const Observed& observed, const Told& told, Verdict& verdict) {
  const ProcessSeries& process = *told.process;
  const Mailbox& box = told.box;
  const Kind kind = told.kind;
  Finding& finding = verdict.add(severity_of(box, kind, observed), std::log10(box.longest + 1) / 6,
                                 subject_of(process));
  finding.title = fmt::format("The mailbox of {} {}: {} messages{}", called(process), word_of(kind),
                              amount(kind == Kind::kDraining ? box.longest : box.now, Unit::kCount),
                              kind == Kind::kDraining ? " at most" : "");
  const bool to_the_end = !box.lives || box.known_to + 1 == observed.size();
  finding.evidence =
      fmt::format("{} messages at most, {} {}", amount(box.longest, Unit::kCount),
                  amount(box.now, Unit::kCount),
                  to_the_end ? std::string("at the end")
                             : fmt::format("in #{}, after which it could not be read",
                                           observed.segment.snapshots[box.known_to]->id));
  if (box.per_second > 0 && kind != Kind::kDraining) {
    finding.evidence += fmt::format(", {} more a second", rate_text(box.per_second));
  } else if (box.per_second < 0 && box.lives && box.now > 0) {
    finding.evidence +=
        fmt::format(", empty in {} at this rate", span_text(-box.now / box.per_second));
  }
  finding.evidence += std::isnan(box.work)
                          ? std::string(".")
                          : fmt::format("; its process does {} reductions a second.",
                                        rate_text(std::max(box.work, 0.0)));
  // Of one that does not run, where it stands now.
  const bool idle = waits_for_work(observed.words[process.function[box.known_to]]);
  if (kind != Kind::kStuck || !idle) finding.evidence += was_in_text(process);
  finding.caveat = kind == Kind::kDraining ? "A burst that is worked off is what mailboxes are for."
                   : kind == Kind::kEnded
                       ? "Why its process ended is not recorded."
                       : "A burst that has not been worked off yet looks the same.";
  finding.advice = fmt::format(
      "See what it does and whom it waits for: `process FILE {}`; then make it faster, split it, "
      "or hold its senders back.",
      shell_word(process.pid));
  finding.numbers = {{"longest", box.longest}, {"now", box.now}, {"per_second", box.per_second}};
  if (!process.long_mailbox) add_memory(process.memory, finding);
  finding.plot = plot_of(observed, "message_queue_len", Unit::kCount, process.message_queue_len);
  seen_between(observed, box.first, box.last, finding);
  if (told.growth) capped_by_load(observed, *told.growth, finding);
}

// The member with the most messages, of the last snapshot: " The longest is that of loader_7
// (<0.123.0>), with 31." Empty if it is not known.
std::string longest_text(const Observed& observed, const std::string& group) {
  if (!observed.last_processes) return {};
  const Frame& frame = *observed.last_processes;
  const auto queue = frame.table().find("message_queue_len");
  const auto members = members_of_group(observed, group);
  if (!queue || members.empty()) return {};
  const auto longest = std::max_element(members.begin(), members.end(), [&](auto a, auto b) {
    return frame.cell(a, *queue) < frame.cell(b, *queue);
  });
  const Cell messages = frame.cell(*longest, *queue);
  if (is_missing(messages)) return {};
  return fmt::format(" The longest is that of {}, with {}.", called(frame.row(*longest)),
                     grouped(messages));
}

// `gravest`: of its members that would be told alone.
void tell_group(const Observed& observed, const Grower& grower, Severity gravest,
                Verdict& verdict) {
  const Values& queue = observed.groups.values(*grower.series, "message_queue_len");
  const std::size_t last = extent(queue).second;
  const double now = queue[last];
  const double count = observed.groups.values(*grower.series, "processes")[last];
  const std::string name = printable(grower.series->name);
  const bool thin = grower.growth.samples < kThinSamples;
  const Severity severity = std::max(gravest, thin ? Severity::kInfo : Severity::kWarning);
  Finding& finding = verdict.add(severity, std::log10(now + 1) / 6, {"group", name, name, name});
  finding.title = fmt::format("The mailboxes of the processes of {} grow: together {} messages{}",
                              name, amount(now, Unit::kCount), as_of_earlier(observed, last));
  finding.evidence =
      fmt::format("Their sum went {}; there are {} of them.{}",
                  growth_text(grower.growth, Unit::kCount, observed.duration()),
                  amount(count, Unit::kCount), longest_text(observed, grower.series->name));
  finding.caveat = "Many that are sent more than they can do for a while look the same.";
  finding.advice = fmt::format(
      "Messages that no receive matches stay for ever. See the longest: `show processes FILE{} "
      "--sort message_queue_len`, then what it does: `process FILE PID`.",
      filter_option(name));
  finding.numbers = {{"now", now}};
  add_memory(observed.groups.values(*grower.series, kComparableMemory), finding);
  add_numbers(finding, grower.growth);
  finding.plot = plot_of(observed, "message_queue_len", Unit::kCount, queue);
  capped_by_load(observed, grower.growth, finding);
}

// Of a group of which each has as many messages as before, process-leak tells.
bool each_has_more(const Observed& observed, const SampleSeries& group) {
  Values each = observed.groups.values(group, "message_queue_len");
  const Values& number = observed.groups.values(group, "processes");
  for (std::size_t i = 0; i < each.size(); ++i) each[i] /= number[i];
  return judge_growth(observed.seconds(), each).growing();
}

// Takes out of `told` those that are told as their group.
void tell_groups(const Observed& observed, std::vector<Told>& told, Verdict& verdict) {
  for (const Grower& grower : growers_of(observed, observed.groups, "message_queue_len")) {
    if (grower.growth.rise() < kLeastRise || !each_has_more(observed, *grower.series)) continue;
    const auto is_member = [&](const Told& one) {
      return one.process->group == grower.series->name && !one.is_over();
    };
    Severity gravest = Severity::kInfo;
    std::size_t members = 0;
    for (const Told& one : told) {
      if (!is_member(one)) continue;
      gravest = std::max(gravest, severity_of(one.box, one.kind, observed));
      ++members;
    }
    if (members > 0 && members < kSeveral) continue;
    tell_group(observed, grower, gravest, verdict);
    std::erase_if(told, is_member);
  }
}

void evaluate(const Observed& observed, Verdict& verdict) {
  if (observed.size() < kInARow) {
    return verdict.not_evaluated(fmt::format("needs {} snapshots without a gap, the stretch has {}",
                                             kInARow, observed.size()));
  }
  std::vector<Told> told;
  for (const ProcessSeries& process : observed.processes) {
    const Mailbox box = measure(observed, process);
    if (box.longest_row >= kInARow || box.mean >= kMean) {
      told.push_back({&process, box, kind_of(box, observed), {}});
    } else if (box.longest >= kLeastRise && !process.ended) {
      const Growth growth = judge_growth(observed.seconds(), process.message_queue_len);
      if (!growth.growing() || growth.rise() < kLeastRise) continue;
      told.push_back({&process, box, kind_of(box, observed), growth});
    }
  }
  tell_groups(observed, told, verdict);
  for (const Told& one : told) tell(observed, one, verdict);
}

}  // namespace
}  // namespace mailbox_buildup_rule

const Rule kMailboxBuildupRule{"mailbox-buildup", "messages pile up in a mailbox",
                               mailbox_buildup_rule::evaluate};

}  // namespace beamtape
