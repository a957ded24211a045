#include "analyzer/commands/findings_output.h"

#include <fmt/format.h>

#include <algorithm>

#include "analyzer/commands/rows.h"
#include "analyzer/findings/finding_json.h"
#include "analyzer/findings/rule.h"
#include "analyzer/load/damage_words.h"
#include "analyzer/load/text.h"
#include "analyzer/load/time.h"

namespace beamtape {
namespace {

constexpr std::size_t kTextWidth = 110;

// The end of the word at `from`. A command in backticks is one word: it is there to be copied, and
// a line's end in it is the end of the command.
std::size_t word_end(const std::string& text, std::size_t from) {
  std::size_t end = from;
  for (bool command = false; end < text.size() && (command || text[end] != ' '); ++end) {
    if (text[end] == '`') command = !command;
  }
  return end;
}

// Breaks at spaces; every line starts with `indent`.
std::string wrapped(const std::string& text, const std::string& indent) {
  std::string lines, line;
  std::size_t from = 0;
  while (from < text.size()) {
    const std::size_t space = word_end(text, from);
    const std::string word = text.substr(from, space - from);
    if (!line.empty() && display_width(line) + 1 + display_width(word) > kTextWidth) {
      lines += indent + line + "\n";
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
    from = space + 1;
  }
  return lines + indent + line + "\n";
}

std::string part(const char* label, const std::string& text) {
  const std::string whole = wrapped(printable(text), std::string(11, ' '));
  return fmt::format("  {:<9}{}", label, whole.substr(11));
}

std::string text_of(const Finding& one, bool several_nodes) {
  std::string text = fmt::format("{:<8} {}\n", severity_name(one.severity), printable(one.title));
  text += part("rule",
               fmt::format("{}{}, #{} to #{} ({} to {})", one.rule,
                           several_nodes ? ", on " + one.node : "", one.from, one.to,
                           clock_text(one.from_wall_us, false), clock_text(one.to_wall_us, false)));
  text += part("evidence", one.evidence);
  text += part("but", one.caveat);
  text += part("do", one.advice);
  for (const std::string& other : also_lines(one)) {
    text += part("also", other);
  }
  return text;
}

std::string junit_case(const FindingsAnswer& answer, const Rule& rule, Severity fail_on) {
  std::string body;
  for (const Finding& one : answer.found.findings) {
    if (one.rule != rule.id) continue;
    const auto text = markup_text(
        fmt::format("{} {} But: {} Do: {}", one.title, one.evidence, one.caveat, one.advice));
    if (one.severity >= fail_on) {
      body += fmt::format("    <failure type=\"{}\" message=\"{}\">{}</failure>\n",
                          severity_name(one.severity), markup_text(one.title), text);
    } else {
      body +=
          fmt::format("    <system-out>{}: {}</system-out>\n", severity_name(one.severity), text);
    }
  }
  for (const NotEvaluated& one : answer.found.not_evaluated) {
    if (one.rule == rule.id && body.empty()) {
      body = fmt::format("    <skipped message=\"not evaluated: {}\"/>\n", markup_text(one.why));
    }
  }
  const auto head = fmt::format("  <testcase classname=\"beamtape.findings\" name=\"{}\"", rule.id);
  return body.empty() ? head + "/>\n" : head + ">\n" + body + "  </testcase>\n";
}

}  // namespace

std::string suppression_text(const Suppression& one) {
  return fmt::format("suppressed by line {} ({} {}): {}", one.line, one.rule, one.subject,
                     one.matched);
}

Json suppressions_json(const std::vector<Suppression>& suppressions) {
  Json all = Json::array();
  for (const Suppression& one : suppressions) {
    all.push_back({{"line", one.line},
                   {"rule", one.rule},
                   {"subject", one.subject},
                   {"matched", one.matched}});
  }
  return all;
}

void write_findings_json(const FindingsAnswer& answer, Output& out) {
  JsonDocument document(out);
  document.member("schema", 1);
  document.member("command", "findings");
  document.begin_array("findings");
  for (const Finding& one : answer.found.findings) document.element(finding_json(one));
  document.end_array();
  document.member("not_evaluated", not_evaluated_json(answer.found.not_evaluated));
  Json suppressed = Json::array();
  for (const Finding& one : answer.suppressed) {
    suppressed.push_back({{"rule", one.rule}, {"subject", one.subject.id}, {"title", one.title}});
  }
  document.member("suppressed", suppressed);
  document.member("suppressions", suppressions_json(answer.suppressions));
  document.member("damage", damage_texts(answer.found.damage));
  document.end();
}

void write_findings_text(const FindingsAnswer& answer, Output& out) {
  const bool several = answer.recording->node_names().size() > 1;
  for (const Finding& one : answer.found.findings) out.write(text_of(one, several) + "\n");
  if (answer.found.findings.empty())
    out.write(fmt::format("nothing found{}\n", in_what_was_read(answer.found.damage)));
  std::map<std::string, std::vector<std::string>> reasons;
  for (const NotEvaluated& one : answer.found.not_evaluated) {
    reasons[several ? one.why + " on " + one.node : one.why].push_back(one.rule);
  }
  for (const auto& [why, rules] : reasons) {
    out.write(fmt::format("not evaluated: {} ({})\n", joined(rules, ", "), printable(why)));
  }
  for (const Suppression& one : answer.suppressions) {
    out.write(suppression_text(one) + "\n");
  }
}

void write_findings_junit(const FindingsAnswer& answer, Severity fail_on, Output& out) {
  std::size_t failures = 0;
  for (const Finding& one : answer.found.findings) failures += one.severity >= fail_on ? 1 : 0;
  out.write("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
  out.write(fmt::format("<testsuite name=\"{}\" tests=\"{}\" failures=\"{}\">\n",
                        markup_text(answer.recording->path()), all_rules().size(), failures));
  for (const Rule& rule : all_rules()) out.write(junit_case(answer, rule, fail_on));
  out.write("</testsuite>\n");
}

}  // namespace beamtape
