// Binaries over 64 bytes (which live outside of heaps) grow as a whole (growth.h), by 10 MiB and a
// fifth. Who keeps them alive is known of the largest holders, each binary counted once per holder,
// of ETS tables up to 100 000 rows, and of a sample of the processes of a group: what they keep on
// average, times the number of those that were not read. There a binary counts for as many of its
// references as are seen, so that one that all share is not counted for each. What a process
// appends to is in no list, but the node counts it (on OTP 25, measured: its virtual heaps of
// binaries grow with the buffer).

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <iterator>
#include <map>
#include <numeric>
#include <set>

#include "analyzer/findings/all_rules.h"
#include "analyzer/findings/evidence.h"
#include "analyzer/findings/group_filter.h"
#include "analyzer/load/elixir_names.h"
#include "analyzer/load/frame.h"
#include "analyzer/load/process_group.h"
#include "analyzer/load/text.h"
#include "schema/model/group.h"

namespace beamtape {
namespace binary_leak_rule {
namespace {

constexpr std::size_t kHoldersTold = 3;
// Of fewer bystanders that were read nothing is told of their group.
constexpr std::size_t kFewestOfGroup = 5;
// What the node counts of a process beyond its list is what it appends to, from so many bytes on.
// Or it is an array of atomics and the like, which are no binaries: more than the node has of
// binaries is not believed.
constexpr double kLeastUnlisted = kMiB;
// A holder of this much of the growth is the subject itself; of so much, it has a part in it.
constexpr double kMostOfGrowth = 0.5, kPartOfGrowth = 0.2;

struct Holder {
  FindingSubject subject;
  double bytes = 0;
  double unlisted = 0;                   // of `bytes`
  std::uint64_t cut_from = 0;            // references on the node, where only some were kept
  std::int64_t read_at = 0;              // snapshot, if that was before the last; else 0
  std::size_t members = 0, sampled = 0;  // of a group: how many there are and how many were read

  bool appends() const { return unlisted > bytes / 2; }
};

std::string text_of(const RowView& row, const std::vector<Shown>& columns, const char* name) {
  const Shown* shown = find_shown(columns, name);
  if (shown == nullptr) return {};
  const Value value = value_of(row, *shown);
  return no_value(value) ? std::string() : display(value, Unit::kNone);
}

// The snapshot in which a row's binaries were read, if that was before the last one.
std::int64_t read_before(const Observed& observed, const Table& table, const RowView& row) {
  const auto column = table.find("suspect_at");
  const Cell at = column ? row.cell(*column) : missing(Missing::kNone);
  return is_missing(at) || at >= observed.last_snapshot().id ? 0 : at;
}

// What those of a group keep that were read: of the suspects, and of bystanders (the recorder's
// suspects.cc), which stand for all others.
struct Sample {
  std::vector<double> suspects, bystanders;
};
using Samples = std::map<std::string, Sample>;

// Without the largest tenth.
double cautious_mean(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  values.resize(values.size() - (values.size() + 9) / 10);
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

void add_groups(const Observed& observed, Samples& samples, std::vector<Holder>& holders) {
  const double all = observed.node_last("memory_binary", 0);
  for (const SampleSeries& group : observed.groups.rows) {
    const auto at = samples.find(group.name);
    const Values& counts = observed.groups.values(group, "processes");
    const double count = counts[extent(counts).second];
    if (at == samples.end() || at->second.bystanders.size() < kFewestOfGroup) continue;
    const auto& [suspects, bystanders] = at->second;
    const double others = count - static_cast<double>(suspects.size());
    if (!(others >= static_cast<double>(bystanders.size()))) continue;
    const std::string name = printable(group.name);
    Holder holder;
    holder.subject = {"group", name, name, name};
    holder.bytes = std::min(all, std::accumulate(suspects.begin(), suspects.end(), 0.0) +
                                     cautious_mean(bystanders) * others);
    holder.members = static_cast<std::size_t>(count);
    holder.sampled = suspects.size() + bystanders.size();
    holders.push_back(std::move(holder));
  }
}

// Who has more memory is one of the suspects, which are the largest of all.
Cell least_of_suspects(const Frame& frame) {
  constexpr std::size_t kSuspects = 32;  // as in the recorder's suspects.cc
  const auto memory = frame.table().find("memory");
  std::vector<Cell> all;
  for (const std::size_t slot : frame.slots()) {
    if (memory && !is_missing(frame.cell(slot, *memory))) all.push_back(frame.cell(slot, *memory));
  }
  if (all.size() <= kSuspects) return 0;
  std::nth_element(all.begin(), all.begin() + kSuspects, all.end(), std::greater<>());
  return all[kSuspects];
}

// Bytes that one process keeps.
struct Kept {
  double bytes = 0;     // each binary once
  double own = 0;       // of each binary, the share of its references
  double unlisted = 0;  // of both: what is in no list
  std::uint64_t cut_from = 0;
};

// `counted` by the node, each reference for itself; `all` binaries of the node.
Kept kept(const ListView& list, double counted, double all) {
  Kept kept;
  std::set<Cell> known;
  double listed = 0;
  // Elements are (id, size, references).
  for (std::size_t i = 0; i + 2 < list.items.size(); i += 3) {
    if (is_missing(list.items[i + 1])) continue;
    const auto size = static_cast<double>(list.items[i + 1]);
    listed += size;
    kept.own += size / static_cast<double>(std::max<Cell>(list.items[i + 2], 1));
    if (known.insert(list.items[i]).second) kept.bytes += size;
  }
  const double elements = static_cast<double>(list.items.size()) / 3;
  if (static_cast<double>(list.true_count) > elements) {
    kept.cut_from = list.true_count;
    // As much again for each that was left out.
    const double times = elements > 0 ? static_cast<double>(list.true_count) / elements : 1;
    kept.bytes *= times;
    kept.own *= times;
  } else if (counted - listed >= kLeastUnlisted && counted - listed <= all) {
    kept.unlisted = counted - listed;
    kept.bytes += kept.unlisted;
    kept.own += kept.unlisted;
  }
  return kept;
}

void add_processes(const Observed& observed, std::vector<Holder>& holders) {
  const Table* table = observed.recording->reader().table("process");
  const auto binary = table ? table->find("binary") : std::nullopt;
  if (!binary) return;
  if (!observed.last_processes) return;
  const Frame& frame = *observed.last_processes;
  const auto columns = shown_columns(*table);
  Samples samples;
  std::vector<Holder> single;
  const auto memory = table->find("memory");
  const Cell suspicious = least_of_suspects(frame);
  const double all = observed.node_last("memory_binary", 0);
  const std::array heaps{table->find("bin_vheap_size"), table->find("bin_old_vheap_size")};
  for (const std::size_t slot : frame.slots()) {
    const RowView row = frame.row(slot);
    if (is_missing(row.cell(*binary))) continue;
    const auto list = row.texts.list(row.cell(*binary));
    if (!list) continue;
    double counted = 0;
    for (const auto& heap : heaps) {
      if (heap && !is_missing(row.cell(*heap))) counted += static_cast<double>(row.cell(*heap));
    }
    const Kept its = kept(*list, counted, all);
    Sample& sample = samples[written_term(process_group(row))];
    const Cell large = memory ? row.cell(*memory) : missing(Missing::kNone);
    (is_missing(large) || large > suspicious ? sample.suspects : sample.bystanders)
        .push_back(its.own);
    Holder holder;
    holder.bytes = its.bytes;
    holder.unlisted = its.unlisted;
    holder.cut_from = its.cut_from;
    holder.subject = {"process", text_of(row, columns, "pid"), text_of(row, columns, "name"), ""};
    holder.read_at = read_before(observed, *table, row);
    single.push_back(std::move(holder));
  }
  // Where one keeps as much as its group, all share it.
  add_groups(observed, samples, holders);
  std::move(single.begin(), single.end(), std::back_inserter(holders));
}

void add_tables(const Observed& observed, std::vector<Holder>& holders) {
  const Table* table = observed.recording->reader().table("ets");
  const auto size = table ? table->find("binary_size") : std::nullopt;
  if (!size) return;
  const auto frame = observed.recording->frame(*table, observed.last_snapshot());
  if (!frame) return;
  const auto columns = shown_columns(*table);
  for (const std::size_t slot : frame->slots()) {
    const RowView row = frame->row(slot);
    if (is_missing(row.cell(*size))) continue;
    Holder holder;
    holder.bytes = static_cast<double>(row.cell(*size));
    const std::string name = text_of(row, columns, "name");
    // As the other rules about tables name it.
    holder.subject = {"ets", printable(written_term(fold_name(name))), name, ""};
    holder.read_at = read_before(observed, *table, row);
    holders.push_back(std::move(holder));
  }
}

std::string told(const Holder& holder) {
  const auto& subject = holder.subject;
  const std::string when = holder.read_at == 0 ? "" : fmt::format(" as of #{}", holder.read_at);
  if (subject.kind == "ets") {
    return fmt::format("the rows of ETS table {} refer to {}{}", subject.name,
                       amount(holder.bytes, Unit::kBytes), when);
  }
  if (subject.kind == "group") {
    return fmt::format("the {} processes of {} keep about {} ({} of them were read)",
                       grouped(static_cast<std::int64_t>(holder.members)), subject.name,
                       amount(holder.bytes, Unit::kBytes), holder.sampled);
  }
  const bool unnamed = subject.name.empty() || subject.name == "-";
  return fmt::format(
      "{} keeps {}{}{}{}", unnamed ? subject.id : fmt::format("{} ({})", subject.name, subject.id),
      holder.cut_from > 0 || holder.appends() ? "about " : "", amount(holder.bytes, Unit::kBytes),
      when, holder.appends() ? ", most likely in a binary that it appends to" : "");
}

void evaluate(const Observed& observed, Verdict& verdict) {
  if (!verdict.long_enough()) return;
  const Values* binary = verdict.need("memory_binary");
  if (binary == nullptr) return;
  const auto growing = memory_growth(observed, *binary);
  if (!growing) return;
  const Growth& growth = *growing;
  std::vector<Holder> holders;
  add_processes(observed, holders);
  add_tables(observed, holders);
  std::stable_sort(holders.begin(), holders.end(),
                   [](const Holder& a, const Holder& b) { return a.bytes > b.bytes; });
  std::erase_if(holders, [&](const Holder& one) { return one.bytes < 0.05 * growth.rise(); });
  const bool one_culprit = !holders.empty() && holders[0].bytes >= kMostOfGrowth * growth.rise();
  Finding& finding = verdict.add(
      severity_of_bytes(observed, growth), growth.share() / 2,
      one_culprit ? holders[0].subject : FindingSubject{"node", observed.node_name, "", ""});
  const std::size_t last = extent(*binary).second;
  finding.title = fmt::format("Binaries grow: {} {}{}", amount((*binary)[last], Unit::kBytes),
                              as_of(observed, last), one_culprit ? ", " + told(holders[0]) : "");
  finding.evidence = fmt::format("Memory of binaries went {}.",
                                 growth_text(growth, Unit::kBytes, observed.duration()));
  std::vector<std::string> largest;
  for (std::size_t i = 0; i < std::min(kHoldersTold, holders.size()); ++i)
    largest.push_back(told(holders[i]));
  finding.evidence +=
      largest.empty() ? std::string(" None of the holders that were read keeps much of it.")
                      : fmt::format(" Of the holders that were read, {}.", joined(largest, "; "));
  finding.caveat =
      "A binary may be kept by several; the largest holders are asked, some in each snapshot, and "
      "of the others a few. What a process appends to (<<Buffer/binary, More/binary>>) it does "
      "not list: that is what the node counts of it beyond its list, with atomics and the like. "
      "Messages waiting in a mailbox keep binaries too, and buffers of sockets are some.";
  finding.advice =
      one_culprit && holders[0].appends()
          ? fmt::format(
                "See what it gathers and when it lets go of it: `process FILE {}`. A "
                "buffer needs a bound, and somebody who empties it.",
                shell_word(holders[0].subject.id))
          : "A small part of a large binary keeps all of it: copy what is kept (binary:copy/1). A "
            "process that passes binaries on and seldom collects needs hibernation or a smaller "
            "fullsweep_after.";
  add_numbers(finding, growth);
  finding.plot = plot_of(observed, "memory_binary", Unit::kBytes, *binary);
  for (const Holder& one : holders) {
    if (one.bytes >= kPartOfGrowth * growth.rise())
      finding.involves.push_back(one.subject.kind + " " + one.subject.id);
  }
  finding.of_node = {{"memory_binary", growth.rise()}};
  capped_by_load(observed, growth, finding);
}

}  // namespace
}  // namespace binary_leak_rule

const Rule kBinaryLeakRule{"binary-leak", "binaries are kept alive", binary_leak_rule::evaluate};

}  // namespace beamtape
