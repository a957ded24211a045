#include "analyzer/findings/findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <tuple>

#include "analyzer/findings/causes.h"
#include "analyzer/findings/group_filter.h"
#include "analyzer/findings/observed.h"
#include "analyzer/findings/rule.h"

namespace beamtape {
namespace {

// The same finding of several segments: the gravest, of those the last.
void keep_gravest(std::vector<Finding>& findings) {
  std::map<std::tuple<std::string, std::string, std::string, std::string>, std::size_t> best;
  std::vector<Finding> kept;
  for (Finding& one : findings) {
    const auto& name = one.subject.name.empty() ? one.subject.id : one.subject.name;
    const auto key = std::tuple(one.rule, one.node, one.subject.kind, name);
    const auto [at, is_new] = best.try_emplace(key, kept.size());
    if (is_new) {
      kept.push_back(std::move(one));
    } else if (one.score >= kept[at->second].score && one.stretch != kept[at->second].stretch) {
      kept[at->second] = std::move(one);
    } else if (one.stretch == kept[at->second].stretch) {
      kept.push_back(std::move(one));  // two subjects of one name
    }
  }
  findings = std::move(kept);
}

class Evaluation {
 public:
  void add(const Observed& observed) {
    std::vector<Finding> found;
    for (const Rule& rule : all_rules()) {
      Verdict verdict(observed, rule.id);
      rule.evaluate(observed, verdict);
      // What it says it could not look at, it looked at nowhere, or in part.
      if (verdict.missing.empty()) looked_.insert({rule.id, observed.node_name});
      for (auto& one : verdict.findings) found.push_back(std::move(one));
      for (auto& one : verdict.missing) missing_.push_back(std::move(one));
    }
    for (auto& one : tell_once(std::move(found))) findings_.push_back(std::move(one));
    damage_.insert(damage_.end(), observed.damage.begin(), observed.damage.end());
  }

  Findings finish() {
    keep_gravest(findings_);
    std::stable_sort(findings_.begin(), findings_.end(),
                     [](const Finding& a, const Finding& b) { return a.score > b.score; });
    Findings all{std::move(findings_), {}, std::move(damage_)};
    std::set<std::pair<std::string, std::string>> named;
    for (auto& one : missing_) {
      if (looked_.contains({one.rule, one.node}) || !named.insert({one.rule, one.node}).second)
        continue;
      all.not_evaluated.push_back(std::move(one));
    }
    return all;
  }

 private:
  std::vector<Finding> findings_;
  std::vector<NotEvaluated> missing_;
  std::vector<Damage> damage_;
  std::set<std::pair<std::string, std::string>> looked_;  // rule, node
};

// What a command of an advice needs to be about the finding: which of several nodes, and which
// snapshots, where it would take the last one by itself and the finding is of an earlier time.
std::string options_for(std::string_view command, const Finding& finding,
                        const Recording& recording) {
  std::string options;
  if (recording.node_names().size() > 1) {
    options += fmt::format(" --node {}", shell_word(finding.node));
  }
  const auto& all = recording.reader().snapshots();
  const auto last = std::find_if(all.rbegin(), all.rend(), [&](const SnapshotRecord& one) {
    return recording.node_name(one) == finding.node;
  });
  if (last == all.rend() || last->id == finding.to) return options;
  if (command.starts_with("show ") || command.starts_with("alloc ")) {
    options += fmt::format(" --at '#{}'", finding.to);
  } else if (command.starts_with("diff ") && command.find(" --from ") == std::string_view::npos) {
    options += fmt::format(" --from '#{}' --to '#{}'", finding.from, finding.to);
  }
  return options;
}

// The advice with those options behind the FILE of each command, which stand between backticks.
std::string placed(const Finding& finding, const Recording& recording) {
  constexpr std::string_view kFile = " FILE";
  const std::string& advice = finding.advice;
  std::string text;
  std::size_t at = 0;
  for (auto tick = advice.find('`'); tick != std::string::npos; tick = advice.find('`', at)) {
    const auto end = std::min(advice.find('`', tick + 1), advice.size());
    const auto file = advice.find(kFile, tick);
    if (file < end) {
      const auto command = std::string_view(advice).substr(tick + 1, end - tick - 1);
      text += advice.substr(at, file + kFile.size() - at);
      text += options_for(command, finding, recording);
      at = file + kFile.size();
    }
    const auto next = std::min(end + 1, advice.size());
    text += advice.substr(at, next - at);
    at = next;
  }
  return text + advice.substr(at);
}

}  // namespace

Expected<Findings> find_findings(const Recording& recording, const std::string& node,
                                 std::pair<std::int64_t, std::int64_t> range) {
  const auto segments = find_segments(recording, node, range);
  if (!segments) return tl::unexpected(segments.error());
  Evaluation evaluation;
  for (const Segment& segment : *segments) {
    const auto observed = observe(recording, segment);
    if (!observed) return tl::unexpected(observed.error());
    evaluation.add(*observed);
  }
  Findings all = evaluation.finish();
  for (Finding& one : all.findings) one.advice = placed(one, recording);
  recording.add_met(all.damage);
  return all;
}

}  // namespace beamtape
