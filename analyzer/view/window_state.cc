#include "analyzer/view/window_state.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <system_error>

#include "analyzer/load/value.h"

namespace beamtape {

namespace {

Json mark_json(const Session& session, std::optional<std::size_t> mark) {
  return mark ? Json(session.overview().instants[*mark].snapshot) : Json();
}

}  // namespace

std::string opening_json(const std::string& path, double share) {
  const Json state{{"opening", path}, {"share", share}};
  return state.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string state_json(Session& session, bool settled) {
  const Instant* now = session.instant();
  const auto findings = session.findings();
  const auto rows = session.shown_rows();
  const Around::Seen& seen = session.around.seen;
  Json state{{"file", session.path()},
             {"files", session.around.files.size()},
             {"panel", session.place().panel},
             {"process", session.place().subject},
             {"snapshot", now ? Json(now->snapshot) : Json()},
             {"a", mark_json(session, session.mark_a)},
             {"b", mark_json(session, session.mark_b)},
             {"playing", session.playing},
             {"group_by", rows ? Json(rows->question.group_by) : Json()},
             {"opening", session.around.opening},
             {"shown_seconds", static_cast<std::int64_t>(session.to_s - session.from_s)},
             {"shown_from", static_cast<std::int64_t>(session.from_s)},
             {"popup", session.around.popup},
             {"findings", findings ? Json(findings->found.findings.size()) : Json()},
             {"table", rows ? Json(rows->question.table) : Json()},
             {"rows", rows ? Json(rows->order.size()) : Json()},
             {"sorted_by", rows ? Json(rows->sorted_by) : Json()},
             {"table_error", rows ? Json(rows->error) : Json()},
             {"pinned", session.pinned.size()},
             {"marked", session.tags.size()},
             {"hovered", session.hovered.process},
             {"light", session.remembered->light},
             {"message", session.around.message},
             {"typing", session.around.typing},
             {"keys", seen.keys},
             {"clicks", seen.clicks},
             {"wheel", seen.wheel},
             {"mouse", fmt::format("{:.0f} {:.0f}", seen.mouse.first, seen.mouse.second)},
             {"settled", settled && !session.busy()}};
  for (const auto& [name, at] : session.around.places) {
    state["at " + name] = fmt::format("{:.0f} {:.0f}", at.first, at.second);
  }
  return state.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

void write_state(const std::string& json, const std::string& path) {
  const std::string beside = path + ".new";
  std::ofstream(beside) << json;
  std::error_code failed;  // whoever reads it sees that nothing changes
  std::filesystem::rename(beside, path, failed);
}

}  // namespace beamtape
