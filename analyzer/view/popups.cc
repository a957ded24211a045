#include "analyzer/view/popups.h"

#include <imgui.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "analyzer/load/text.h"
#include "analyzer/load/time.h"
#include "analyzer/view/actions.h"
#include "analyzer/view/links.h"
#include "analyzer/view/panel.h"
#include "analyzer/view/widgets.h"

namespace beamtape {

namespace {

constexpr int kDown = 264, kUp = 265;

// In the middle, a little above it.
void place_popup() {
  const ImVec2 room = ImGui::GetIO().DisplaySize;
  ImGui::SetNextWindowPos({room.x / 2, room.y * 0.16F}, ImGuiCond_Always, {0.5F, 0});
}

bool takes(Session& session, Opens what) {
  if (session.around.opens != what) return false;
  session.around.opens = Opens::kNothing;
  return true;
}

bool contains(std::string text, std::string part) {
  const auto lower = [](std::string& word) {
    std::transform(word.begin(), word.end(), word.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  };
  lower(text);
  lower(part);
  return text.find(part) != std::string::npos;
}

// One line of the palette.
struct Offer {
  std::string name, keys;
  std::function<void()> run;
};

std::vector<Offer> offers(Session& session, const std::string& part) {
  std::vector<Offer> all;
  const auto offer = [&](std::string name, std::string keys, std::function<void()> run) {
    if (contains(name, part)) all.push_back({std::move(name), std::move(keys), std::move(run)});
  };
  for (std::size_t i = 0; i < all_panels().size(); ++i) {
    const Panel& panel = all_panels()[i];
    offer(std::string("Go to ") + panel.title, key_of_place(i),
          [&session, &panel] { session.show(panel.name); });
  }
  for (const Action& action : all_actions()) {
    offer(action.name, action.keys, [&session, &action] { action.run(session); });
  }
  for (const std::string& file : session.remembered->recent) {
    offer("Open " + file, "", [&session, file] { session.wishes.open = file; });
  }
  if (part.empty()) return all;
  if (const auto things = session.named(part)) {
    for (const Named& one : things->found) {
      all.push_back(
          {printable(one.text), one.kind, [&session, one] { follow(session, one.kind, one.id); }});
    }
  }
  // Of another instant, or nobody's: the inspector says so.
  all.push_back({"Show process " + part, "", [&session, part] { session.select(part); }});
  return all;
}

std::size_t pressed_times(const Session& session, int key) {
  return static_cast<std::size_t>(
      std::count_if(session.pressed.begin(), session.pressed.end(),
                    [key](const KeyPress& one) { return one.key == key; }));
}

void draw_palette(Session& session) {
  static std::array<char, 128> typed{};
  static std::size_t chosen = 0;
  if (takes(session, Opens::kPalette)) {
    typed[0] = 0;
    chosen = 0;
    ImGui::OpenPopup("palette");
  }
  ImGui::SetNextWindowSize({scaled(560), scaled(420)});
  place_popup();
  if (!begin_popup(session, "palette")) return;
  if (ImGui::IsWindowAppearing()) focus_line(session);
  ImGui::SetNextItemWidth(-1);
  const std::string before = typed.data();
  const bool entered =
      ImGui::InputTextWithHint("##what", "what to do, or a pid or name to show", typed.data(),
                               typed.size(), ImGuiInputTextFlags_EnterReturnsTrue);
  if (before != typed.data()) chosen = 0;
  const auto all = offers(session, typed.data());
  const std::size_t was = chosen;
  chosen += pressed_times(session, kDown);
  chosen -= std::min(chosen, pressed_times(session, kUp));
  chosen = std::min(chosen, all.empty() ? 0 : all.size() - 1);
  bool done = false;
  ImGui::BeginChild("offers");
  for (std::size_t i = 0; i < all.size(); ++i) {
    ImGui::PushID(static_cast<int>(i));
    const bool clicked = ImGui::Selectable(all[i].name.c_str(), i == chosen);
    if (i == chosen && chosen != was) ImGui::SetScrollHereY();
    ImGui::SameLine(ImGui::GetContentRegionMax().x - scaled(90));
    quiet_text(all[i].keys);
    ImGui::PopID();
    if (!clicked && !(entered && i == chosen)) continue;
    all[i].run();
    done = true;
    break;
  }
  ImGui::EndChild();
  if (done) ImGui::CloseCurrentPopup();
  ImGui::EndPopup();
}

void draw_note(Session& session) {
  static std::array<char, 500> typed{};
  static std::int64_t wall_us = 0;  // of the instant that was shown when it was begun
  const Instant* now = session.instant();
  if (takes(session, Opens::kNote) && now) {
    wall_us = now->wall_us;
    typed[0] = 0;
    ImGui::OpenPopup("note");
  }
  place_popup();
  if (!begin_popup(session, "note")) return;
  title_text("A note at " + clock_text(wall_us, false) + " UTC");
  quiet_text("It is written into the recording. Enter keeps it, Esc leaves.");
  if (ImGui::IsWindowAppearing()) focus_line(session);
  ImGui::SetNextItemWidth(scaled(520));
  const bool entered =
      ImGui::InputTextWithHint("##note", "what happened, as deployed 1.4.2", typed.data(),
                               typed.size(), ImGuiInputTextFlags_EnterReturnsTrue);
  if (entered) {
    if (typed[0]) session.wishes.note = NewNote{wall_us, typed.data()};
    ImGui::CloseCurrentPopup();
  }
  ImGui::EndPopup();
}

void draw_keys(Session& session) {
  if (takes(session, Opens::kKeys)) ImGui::OpenPopup("keys");
  place_popup();
  if (!begin_popup(session, "keys")) return;
  title_text("Keys");
  std::vector<std::pair<std::string, std::string>> lines;
  for (const Action& action : all_actions()) {
    if (action.keys[0]) lines.emplace_back(action.keys, action.name);
  }
  lines.insert(lines.end(), {{"1 to 9", "The places at the left"},
                             {"Ctrl+P", "Anything by its name"},
                             {"Click", "On the timeline: that instant"},
                             {"Drag", "On the timeline: compare its two ends"},
                             {"Right click", "On a row: pin, mark and copy it"},
                             {"Drop a file", "Opens it beside those that are open"}});
  // In two halves: one list would be higher than a small window.
  const std::size_t half = (lines.size() + 1) / 2;
  if (ImGui::BeginTable("keys", 4, ImGuiTableFlags_SizingFixedFit)) {
    for (std::size_t i = 0; i < half; ++i) {
      ImGui::TableNextRow();
      for (std::size_t at = i; at < lines.size(); at += half) {
        ImGui::TableNextColumn();
        mono_text(lines[at].first, theme().accent);
        ImGui::TableNextColumn();
        ImGui::TextUnformatted(lines[at].second.c_str());
      }
    }
    ImGui::EndTable();
  }
  ImGui::EndPopup();
}

}  // namespace

void draw_popups(Session& session) {
  draw_palette(session);
  draw_note(session);
  draw_keys(session);
}

}  // namespace beamtape
