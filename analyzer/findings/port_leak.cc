// Ports (sockets, files, external programs) of one driver become more (growth.h): by a fifth and 20
// at least, or by 20 where at this rate the node's limit is reached within an hour; sockets of
// module `socket` likewise. Those whose counters stand still are the ones that nobody uses any
// more.

#include <fmt/format.h>

#include <map>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "analyzer/findings/all_rules.h"
#include "analyzer/findings/evidence.h"
#include "analyzer/findings/kin.h"
#include "analyzer/load/elixir_names.h"
#include "analyzer/load/frame.h"
#include "analyzer/load/text.h"
#include "schema/model/group.h"
#include "schema/model/ref.h"

namespace beamtape {
namespace port_leak_rule {
namespace {

constexpr double kLeastShare = 0.2, kLeast = 20;

// Of the ports of a driver in the middle of the segment that still live at its end: how many have
// moved no byte since; and the process that owns most of those at the end.
struct Standing {
  std::size_t living = 0, still = 0;
  Cell owner = 0;
  std::size_t owned = 0;
  std::vector<std::string> shared;  // by the owners of most
};

// Where the rows of a driver's ports stand, and how they are called; and those of module `socket`.
struct Source {
  const char* table;
  const char* input;
  const char* output;
  const char* owner;
  const char* title;
  const char* what;
  const char* shown;  // as `show` names the table
};
constexpr Source kPorts{"port", "input", "output", "connected", "Ports of", "sockets or files",
                        "ports"};
constexpr Source kSockets{"socket",  "read_byte", "write_byte", "owner", "Sockets of module",
                          "sockets", "sockets"};

std::optional<Cell> moved(const RowView& row, std::size_t input, std::size_t output) {
  if (is_missing(row.cell(input)) || is_missing(row.cell(output))) return std::nullopt;
  return row.cell(input) + row.cell(output);
}

Standing standing_still(const Observed& observed, const std::string& folded, const Source& source) {
  Standing found;
  const Table* table = observed.recording->reader().table(source.table);
  if (table == nullptr) return found;
  const auto name = table->find("name");  // sockets have none: all are of one module
  const auto input = table->find(source.input), output = table->find(source.output),
             owner = table->find(source.owner);
  if (!input || !output || !owner) return found;
  const auto middle =
      observed.recording->frame(*table, *observed.segment.snapshots[observed.size() / 2]);
  const auto last = observed.recording->frame(*table, observed.last_snapshot());
  if (!middle || !last) return found;
  std::map<Cell, std::size_t> owners;
  std::vector<std::unordered_set<Cell>> relatives;
  for (const std::size_t slot : last->slots()) {
    const RowView row = last->row(slot);
    const auto text = name ? row.texts.text(row.cell(*name)) : std::nullopt;
    if (name && (!text || written_term(fold_name(*text)) != folded)) continue;
    const Cell by = row.cell(*owner);
    relatives.emplace_back();
    if (!is_missing(by) && unpack(by).tag == Ref::Tag::kPid) {
      relatives.back().insert(by);
      if (++owners[by] > found.owned) {
        found.owned = owners[by];
        found.owner = by;
      }
    }
    if (!last->has_same(*middle, slot)) continue;
    const auto before = moved(middle->row(slot), *input, *output);
    const auto now = moved(row, *input, *output);
    if (!before || !now) continue;
    ++found.living;
    found.still += *before == *now ? 1 : 0;
  }
  found.shared = shared_by_most(observed, relatives);
  return found;
}

void evaluate(const Observed& observed, Verdict& verdict) {
  if (!verdict.long_enough()) return;
  const NodeLimit of_ports{observed.node_last("port_count", 0),
                           observed.node_last("port_limit", 0)};
  for (const Grower& grower : growers_of(observed, observed.ports, "ports", of_ports)) {
    const bool sockets = grower.series->name == kSockets.table;
    const auto [now, limit] = sockets ? NodeLimit{} : of_ports;
    const bool much =
        grower.growth.share() >= kLeastShare || (!sockets && reaches_soon(grower.growth, of_ports));
    if (grower.growth.rise() < kLeast || !much) continue;
    const Values& ports = observed.ports.values(*grower.series, "ports");
    const Source& source = sockets ? kSockets : kPorts;
    const std::string name = printable(grower.series->name);
    const Standing standing = standing_still(observed, grower.series->name, source);
    // Descriptors of the system run out long before ports do, and are not recorded.
    const Severity severity =
        std::max(severity_towards(grower.growth, now, limit),
                 grower.growth.samples >= kThinSamples ? Severity::kWarning : Severity::kInfo);
    Finding& finding = verdict.add(severity, grower.growth.share() / 2, {"port", name, name, ""});
    const std::size_t last = extent(ports).second;
    finding.title = fmt::format("{} {} become more: {} {}", source.title, name,
                                amount(ports[last], Unit::kCount), as_of(observed, last));
    finding.evidence = fmt::format(
        "Their number went {}. Of {} that lived in the middle of this time and still do, {} moved "
        "no byte since.",
        growth_text(grower.growth, Unit::kCount, observed.duration()),
        grouped(static_cast<std::int64_t>(standing.living)),
        grouped(static_cast<std::int64_t>(standing.still)));
    if (standing.owned > 1) {
      finding.evidence += fmt::format(" {} owns {} of them.", called(observed, standing.owner),
                                      grouped(static_cast<std::int64_t>(standing.owned)));
    }
    finding.caveat = "More clients that stay connected look the same.";
    finding.advice = fmt::format(
        "Look for {} that are opened and not closed on every path: `show {} FILE --sort "
        "first_seen`.",
        source.what, source.shown);
    finding.numbers = {{"living", static_cast<double>(standing.living)},
                       {"still", static_cast<double>(standing.still)}};
    add_numbers(finding, grower.growth);
    finding.plot = plot_of(observed, "ports", Unit::kCount, ports);
    finding.involves = standing.shared;
    if (!sockets) finding.of_node = {{"port_count", grower.growth.rise()}};
    capped_by_load(observed, grower.growth, finding);
  }
}

}  // namespace
}  // namespace port_leak_rule

const Rule kPortLeakRule{"port-leak", "ports of one driver become more and more",
                         port_leak_rule::evaluate};

}  // namespace beamtape
