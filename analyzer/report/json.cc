#include <cmath>

#include "analyzer/diff/growth_json.h"
#include "analyzer/findings/finding_json.h"
#include "analyzer/load/damage_words.h"
#include "analyzer/load/time.h"
#include "analyzer/report/report.h"

namespace beamtape {
namespace {

Json numbers_json(const std::vector<double>& values) {
  Json array = Json::array();
  for (const double value : values)
    array.push_back(std::isnan(value) ? Json(nullptr) : Json(value));
  return array;
}

Json timelines_json(const NodeReport& node) {
  Json all = Json::array();
  for (const Chart& chart : node.charts) {
    for (const Timeline& line : chart.lines) {
      const std::string unit = unit_name(line.unit);
      all.push_back({{"chart", chart.title},
                     {"column", line.column},
                     {"unit", unit.empty() ? Json(nullptr) : Json(unit)},
                     {"values", numbers_json(line.values)}});
    }
  }
  return all;
}

Json tables_json(const NodeReport& node) {
  Json all = Json::array();
  for (const TopTable& top : node.tables) {
    Json rows = Json::array();
    for (const auto& row : top.rows) {
      Json object = Json::object(), not_read = Json::object();
      for (std::size_t i = 0; i < row.size(); ++i) {
        object[top.columns[i].name] = to_json(row[i]);
        const NoValue* none = no_value(row[i]);
        if (none != nullptr && none->not_read()) not_read[top.columns[i].name] = none->reason();
      }
      if (!not_read.empty()) object["not_read"] = not_read;
      rows.push_back(object);
    }
    all.push_back({{"title", top.title},
                   {"note", top.note.empty() ? Json() : Json(top.note)},
                   {"table", top.table->name},
                   {"rows", rows}});
  }
  return all;
}

Json node_json(const NodeReport& node) {
  Json times = Json::array(), cycles = Json::array();
  for (const SnapshotRecord* one : node.snapshots) times.push_back(iso_time(one->began_wall_us));
  for (const auto& cycle : node.waits.cycles) {
    Json members = Json::array();
    for (const std::size_t at : cycle) members.push_back(node.waits.waits[at].waiter.pid);
    cycles.push_back(members);
  }
  return {{"name", node.name},
          {"times", times},
          {"timelines", timelines_json(node)},
          {"growth", node.growth ? growth_json(*node.growth) : Json(nullptr)},
          {"waits", node.waits.waits.size()},
          {"wait_cycles", cycles},
          {"largest", tables_json(node)}};
}

}  // namespace

std::string report_json(const Report& report) {
  Json findings = Json::array(), nodes = Json::array(), facts = Json::array(),
       damage = Json::array();
  for (const Finding& one : report.findings.findings) findings.push_back(finding_json(one));
  for (const NodeReport& node : report.nodes) nodes.push_back(node_json(node));
  for (const auto& [name, text] : report.facts) facts.push_back({{"what", name}, {"text", text}});
  for (const std::string& one : damage_texts(report.damage)) damage.push_back(one);
  const Json whole{{"schema", 1},
                   {"command", "report"},
                   {"facts", facts},
                   {"findings", findings},
                   {"not_evaluated", not_evaluated_json(report.findings.not_evaluated)},
                   {"nodes", nodes},
                   {"damage", damage}};
  return json_text(whole, 1) + "\n";
}

}  // namespace beamtape
