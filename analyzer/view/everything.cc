// The whole window: title, timeline, places, the chosen place, inspector, and at the bottom how
// complete the shown snapshot is.

#include <fmt/format.h>
#include <imgui.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "analyzer/load/text.h"
#include "analyzer/load/time.h"
#include "analyzer/view/actions.h"
#include "analyzer/view/panel.h"
#include "analyzer/view/popups.h"
#include "analyzer/view/widgets.h"

namespace beamtape {

namespace {

std::string title_of(const Session& session) {
  const Overview& overview = session.overview();
  std::string text = printable(overview.node);
  for (const auto& [name, value] : overview.facts) {
    if (name == "otp_release") text += "  ·  OTP " + printable(value);
  }
  if (overview.instants.empty()) return text;
  const auto first = overview.instants.front().wall_us, last = overview.instants.back().wall_us;
  const auto count = static_cast<std::int64_t>(overview.instants.size());
  const std::string day = date_text(first) == date_text(last) ? date_text(first) + " " : "";
  return text + fmt::format("  ·  {}{} UTC  ·  {} snapshot{}", day, clock_span_text(first, last),
                            grouped(count), count == 1 ? "" : "s");
}

std::string base_name(const std::string& path) {
  return printable(path.substr(path.find_last_of('/') + 1));
}

// The name of the file; of several, or of a file's several nodes, a tab each.
void draw_files(Session& session) {
  const Around& around = session.around;
  if (around.files.size() < 2) {
    title_text(base_name(session.path()));
    ImGui::SameLine();
    // On one line with the larger letters.
    const float lower = 0.8F * (faces().title->FontSize - faces().text->FontSize);
    ImGui::SetCursorPosY(ImGui::GetCursorPosY() + lower);
    return;
  }
  for (std::size_t i = 0; i < around.files.size(); ++i) {
    ImGui::PushID(static_cast<int>(i));
    ImGui::PushStyleColor(ImGuiCol_Button,
                          i == around.shown ? faded(theme().accent, 0.35F) : theme().raised);
    const OpenFile& file = around.files[i];
    std::string label = base_name(file.path);
    if (!file.node.empty()) label += "  " + printable(file.node);
    if (ImGui::Button(label.c_str())) session.wishes.file = i;
    ImGui::PopStyleColor();
    explain(file.path + "\nCtrl+Tab: the next one, Ctrl+W closes");
    ImGui::PopID();
    ImGui::SameLine();
  }
}

constexpr float kSpeedWidth = 64;
constexpr const char* kPalette = "Commands";

const char* play_text(const Session& session) { return session.playing ? "Pause" : "Play"; }

// Of all that stands at the right of the title.
float buttons_width(const Session& session) {
  const ImGuiStyle& style = ImGui::GetStyle();
  float width = scaled(kSpeedWidth) + style.ItemSpacing.x;
  for (const char* text : {"◂", "▸", play_text(session), kPalette, "?"}) {
    width += ImGui::CalcTextSize(text).x + 2 * style.FramePadding.x + style.ItemSpacing.x;
  }
  return width - style.ItemSpacing.x;
}

void draw_title(Session& session) {
  ImGui::AlignTextToFramePadding();
  draw_files(session);
  const float buttons = ImGui::GetWindowContentRegionMax().x - buttons_width(session);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float end = ImGui::GetWindowPos().x + buttons - scaled(12);
  const std::string title = title_of(session);
  // What does not fit beside the buttons is in the tooltip.
  ImGui::PushClipRect(at, {std::max(at.x, end), at.y + scaled(40)}, true);
  quiet_text(title);
  ImGui::PopClipRect();
  if (ImGui::GetItemRectMax().x > end) explain(title);
  ImGui::SameLine(buttons);
  ImGui::SetCursorPosY(ImGui::GetStyle().WindowPadding.y);
  if (ImGui::Button("◂")) session.go_back();
  explain("Back (Alt+Left)");
  ImGui::SameLine();
  if (ImGui::Button("▸")) session.go_forward();
  explain("Forward (Alt+Right)");
  ImGui::SameLine();
  if (ImGui::Button(play_text(session))) session.playing = !session.playing;
  explain("Walks through the snapshots at their own pace, faster by the number beside (Space)");
  ImGui::SameLine();
  ImGui::SetNextItemWidth(scaled(kSpeedWidth));
  ImGui::DragFloat("##speed", &session.speed, 0.1F, 0.1F, 1000, "%.1fx");
  explain("How much faster than it was: drag");
  ImGui::SameLine();
  if (ImGui::Button(kPalette)) session.around.opens = Opens::kPalette;
  explain("Anything by its name (Ctrl+P)");
  ImGui::SameLine();
  if (ImGui::Button("?")) session.around.opens = Opens::kKeys;
  explain("All keys (?)");
}

// How much there is at a place, as far as that is known without asking.
std::string count_of(Session& session, const std::string& panel) {
  if (panel == "findings") {
    const auto found = session.findings();
    return found && found->error.empty() ? std::to_string(found->found.findings.size()) : "";
  }
  // Of processes the node counts those of the recorder's connection too: its place lists the
  // others.
  if (panel == "processes") return session.instant() ? grouped(session.instant()->processes) : "";
  const std::string metric = panel == "ets" ? "ets_count" : panel == "ports" ? "port_count" : "";
  for (const Track& track : session.overview().tracks) {
    if (track.metric == metric && !std::isnan(track.values[session.at()])) {
      return text_at(track, session.at());
    }
  }
  return "";
}

void draw_places(Session& session) {
  for (const Panel& panel : all_panels()) {
    std::string label = panel.title;
    label += fmt::format("##{}", panel.name);
    if (ImGui::Selectable(label.c_str(), session.place().panel == panel.name)) {
      session.show(panel.name);
    }
    tell_place(session, std::string("place ") + panel.name);
    const std::string key = key_of_place(static_cast<std::size_t>(&panel - all_panels().data()));
    explain(key.empty() ? panel.explanation : fmt::format("{} ({})", panel.explanation, key));
    const std::string count = count_of(session, panel.name);
    if (count.empty()) continue;
    ImGui::SameLine(1);  // from the left edge: over its line
    right_text(count, theme().quiet);
  }
}

// A file that is being opened, and what became of the last wish.
void draw_news(Session& session) {
  Around& around = session.around;
  if (!around.opening.empty()) {
    quiet_text(
        fmt::format("opening {}, {:.0f} %", base_name(around.opening), 100 * around.opening_share));
    ImGui::SameLine();
    if (text_link("stop")) session.wishes.stop_opening = true;
    ImGui::SameLine(0, scaled(16));
  }
  if (!around.message.empty()) {
    mono_text(printable(around.message), around.failed ? theme().warning : theme().good);
    ImGui::SameLine(0, scaled(16));
  }
}

void draw_footer(Session& session) {
  const Instant* now = session.instant();
  if (!now) return;
  draw_news(session);
  std::string text = fmt::format(
      "#{}  {} UTC  ·  {} process{}, {} not read whole  ·  took {}  ·  cost on the node {}  ·  {} "
      "received",
      now->snapshot, clock_text(now->wall_us, true), grouped(now->processes),
      now->processes == 1 ? "" : "es", grouped(now->not_read), duration_text(now->took_us),
      duration_text(now->target_us), size_text(now->received_bytes));
  if (now->filling) text += "  ·  still filling: not every process has been read in detail yet";
  if (!now->not_answered.empty()) text += "  ·  not answered: " + printable(now->not_answered);
  quiet_text(text);
  explain(text +
          "\n\nThe shown snapshot: how complete it is, how long it took from the first question to "
          "the last answer (it is not one instant), and what that cost the node");
}

void draw_panel(Session& session) {
  const Panel* panel = find_panel(session.place().panel);
  if (panel) panel->draw(session);
}

void draw_middle(Session& session, float height) {
  const float places = scaled(140);
  const float room = ImGui::GetContentRegionAvail().x;
  const bool inspects = !session.place().subject.empty();
  const float inspector = inspects ? std::clamp(room * 0.3F, scaled(280), scaled(460)) : 0;
  const float gap = ImGui::GetStyle().ItemSpacing.x;
  const auto box = ImGuiWindowFlags_AlwaysUseWindowPadding;
  ImGui::BeginChild("places", {places, height}, false, box);
  draw_places(session);
  ImGui::EndChild();
  ImGui::SameLine();
  const float middle = room - places - gap - (inspects ? inspector + gap : 0);
  // Each panel has a scrolling place of its own.
  ImGui::BeginChild(("panel " + session.place().panel).c_str(), {middle, height}, false, box);
  draw_panel(session);
  ImGui::EndChild();
  if (!inspects) return;
  ImGui::SameLine();
  ImGui::BeginChild("inspector", {inspector, height}, false, box);
  draw_inspector(session);
  ImGui::EndChild();
}

}  // namespace

bool draw_opening(const std::string& path, double share, float width, float height) {
  const float wide = std::min(scaled(520), width * 0.8F);
  ImGui::SetNextWindowPos({(width - wide) / 2, height * 0.36F});
  ImGui::SetNextWindowSize({wide, 0});
  ImGui::Begin("opening", nullptr, ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove);
  // Most are there at once: nothing shall flash.
  bool cancelled = false;
  if (ImGui::GetTime() > 0.15) {
    title_text("Opening " + base_name(path));
    ImGui::ProgressBar(static_cast<float>(share), {-1, scaled(10)}, "");
    quiet_text(share > 0 ? fmt::format("reading the node's numbers: {:.0f} %", 100 * share)
                         : "looking into the file");
    cancelled = ImGui::Button("Cancel");
  }
  ImGui::End();
  return cancelled;
}

void draw_everything(Session& session, float width, float height) {
  ImGui::SetNextWindowPos({0, 0});
  ImGui::SetNextWindowSize({width, height});
  ImGui::Begin("beamtape", nullptr,
               ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove |
                   ImGuiWindowFlags_NoBringToFrontOnFocus | ImGuiWindowFlags_NoScrollWithMouse);
  session.around.places.clear();
  session.around.popup.clear();
  take_keys(session);
  draw_title(session);
  const float timeline = std::clamp(height * 0.27F, scaled(190), scaled(320));
  ImGui::BeginChild("timeline", {0, timeline}, false,
                    ImGuiWindowFlags_AlwaysUseWindowPadding | ImGuiWindowFlags_NoScrollbar |
                        ImGuiWindowFlags_NoScrollWithMouse);
  draw_timeline(session);
  ImGui::EndChild();
  const float footer = ImGui::GetTextLineHeightWithSpacing();
  draw_middle(session, ImGui::GetContentRegionAvail().y - footer);
  draw_footer(session);
  // Where there is no table the processes are meant.
  if (session.around.opens == Opens::kFilter) {
    if (session.place().panel == "processes") session.around.opens = Opens::kNothing;
    session.show("processes");
  }
  draw_popups(session);
  ImGui::End();
  session.pressed.clear();
  session.hovered = std::exchange(session.hovered_now, {});
  if (const auto text = session.copied()) ImGui::SetClipboardText(text->c_str());
}

}  // namespace beamtape
