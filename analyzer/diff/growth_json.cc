#include "analyzer/diff/growth_json.h"

namespace beamtape {

Json growth_json(const GrowthPart& part) {
  Json parts = Json::array();
  for (const GrowthPart& one : part.parts) parts.push_back(growth_json(one));
  return {{"kind", part.kind}, {"id", part.id.empty() ? Json() : Json(part.id)},
          {"name", part.name}, {"a", part.a},
          {"b", part.b},       {"difference", part.difference()},
          {"parts", parts}};
}

}  // namespace beamtape
