#include "analyzer/findings/finding_json.h"

#include <cmath>

#include "analyzer/load/time.h"

namespace beamtape {
namespace {

// Points of a finding's series; longer ones are thinned out evenly.
constexpr std::size_t kMostPoints = 120;

Json points_of(const Plot& plot) {
  Json points = Json::array();
  const std::size_t stride = plot.values.size() / kMostPoints + 1;
  for (std::size_t i = 0; i < plot.values.size(); i += stride) {
    points.push_back(
        Json::array({std::round(plot.seconds[i] * 1000) / 1000,
                     std::isnan(plot.values[i]) ? Json(nullptr) : Json(plot.values[i])}));
  }
  return points;
}

Json or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json subject_json(const FindingSubject& subject) {
  return {{"kind", subject.kind},
          {"id", subject.id},
          {"name", or_null(subject.name)},
          {"group", or_null(subject.group)}};
}

}  // namespace

Json finding_json(const Finding& one) {
  Json numbers = Json::object();
  for (const auto& [name, value] : one.numbers) {
    numbers[name] = std::isfinite(value) ? Json(value) : Json(nullptr);
  }
  Json also = Json::array();
  for (const Consequence& other : one.also) {
    also.push_back({{"rule", other.rule},
                    {"severity", severity_name(other.severity)},
                    {"subject", subject_json(other.subject)},
                    {"title", other.title}});
  }
  return {{"rule", one.rule},
          {"severity", severity_name(one.severity)},
          {"score", one.score},
          {"node", one.node},
          {"subject", subject_json(one.subject)},
          {"title", one.title},
          {"evidence",
           {{"text", one.evidence},
            {"numbers", numbers},
            {"metric", one.plot.metric},
            {"unit", or_null(unit_name(one.plot.unit))},
            {"points", points_of(one.plot)}}},
          {"caveat", one.caveat},
          {"advice", one.advice},
          {"from", iso_time(one.from_wall_us)},
          {"to", iso_time(one.to_wall_us)},
          {"from_snapshot", one.from},
          {"to_snapshot", one.to},
          {"same_cause", rules_of(one.also)},
          {"also", also}};
}

Json not_evaluated_json(const std::vector<NotEvaluated>& all) {
  Json array = Json::array();
  for (const NotEvaluated& one : all) {
    array.push_back({{"rule", one.rule}, {"node", one.node}, {"why", one.why}});
  }
  return array;
}

}  // namespace beamtape
