// The node's own numbers over the shown range, each as a curve.

#include <imgui.h>

#include <cmath>

#include "analyzer/load/text.h"
#include "analyzer/load/time.h"
#include "analyzer/view/all_panels.h"
#include "analyzer/view/widgets.h"

namespace beamtape {

namespace {

void draw_track(Session& session, const Track& track) {
  const Overview& overview = session.overview();
  quiet_text(track.title);
  const double value = track.values[session.at()];
  const std::string text = track_text(value, track.unit, track.is_rate);
  ImGui::SameLine();
  mono_text(text, std::isnan(value) ? theme().quiet : theme().text);
  reach_text(session, overview.seconds, track.values, track.unit, track.is_rate);
  curve(session, overview.seconds, track.values,
        {theme().accent, scaled(60), track.unit, track.is_rate});
}

// Digits in groups and with their unit, as everywhere; not of what is a name.
std::string fact_text(const std::string& name, const std::string& value) {
  const bool digits = !value.empty() && value.size() < 18 &&
                      value.find_first_not_of("0123456789") == std::string::npos;
  // The end of a line, as the node writes its version.
  const bool ends_line = value.size() > 2 && value.compare(value.size() - 2, 2, "\\n") == 0;
  if (ends_line) return printable(value.substr(0, value.size() - 2));
  if (!digits || name == "creation" || name == "otp_release") return printable(value);
  const std::int64_t number = std::stoll(value);
  if (name == "start_time") return iso_time(number);  // since the epoch
  if (name == "dist_buf_busy_limit" || name == "wordsize") return size_text(number);
  if (name == "native_per_second") return grouped(number) + " units of native time";
  if (name == "net_ticktime") return grouped(number) + " s";
  return grouped(number);
}

void draw_node(Session& session) {
  const Overview& overview = session.overview();
  if (overview.instants.empty()) {
    empty_state("Nothing to show", overview.error);
    return;
  }
  if (ImGui::BeginTable("tracks", 3, ImGuiTableFlags_SizingStretchSame)) {
    for (const Track& track : overview.tracks) {
      ImGui::TableNextColumn();
      draw_track(session, track);
    }
    ImGui::EndTable();
  }
  ImGui::Separator();
  title_text("What the node said when it was connected");
  if (!ImGui::BeginTable("facts", 2, ImGuiTableFlags_SizingFixedFit)) return;
  ImGui::TableSetupColumn("name", ImGuiTableColumnFlags_WidthFixed, scaled(220));
  ImGui::TableSetupColumn("value", ImGuiTableColumnFlags_WidthStretch);
  for (const auto& [name, value] : overview.facts) {
    ImGui::TableNextRow();
    ImGui::TableSetColumnIndex(0);
    quiet_text(printable(name));
    ImGui::TableSetColumnIndex(1);
    lower_to_text();
    ImGui::PushFont(faces().mono);
    wrapped_text(fact_text(name, value), theme().text);
    ImGui::PopFont();
  }
  ImGui::EndTable();
}

}  // namespace

const Panel kNodePanel{"node", "Node", "Totals of the node over the shown range", draw_node};

}  // namespace beamtape
