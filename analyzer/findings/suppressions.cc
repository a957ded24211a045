#include "analyzer/findings/suppressions.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "analyzer/findings/rule.h"
#include "analyzer/load/text.h"

namespace beamtape {
namespace {

std::string trimmed(const std::string& text) {
  const auto from = text.find_first_not_of(" \t\r");
  if (from == std::string::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\r") - from + 1);
}

bool any_matches(const std::string& pattern, const std::vector<std::string>& texts) {
  return std::any_of(texts.begin(), texts.end(),
                     [&](const std::string& text) { return matches_pattern(pattern, text); });
}

}  // namespace

bool matches_pattern(const std::string& pattern, const std::string& text) {
  std::size_t p = 0, t = 0, star = std::string::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string::npos;
}

Expected<std::vector<Suppression>> parse_suppressions(const std::string& text,
                                                      const std::vector<std::string>& rules) {
  std::vector<Suppression> found;
  std::istringstream lines(text);
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    // A subject may hold a #, as #Port<0.7> does: a comment has spaces around its mark, or is the
    // line.
    auto comment = line.find(" # ");
    if (!line.empty() && line[0] == '#') comment = 0;
    line = trimmed(line.substr(0, comment));
    if (line.empty()) continue;
    const auto space = line.find_first_of(" \t");
    if (space == std::string::npos) {
      return fail(Error::Code::kUsage,
                  fmt::format("cannot read line {}: a rule and a subject are needed, as in `{} *`",
                              number, line));
    }
    Suppression one{number, line.substr(0, space), trimmed(line.substr(space)), 0};
    if (!any_matches(one.rule, rules)) {
      return fail(Error::Code::kUsage, fmt::format("cannot read line {}: there is no rule '{}'{}",
                                                   number, one.rule, suggestion(one.rule, rules)));
    }
    found.push_back(std::move(one));
  }
  return found;
}

Expected<std::vector<Suppression>> read_suppressions(const std::string& path) {
  std::error_code none;
  std::ifstream file(path);
  std::stringstream text;
  const bool readable = std::filesystem::is_regular_file(path, none) && file;
  // An empty file leaves the stream failed, and suppresses nothing.
  if (readable) text << file.rdbuf();
  if (!readable || file.bad()) {
    return fail(
        Error::Code::kNotFound,
        fmt::format("cannot read the suppressions in {}: no such file, or not readable", path));
  }
  std::vector<std::string> rules{kMetricRule};
  for (const Rule& rule : all_rules()) rules.emplace_back(rule.id);
  auto parsed = parse_suppressions(text.str(), rules);
  if (!parsed) parsed.error().message += fmt::format(" (in {})", path);
  return parsed;
}

std::vector<Finding> suppress(std::vector<Finding>& findings,
                              std::vector<Suppression>& suppressions) {
  std::vector<Finding> kept, taken;
  for (Finding& finding : findings) {
    bool known = false;
    for (Suppression& one : suppressions) {
      const bool same = matches_pattern(one.rule, finding.rule) &&
                        (matches_pattern(one.subject, finding.subject.id) ||
                         matches_pattern(one.subject, finding.subject.name));
      one.matched += same ? 1 : 0;
      known = known || same;
    }
    (known ? taken : kept).push_back(std::move(finding));
  }
  findings = std::move(kept);
  return taken;
}

}  // namespace beamtape
