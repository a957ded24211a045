#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analyzer/load/damage_words.h"
#include "analyzer/load/text.h"
#include "analyzer/load/time.h"
#include "analyzer/report/report.h"

namespace beamtape {
namespace {

// As text of a table's cell or a paragraph: what would be read as markup is escaped.
std::string plain(const std::string& text) {
  std::string escaped;
  for (const char c : printable(text)) {
    if (std::string_view("\\|*_<>[]#").find(c) != std::string_view::npos) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string row_text(const std::vector<std::string>& cells) {
  return "| " + joined(cells, " | ") + " |\n";
}

std::string finding_text(const Finding& one) {
  std::string also;
  for (const auto& other : also_lines(one)) also += "- " + plain(other) + "\n";
  if (!also.empty()) also = "**Of the same cause.**\n\n" + also + "\n";
  // Advice holds commands in backticks: it is ours and needs no escaping.
  return fmt::format(
      "### {}: {}\n\n{}, {}, #{} to #{}\n\n{}\n\n**Why it may be wrong.** {}\n\n**What to do.** "
      "{}\n\n{}",
      severity_name(one.severity), plain(one.title), one.rule, plain(one.node), one.from, one.to,
      plain(one.evidence), plain(one.caveat), printable(one.advice), also);
}

std::string table_text(const TopTable& top) {
  std::string text = fmt::format("### {}\n\n", top.title);
  std::vector<std::string> names, rules;
  for (const Shown& column : top.columns) {
    names.push_back(plain(column.name));
    rules.emplace_back(column.is_number() ? "---:" : "---");
  }
  text += row_text(names) + row_text(rules);
  for (const auto& row : top.rows) {
    std::vector<std::string> cells;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const NoValue* none = no_value(row[i]);
      cells.push_back(plain(none != nullptr && none->not_read()
                                ? "not read: " + none->reason()
                                : display(row[i], top.columns[i].unit)));
    }
    text += row_text(cells);
  }
  if (!top.note.empty()) text += "\n" + plain(top.note) + "\n";
  return text + "\n";
}

// Least, largest and last value of each line: a picture in words.
std::string charts_text(const NodeReport& node) {
  std::string text = "| what | least | most | last |\n| --- | ---: | ---: | ---: |\n";
  for (const Chart& chart : node.charts) {
    for (const Timeline& line : chart.lines) {
      std::vector<double> read;
      for (const double value : line.values) {
        if (!std::isnan(value)) read.push_back(value);
      }
      if (read.empty()) continue;
      const auto [least, most] = std::minmax_element(read.begin(), read.end());
      const auto amount = [&](double value) {
        const auto whole = static_cast<std::int64_t>(std::llround(value));
        return line.unit == Unit::kBytes ? size_text(whole) : grouped(whole);
      };
      text += row_text({plain(chart.title + ": " + line.label), amount(*least), amount(*most),
                        amount(read.back())});
    }
  }
  return text + "\n";
}

void add_growth_markdown(const GrowthPart& part, int depth, std::string& text) {
  std::string name;
  for (int i = 0; i < depth; ++i) name += "&nbsp;&nbsp;";
  name += plain(part.id.empty() ? part.name : part.name + " " + part.id);
  const auto difference = part.difference();
  text += row_text({name, size_text(part.a), size_text(part.b),
                    (difference < 0 ? "−" : "+") + size_text(std::abs(difference))});
  for (const GrowthPart& one : part.parts) add_growth_markdown(one, depth + 1, text);
}

std::string node_text(const NodeReport& node) {
  std::string text = fmt::format("## Timeline of {}\n\n", plain(node.name)) + charts_text(node);
  if (node.growth) {
    text +=
        "## Where memory went, from the first to the last snapshot\n\n| memory of | first | last | "
        "difference |\n"
        "| --- | ---: | ---: | ---: |\n";
    add_growth_markdown(*node.growth, 0, text);
    text += "\n";
  }
  for (const auto& cycle : node.waits.cycles) {
    text += "In a circle: ";
    for (const std::size_t at : cycle)
      text += plain(node.waits.waits[at].waiter.name + " " + node.waits.waits[at].waiter.pid) +
              " waits for ";
    text += plain(node.waits.waits[cycle.front()].waiter.pid) + ".\n\n";
  }
  text += fmt::format("## The largest, in the last snapshot (#{}, {})\n\n",
                      node.snapshots.back()->id, iso_time(node.snapshots.back()->began_wall_us));
  for (const TopTable& top : node.tables) text += table_text(top);
  return text;
}

}  // namespace

std::string report_markdown(const Report& report) {
  std::string text =
      fmt::format("# Beamtape: {}\n\n", plain(joined(report.recording->node_names(), ", ")));
  text += "| | |\n| --- | --- |\n";
  for (const auto& [name, fact] : report.facts) text += row_text({name, plain(fact)});
  for (const std::string& one : damage_texts(report.damage))
    text += row_text({"Damaged", plain(one)});
  text += "\n## Findings\n\n";
  for (const Finding& one : report.findings.findings) text += finding_text(one);
  if (report.findings.findings.empty()) {
    text += fmt::format("Nothing was found{}.\n\n", in_what_was_read(report.findings.damage));
  }
  for (const NotEvaluated& one : report.findings.not_evaluated) {
    text +=
        fmt::format("Not evaluated: {} on {}: {}\n\n", one.rule, plain(one.node), plain(one.why));
  }
  for (const NodeReport& node : report.nodes) text += node_text(node);
  return text;
}

}  // namespace beamtape
