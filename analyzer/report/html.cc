#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analyzer/load/damage_words.h"
#include "analyzer/load/text.h"
#include "analyzer/load/time.h"
#include "analyzer/report/plot.h"
#include "analyzer/report/report.h"

namespace beamtape {
namespace {

// Colours by Okabe and Ito, told apart also by those who do not see all colours.
constexpr const char* kStyle = R"css(
:root{--ground:#fff;--ink:#1b1f24;--faint:#5b6470;--rule:#d8dde3;--panel:#f5f7f9;--c1:#0072b2;--c2:#d55e00;
--c3:#009e73;--c4:#8a6d00;--c5:#a0447c;--c6:#3b8fbf;--crit:#a5120f;--warn:#8a5a00;--info:#2f5d86}
@media(prefers-color-scheme:dark){:root{--ground:#14171b;--ink:#e4e8ed;--faint:#9aa5b1;--rule:#333a43;
--panel:#1c2127;--c1:#56b4e9;--c2:#f08a3c;--c3:#2fc79b;--c4:#e3c53c;--c5:#dc8fbd;--c6:#8ecdf0;--crit:#ff8a80;
--warn:#ffc05c;--info:#8fc3ee}}
@media print{:root{--ground:#fff;--ink:#000;--faint:#444;--rule:#bbb;--panel:#fff;--c1:#0072b2;--c2:#d55e00;
--c3:#009e73;--c4:#8a6d00;--c5:#a0447c;--c6:#3b8fbf;--crit:#a5120f;--warn:#8a5a00;--info:#2f5d86}
article,figure,tr{break-inside:avoid}h2,h3{break-after:avoid}
.scroll{overflow:visible!important}table{font-size:9px!important}
th,td{white-space:normal!important;overflow-wrap:anywhere;padding-right:6px!important}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1080px;padding:24px 20px 60px;background:var(--ground);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
h1{font-size:26px;margin:0 0 4px}h2{font-size:19px;margin:36px 0 10px;border-bottom:1px solid var(--rule);
padding-bottom:4px}h3{font-size:15px;margin:18px 0 6px}
h1,h2,li{overflow-wrap:anywhere}p{margin:6px 0}.faint{color:var(--faint)}a{color:var(--c1)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:2px 16px;margin:0}dt{color:var(--faint)}
dd{margin:0;overflow-wrap:anywhere}
article{background:var(--panel);border:1px solid var(--rule);border-left-width:5px;border-radius:6px;
padding:12px 16px;margin:12px 0}
article.critical{border-left-color:var(--crit)}article.warning{border-left-color:var(--warn)}
article.info{border-left-color:var(--info)}
article h3{margin:0 0 4px;overflow-wrap:anywhere}.severity{font-weight:600;text-transform:uppercase;font-size:12px;
letter-spacing:.05em}.critical .severity{color:var(--crit)}.warning .severity{color:var(--warn)}
.info .severity{color:var(--info)}
article p{overflow-wrap:anywhere}code{font:13px ui-monospace,"DejaVu Sans Mono",monospace}
figure{margin:12px 0}figcaption{font-weight:600}
svg{width:100%;height:auto;display:block}
.axis{stroke:var(--rule);stroke-width:1;fill:none}.tick{fill:var(--faint);font-size:11px}
.mark{fill:var(--c2);opacity:.25}
.line1,.line2,.line3,.line4,.line5,.line6{fill:none;stroke-width:1.6;stroke-linejoin:round}
.line1{stroke:var(--c1)}.line2{stroke:var(--c2)}.line3{stroke:var(--c3)}.line4{stroke:var(--c4)}
.line5{stroke:var(--c5)}.line6{stroke:var(--c6)}
.area1{fill:var(--c1)}.area2{fill:var(--c2)}.area3{fill:var(--c3)}.area4{fill:var(--c4)}.area5{fill:var(--c5)}
.area6{fill:var(--c6)}
.legend{display:inline-block;margin-left:14px;font-weight:400;color:var(--faint)}
.key{display:inline-block;width:10px;height:10px;border-radius:2px;margin-right:5px}
.k1{background:var(--c1)}.k2{background:var(--c2)}.k3{background:var(--c3)}.k4{background:var(--c4)}
.k5{background:var(--c5)}.k6{background:var(--c6)}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:13px}
th,td{text-align:left;padding:3px 14px 3px 0;border-bottom:1px solid var(--rule);white-space:nowrap}
th{color:var(--faint);font-weight:600}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
td.long{white-space:normal;overflow-wrap:anywhere;min-width:160px}
@media(max-width:640px){.tick{font-size:19px}.axis{stroke-width:2}
.line1,.line2,.line3,.line4,.line5,.line6{stroke-width:3}body{padding:16px 12px 40px}
dl{grid-template-columns:1fr}dt{margin-top:4px}
table{font-size:12px}th,td{white-space:normal;overflow-wrap:anywhere;padding-right:8px}
th{overflow-wrap:normal}td.n,td.when{white-space:nowrap}td.long{min-width:0}
.rows tr{display:block;padding:6px 0;border-bottom:1px solid var(--rule)}.rows tr:first-child{display:none}
.rows td{display:flex;justify-content:space-between;gap:16px;border:0;padding:1px 0;text-align:right}
.rows td::before{content:attr(data-name);color:var(--faint);flex:none}.rows td:first-child{font-weight:600}}
)css";

std::vector<double> seconds_of(const NodeReport& node) {
  std::vector<double> seconds;
  for (const SnapshotRecord* one : node.snapshots) {
    seconds.push_back(
        static_cast<double>(one->began_wall_us - node.snapshots.front()->began_wall_us) / 1e6);
  }
  return seconds;
}

// Gaps and notes, as marks on a node's charts.
std::vector<PlotMark> marks_of(const Report& report, const NodeReport& node) {
  std::vector<PlotMark> marks;
  const auto begin = node.snapshots.front()->began_wall_us,
             end = node.snapshots.back()->began_wall_us;
  const auto second = [&](std::int64_t wall) {
    return static_cast<double>(std::clamp(wall, begin, end) - begin) / 1e6;
  };
  const Reader& reader = report.recording->reader();
  for (const GapRecord& gap : reader.gaps()) {
    const NodeRecord* record = report.recording->node(gap.node);
    if (record == nullptr || record->name != node.name || gap.to_wall_us < begin) continue;
    marks.push_back({second(gap.from_wall_us), second(gap.to_wall_us), "gap: " + gap.reason});
  }
  for (const NoteRecord& note : reader.notes()) {
    marks.push_back({second(note.wall_us), second(note.wall_us), "note: " + note.text});
  }
  return marks;
}

std::string last_text(const Timeline& line) {
  for (auto at = line.values.rbegin(); at != line.values.rend(); ++at) {
    if (std::isnan(*at)) continue;
    const auto whole = static_cast<std::int64_t>(std::llround(*at));
    return line.unit == Unit::kBytes ? size_text(whole) : grouped(whole);
  }
  return "not recorded";
}

std::string chart_html(const Report& report, const NodeReport& node, const Chart& chart) {
  PlotSpec spec;
  spec.seconds = seconds_of(node);
  spec.unit = chart.lines.front().unit;
  spec.stacked = chart.stacked;
  spec.marks = marks_of(report, node);
  spec.from_text = clock_text(node.snapshots.front()->began_wall_us, false);
  spec.to_text = clock_text(node.snapshots.back()->began_wall_us, false) + " UTC";
  spec.description = chart.title;
  std::string keys;
  for (std::size_t i = 0; i < chart.lines.size(); ++i) {
    spec.lines.push_back({chart.lines[i].label, chart.lines[i].values});
    keys +=
        fmt::format("<span class=\"legend\"><span class=\"key k{}\"></span>{} {}</span> ", i + 1,
                    markup_text(chart.lines[i].label), markup_text(last_text(chart.lines[i])));
  }
  return fmt::format("<figure><figcaption>{} {}</figcaption>{}</figure>\n",
                     markup_text(chart.title), keys, svg_plot(spec));
}

// Ours: what stands between backticks is a command.
std::string with_code(const std::string& text) {
  std::string html;
  bool code = false;
  for (const char c : markup_text(text)) {
    if (c != '`') {
      html += c;
      continue;
    }
    html += code ? "</code>" : "<code>";
    code = !code;
  }
  return code ? html + "</code>" : html;
}

std::string finding_html(const Finding& one) {
  PlotSpec spec;
  spec.seconds = one.plot.seconds;
  spec.lines = {{one.plot.metric, one.plot.values}};
  spec.unit = one.plot.unit;
  const auto clock = [&](double second) {
    return clock_text(one.from_wall_us + std::llround(second * 1e6), false);
  };
  if (!spec.seconds.empty()) {
    spec.from_text = clock(spec.seconds.front());
    spec.to_text = clock(spec.seconds.back()) + " UTC";
  }
  spec.description = one.plot.metric + " over time";
  spec.height = 120;
  std::string html = fmt::format(
      "<article class=\"{0}\"><div><span class=\"severity\">{0}</span> <span "
      "class=\"faint\">{1} · {2} · #{3} to "
      "#{4}</span></div><h3>{5}</h3><p>{6}</p>",
      severity_name(one.severity), one.rule, markup_text(one.node), one.from, one.to,
      markup_text(one.title), markup_text(one.evidence));
  if (!one.plot.values.empty()) {
    html += fmt::format("<figure><span class=\"faint\">{}</span>{}</figure>",
                        markup_text(one.plot.metric), svg_plot(spec));
  }
  html += fmt::format("<p><b>Why it may be wrong.</b> {}</p><p><b>What to do.</b> {}</p>",
                      markup_text(one.caveat), with_code(one.advice));
  if (!one.also.empty()) {
    html += "<p><b>Of the same cause.</b></p><ul>";
    for (const auto& other : also_lines(one)) html += "<li>" + markup_text(other) + "</li>";
    html += "</ul>";
  }
  return html + "</article>\n";
}

std::string findings_html(const Report& report) {
  std::string html = "<section><h2>Findings</h2>\n";
  for (const Finding& one : report.findings.findings) html += finding_html(one);
  if (report.findings.findings.empty()) {
    html += fmt::format("<p>Nothing was found{}.</p>\n", in_what_was_read(report.findings.damage));
  }
  for (const NotEvaluated& one : report.findings.not_evaluated) {
    html += fmt::format("<p class=\"faint\">Not evaluated: {} on {}: {}</p>\n", one.rule,
                        markup_text(one.node), markup_text(one.why));
  }
  return html + "</section>\n";
}

std::string table_html(const TopTable& top) {
  std::string html = fmt::format("<h3>{}</h3><div class=\"scroll\"><table class=\"rows\"><tr>",
                                 markup_text(top.title));
  for (const Shown& column : top.columns) {
    html += fmt::format("<th{}>{}</th>", column.is_number() ? " class=\"n\"" : "",
                        markup_text(column.name));
  }
  html += "</tr>\n";
  for (const auto& row : top.rows) {
    html += "<tr>";
    for (std::size_t i = 0; i < row.size(); ++i) {
      const Shown& column = top.columns[i];
      const NoValue* none = no_value(row[i]);
      const auto text = none != nullptr && none->not_read() ? "not read: " + none->reason()
                                                            : display(row[i], column.unit);
      html += fmt::format("<td{} data-name=\"{}\">{}</td>",
                          column.is_number() && none == nullptr ? " class=\"n\""
                          : column.type == Type::kRef           ? ""
                                                                : " class=\"long\"",
                          markup_text(column.name), markup_text(text));
    }
    html += "</tr>\n";
  }
  html += "</table></div>\n";
  if (!top.note.empty()) html += fmt::format("<p class=\"faint\">{}</p>\n", markup_text(top.note));
  return html;
}

void add_growth_html(const GrowthPart& part, int depth, std::string& html) {
  const auto difference = part.difference();
  html += fmt::format(
      "<tr><td style=\"padding-left:{}px\">{}{}</td><td class=\"n\">{}</td><td "
      "class=\"n\">{}</td><td "
      "class=\"n\">{}{}</td></tr>\n",
      depth * 18, markup_text(part.name), part.id.empty() ? "" : " " + markup_text(part.id),
      size_text(part.a), size_text(part.b), difference < 0 ? "−" : "+",
      size_text(std::abs(difference)));
  for (const GrowthPart& one : part.parts) add_growth_html(one, depth + 1, html);
}

std::string growth_html(const NodeReport& node) {
  if (!node.growth) return {};
  std::string html =
      "<h2>Where memory went, from the first to the last snapshot</h2><div "
      "class=\"scroll\"><table><tr><th>memory "
      "of</th><th class=\"n\">first</th><th class=\"n\">last</th><th "
      "class=\"n\">difference</th></tr>\n";
  add_growth_html(*node.growth, 0, html);
  return html + "</table></div><p class=\"faint\">The parts of each line add up to it.</p>\n";
}

std::string waits_html(const NodeReport& node) {
  if (node.waits.waits.empty()) return {};
  const auto called = [](const WaitingProcess& one) {
    return markup_text(one.name.empty() ? one.pid : one.name + " " + one.pid);
  };
  std::string html = "<h2>Who waits for whom, in the last snapshot</h2>\n";
  for (const auto& cycle : node.waits.cycles) {
    html += "<p>In a circle: ";
    for (const std::size_t at : cycle) html += called(node.waits.waits[at].waiter) + " waits for ";
    html += called(node.waits.waits[cycle.front()].waiter) + ".</p>\n";
  }
  constexpr std::size_t kMost = 15;
  html +=
      "<div class=\"scroll\"><table><tr><th>waiter</th><th>waits "
      "for</th><th>since</th><th>certainty</th></tr>\n";
  for (std::size_t i = 0; i < std::min(kMost, node.waits.waits.size()); ++i) {
    const Wait& wait = node.waits.waits[i];
    html +=
        fmt::format("<tr><td>{}</td><td>{}</td><td class=\"when\">{}{}</td><td>{}</td></tr>\n",
                    called(wait.waiter), called(wait.callee), wait.since_open ? "before " : "",
                    clock_text(wait.since->began_wall_us, false), certainty_name(wait.certainty));
  }
  html += "</table></div>\n";
  if (node.waits.waits.size() > kMost) {
    html += fmt::format("<p class=\"faint\">{} more.</p>\n", node.waits.waits.size() - kMost);
  }
  return html;
}

std::string node_html(const Report& report, const NodeReport& node) {
  std::string html = fmt::format("<section><h2>Timeline of {}</h2>\n", markup_text(node.name));
  for (const Chart& chart : node.charts) html += chart_html(report, node, chart);
  html += growth_html(node);
  html += waits_html(node);
  html += fmt::format("<h2>The largest, in the last snapshot (#{}, {})</h2>\n",
                      node.snapshots.back()->id, iso_time(node.snapshots.back()->began_wall_us));
  for (const TopTable& top : node.tables) html += table_html(top);
  return html + "</section>\n";
}

}  // namespace

std::string report_html(const Report& report) {
  const auto title = "Beamtape: " + markup_text(joined(report.recording->node_names(), ", "));
  std::string html = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width,initial-scale=1\"><meta name=\"color-scheme\" content=\"light "
      "dark\">"
      "<title>{0}</title><style>{1}</style></head><body>\n<h1>{0}</h1>\n",
      title, kStyle);
  html += "<section><h2>What was recorded</h2><dl>\n";
  for (const auto& [name, text] : report.facts) {
    html += fmt::format("<dt>{}</dt><dd>{}</dd>\n", markup_text(name), markup_text(text));
  }
  for (const std::string& one : damage_texts(report.damage)) {
    html += fmt::format("<dt>Damaged</dt><dd>{}</dd>\n", markup_text(one));
  }
  html += "</dl></section>\n" + findings_html(report);
  for (const NodeReport& node : report.nodes) html += node_html(report, node);
  return html + "</body></html>\n";
}

}  // namespace beamtape
