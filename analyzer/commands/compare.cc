#include "analyzer/compare/compare.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "analyzer/commands/all_commands.h"
#include "analyzer/commands/findings_output.h"
#include "analyzer/commands/options.h"
#include "analyzer/commands/rows.h"
#include "analyzer/commands/text_table.h"
#include "analyzer/load/damage_words.h"
#include "analyzer/load/text.h"

namespace beamtape {
namespace compare_command {
namespace {

struct Options {
  std::vector<std::string> base, against;
  std::string format = "text";
  std::string fail_on, suppressions, node;
  bool json = false, by_load = false, all = false;
};

// Which run it is, by whatever name and in whatever copy, also one with other names in it: the
// lives of nodes, and when the first snapshot began. Nothing of what cannot be read.
using RunIdentity = std::pair<std::vector<std::int64_t>, std::int64_t>;
std::optional<RunIdentity> identity_of(const Context& context, const std::string& path) {
  if (path.empty()) return std::nullopt;
  const auto reader = context.open(path);
  if (!reader || (*reader)->snapshots().empty()) return std::nullopt;
  RunIdentity identity;
  for (const NodeRecord& node : (*reader)->nodes()) identity.first.push_back(node.creation);
  identity.second = (*reader)->snapshots().front().began_wall_us;
  return identity;
}

using Identities = std::map<RunIdentity, std::string>;  // and a file that has it

// n is the number of runs: one that is given twice would count as two.
Expected<Identities> each_once(const Context& context, const std::vector<std::string>& files) {
  Identities seen;
  for (const std::string& file : files) {
    const auto identity = identity_of(context, file);
    if (!identity) continue;
    const auto [at, is_new] = seen.try_emplace(*identity, file);
    if (is_new) continue;
    return fail(Error::Code::kUsage,
                fmt::format("cannot compare: {}, which is one run and would count as two; give "
                            "each recording once",
                            at->second == file ? file + " is given twice"
                                               : fmt::format("{} and {} are the same recording",
                                                             at->second, file)));
  }
  return seen;
}

// A recording never differs from itself: with its base for a candidate a job would pass for ever.
Expected<void> not_on_both_sides(const Identities& base, const Identities& against) {
  for (const auto& [identity, file] : against) {
    const auto same = base.find(identity);
    if (same == base.end()) continue;
    return fail(Error::Code::kUsage,
                fmt::format("cannot compare: {} on both sides, and a recording does not differ "
                            "from itself; give another candidate",
                            same->second == file ? file + " is"
                                                 : fmt::format("{} and {} are the same recording,",
                                                               same->second, file)));
  }
  return {};
}

// Of suppressions of metrics that no recording here has: a slip of the pen, or its subject is gone.
void warn_of_unknown_metrics(const Gate& gate, const std::vector<Suppression>& known,
                             const std::string& path, Context& context) {
  std::vector<std::string> metrics;
  for (const Comparison& one : gate.comparisons) {
    metrics.push_back(one.metric.subject_text() + " " + one.metric.name);
  }
  for (const Suppression& line : known) {
    const bool meant = line.rule == kMetricRule;
    if (!meant || std::any_of(metrics.begin(), metrics.end(), [&](const std::string& metric) {
          return matches_pattern(line.subject, metric);
        })) {
      continue;
    }
    context.warnings.push_back(
        fmt::format("line {} of {} suppresses nothing: there is no metric '{}'{}", line.line, path,
                    line.subject, suggestion(line.subject, metrics)));
  }
}

Expected<std::vector<RunSummary>> reduce_all(const std::vector<std::string>& files,
                                             const std::string& node,
                                             std::vector<Suppression>& known, Context& context) {
  std::vector<RunSummary> runs;
  for (const std::string& file : files) {
    const auto recording = open_recording(context, file);
    if (!recording) return tl::unexpected(recording.error());
    auto run = reduce_run(*recording, node, known);
    if (!run) return tl::unexpected(run.error());
    runs.push_back(std::move(*run));
  }
  return runs;
}

std::string amount(double value, const RunMetric& metric) {
  const auto whole = static_cast<std::int64_t>(std::llround(value));
  const char* per = metric.name.starts_with("rate(")           ? "/s"
                    : metric.name.ends_with("growth per hour") ? "/h"
                                                               : "";
  return (metric.unit == Unit::kBytes ? size_text(whole) : grouped(whole)) + per;
}

const char* verdict_name(Comparison::Verdict verdict) {
  return verdict == Comparison::Verdict::kWorse    ? "worse"
         : verdict == Comparison::Verdict::kBetter ? "better"
                                                   : "same";
}

// "~" where nothing is proven, as benchstat has it.
std::string change_text(const Comparison& one) {
  if (one.verdict == Comparison::Verdict::kSame) return "~";
  return one.base == 0 ? std::string("from 0") : fmt::format("{:+.0f} %", one.change * 100);
}

std::string p_text(const Comparison& one) { return one.p ? fmt::format("{:.3f}", *one.p) : "-"; }

std::string summary(const Gate& gate, const Options& options) {
  std::size_t worse = 0, better = 0;
  for (const Comparison& one : gate.comparisons) {
    worse += one.verdict == Comparison::Verdict::kWorse ? 1 : 0;
    better += one.verdict == Comparison::Verdict::kBetter ? 1 : 0;
  }
  return fmt::format(
      "{}{}: {} of {} metrics worse, {} better, {}; {}, {}, {}",
      gate.regressed() ? "regressed" : "no regression",
      options.node.empty() ? "" : " of " + printable(options.node), worse, gate.comparisons.size(),
      better, counted(gate.new_findings.size(), "new finding"), counted(gate.base_runs, "base run"),
      counted(gate.candidate_runs, "candidate run"),
      gate.tested ? "tested (Mann-Whitney, p < 0.05 and 5 %)"
                  : "too few runs to test: by size of effect alone (25 %)");
}

// What is told, kind by kind.
std::vector<std::string> remarks(const Gate& gate, const std::vector<Suppression>& known) {
  std::vector<std::string> lines;
  for (const auto& one : gate.warnings) lines.push_back("not quite comparable: " + one);
  for (const auto& one : gate.new_findings) lines.push_back("new finding: " + one);
  for (const auto& one : gate.gone_findings) lines.push_back("no longer found: " + one);
  for (const auto& one : gate.appeared) lines.push_back("appeared: " + one);
  for (const auto& one : gate.vanished) lines.push_back("vanished: " + one);
  for (const Suppression& one : known) lines.push_back(suppression_text(one));
  return lines;
}

bool shown(const Comparison& one, bool all) {
  return all || one.verdict != Comparison::Verdict::kSame;
}

void write_text(const Gate& gate, const std::vector<Suppression>& known, const Options& options,
                Output& out) {
  out.write(summary(gate, options) + "\n");
  for (const auto& line : remarks(gate, known)) out.write(printable(line) + "\n");
  TextTable table({{"subject", false, true},
                   {"metric", false, false},
                   {"base", true, false},
                   {"candidate", true, false},
                   {"change", true, false},
                   {"p", true, false}});
  for (const Comparison& one : gate.comparisons) {
    if (!shown(one, options.all)) continue;
    table.add({printable(one.metric.subject_text()), one.metric.name, amount(one.base, one.metric),
               amount(one.candidate, one.metric), change_text(one), p_text(one)});
  }
  if (!table.empty()) out.write("\n" + table.text(kTerminalWidth, ""));
}

// For a merge request's comment.
void write_markdown(const Gate& gate, const std::vector<Suppression>& known, const Options& options,
                    Output& out) {
  out.write(fmt::format("**Beamtape: {}**\n\n", summary(gate, options)));
  for (const auto& line : remarks(gate, known)) out.write(fmt::format("- `{}`\n", printable(line)));
  out.write(
      "\n| subject | metric | base | candidate | change | p |\n| --- | --- | ---: | ---: | ---: | "
      "---: |\n");
  for (const Comparison& one : gate.comparisons) {
    if (!shown(one, options.all)) continue;
    out.write(fmt::format("| `{}` | {} | {} | {} | {} | {} |\n",
                          printable(one.metric.subject_text()), one.metric.name,
                          amount(one.base, one.metric), amount(one.candidate, one.metric),
                          change_text(one), p_text(one)));
  }
}

void write_json(const Gate& gate, const std::vector<Suppression>& known, const Options& options,
                Output& out) {
  JsonDocument document(out);
  document.member("schema", 1);
  document.member("command", "compare");
  document.member("node", options.node.empty() ? Json(nullptr) : Json(options.node));
  document.member("regressed", gate.regressed());
  document.member("tested", gate.tested);
  document.member("base_runs", gate.base_runs);
  document.member("candidate_runs", gate.candidate_runs);
  document.member("warnings", gate.warnings);
  document.member("new_findings", gate.new_findings);
  document.member("gone_findings", gate.gone_findings);
  document.member("appeared", gate.appeared);
  document.member("vanished", gate.vanished);
  document.member("suppressed", gate.suppressed);
  document.member("suppressions", suppressions_json(known));
  document.begin_array("rows");
  for (const Comparison& one : gate.comparisons) {
    const std::string unit = unit_name(one.metric.unit);
    document.element({{"subject", one.metric.subject_text()},
                      {"metric", one.metric.name},
                      {"unit", unit.empty() ? Json(nullptr) : Json(unit)},
                      {"base", one.base},
                      {"candidate", one.candidate},
                      {"change", one.base == 0 ? Json(nullptr) : Json(one.change)},
                      {"p", one.p ? Json(*one.p) : Json(nullptr)},
                      {"verdict", verdict_name(one.verdict)}});
  }
  document.end_array();
  document.end();
}

void write_junit(const Gate& gate, const Options& options, Output& out) {
  std::size_t failures = gate.new_findings.size();
  for (const Comparison& one : gate.comparisons)
    failures += one.verdict == Comparison::Verdict::kWorse ? 1 : 0;
  out.write("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
  out.write(fmt::format("<testsuite name=\"beamtape compare{}\" tests=\"{}\" failures=\"{}\">\n",
                        options.node.empty() ? "" : " " + markup_text(options.node),
                        gate.comparisons.size() + gate.new_findings.size(), failures));
  for (const auto& one : gate.new_findings) {
    out.write(fmt::format(
        "  <testcase classname=\"beamtape.findings\" name=\"{0}\"><failure message=\"new finding: "
        "{0}\"/></testcase>\n",
        markup_text(one)));
  }
  for (const Comparison& one : gate.comparisons) {
    const auto name = markup_text(one.metric.subject_text() + " " + one.metric.name);
    const auto head = fmt::format("  <testcase classname=\"beamtape.compare\" name=\"{}\"", name);
    if (one.verdict != Comparison::Verdict::kWorse) {
      out.write(head + "/>\n");
      continue;
    }
    out.write(fmt::format("{}><failure message=\"{} to {} ({})\"/></testcase>\n", head,
                          amount(one.base, one.metric), amount(one.candidate, one.metric),
                          change_text(one)));
  }
  out.write("</testsuite>\n");
}

Expected<int> run(const Options& options, Context& context) {
  std::vector<Suppression> known;
  if (!options.suppressions.empty()) {
    auto read = read_suppressions(options.suppressions);
    if (!read) return tl::unexpected(read.error());
    known = std::move(*read);
  }
  const auto of_base = each_once(context, options.base);
  if (!of_base) return tl::unexpected(of_base.error());
  const auto of_candidate = each_once(context, options.against);
  if (!of_candidate) return tl::unexpected(of_candidate.error());
  if (auto done = not_on_both_sides(*of_base, *of_candidate); !done) {
    return tl::unexpected(done.error());
  }
  const auto base = reduce_all(options.base, options.node, known, context);
  if (!base) return tl::unexpected(base.error());
  const auto candidate = reduce_all(options.against, options.node, known, context);
  if (!candidate) return tl::unexpected(candidate.error());
  Gate gate = compare_runs(*base, *candidate, options.by_load);
  warn_of_unknown_metrics(gate, known, options.suppressions, context);
  suppress_metrics(gate, known);
  if (options.json || options.format == "json") {
    write_json(gate, known, options, context.out);
  } else if (options.format == "junit") {
    write_junit(gate, options, context.out);
  } else if (options.format == "markdown") {
    write_markdown(gate, known, options, context.out);
  } else {
    write_text(gate, known, options, context.out);
  }
  int damaged = kDone;
  for (const auto* side : {&*base, &*candidate}) {
    for (const RunSummary& one : *side) {
      damaged = std::max(damaged, warn_of_damage(context, one.path, damage_texts(one.damage)));
    }
  }
  // Of a damaged run neither better nor worse is known.
  if (damaged != kDone || options.fail_on.empty()) return damaged;
  return gate.severity() >= std::optional(severity_called(options.fail_on)) ? kFound : kDone;
}

Command::Run declare(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("BASE", options->base, "Recordings of the base, one per run")->required();
  app.add_option("--against", options->against, "Recordings of the candidate, one per run")
      ->required();
  app.add_option("--fail-on", options->fail_on,
                 "Exit with code 1: warning if a metric is worse or a finding is new, critical if "
                 "a new finding is, info "
                 "if anything differs")
      ->check(CLI::IsMember({"info", "warning", "critical"}));
  app.add_option("--suppress", options->suppressions,
                 "File of what is known; lines of RULE SUBJECT as in `findings`, or of metric "
                 "SUBJECT METRIC as in the answer, * for any text");
  app.add_flag("--by-load", options->by_load,
               "Divide rates and growth by each run's reductions a second");
  app.add_option("--node", options->node,
                 "Which node to compare, where the recordings have several; each has to have it")
      ->type_name("NAME");
  app.add_flag("--all", options->all, "Also metrics in which no difference is proven");
  app.add_option("--format", options->format, "text, json, junit or markdown")
      ->check(CLI::IsMember({"text", "json", "junit", "markdown"}))
      ->capture_default_str();
  app.add_flag("--json", options->json, "The same as --format json");
  app.footer(
      "With four runs a side differences are tested; with fewer they have to be 25 % and more.\n"
      "Example: compare main-*.beamtape --against branch-*.beamtape --fail-on warning");
  return [options](Context& context) { return run(*options, context); };
}

}  // namespace
}  // namespace compare_command

const Command kCompareCommand{"compare", "Is a candidate worse than a base: a gate for staging",
                              compare_command::declare};

}  // namespace beamtape
