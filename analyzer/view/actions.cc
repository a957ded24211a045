#include "analyzer/view/actions.h"

#include <imgui.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <utility>

#include "analyzer/load/time.h"
#include "analyzer/view/panel.h"
#include "analyzer/view/widgets.h"

namespace beamtape {

namespace {

constexpr int kLeft = 263, kRight = 262, kHome = 268, kEnd = 269, kEscape = 256, kTab = 258;

double width(const Session& session) { return session.to_s - session.from_s; }

double here(const Session& session) {
  const auto& seconds = session.overview().seconds;
  return seconds.empty() ? 0 : seconds[session.at()];
}

void focus(Session& session) {
  if (!session.mark_a || !session.mark_b) return;
  const auto& seconds = session.overview().seconds;
  session.from_s = seconds[*session.mark_a];
  session.to_s = std::max(session.from_s + 0.2, seconds[*session.mark_b]);
}

void clear(Session& session) {
  session.mark_a.reset();
  session.mark_b.reset();
}

// The selected one may have been chosen by its name.
void with_pid(Session& session, void (Session::*act)(const std::string&)) {
  if (const auto life = session.life(); life && !life->pid.empty()) (session.*act)(life->pid);
}

void copy_selected(Session& session) {
  const auto life = session.life();
  if (!life) return;
  std::string text = life->pid + "\t" + life->name + "\n";
  for (const LifeText::Fact& fact : life->facts) text += fact.name + "\t" + fact.text + "\n";
  for (const LifeText::Curve& one : life->curves) text += one.name + "\t" + one.text + "\n";
  for (const LifeText::Stack& one : life->stacks) {
    if (!one.shown) continue;
    for (const std::string& frame : one.frames) text += "stack\t" + frame + "\n";
  }
  ImGui::SetClipboardText(text.c_str());
}

void next_file(Session& session) {
  if (session.around.files.empty()) return;
  session.wishes.file = (session.around.shown + 1) % session.around.files.size();
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

}  // namespace

const std::vector<Action>& all_actions() {
  static const std::vector<Action> actions{
      {"Play or pause", "Space", ' ', false, false, [](Session& s) { s.playing = !s.playing; }},
      {"Next snapshot", ".", '.', false, false, [](Session& s) { s.step(1); }},
      {"Previous snapshot", ",", ',', false, false, [](Session& s) { s.step(-1); }},
      {"First snapshot", "Home", kHome, false, false, [](Session& s) { s.go_to(0); }},
      {"Last snapshot", "End", kEnd, false, false,
       [](Session& s) { s.go_to(s.overview().instants.size()); }},
      {"Zoom in", "W, wheel", 'W', false, false, [](Session& s) { s.zoom(0.7, here(s)); }},
      {"Zoom out", "S, wheel", 'S', false, false, [](Session& s) { s.zoom(1 / 0.7, here(s)); }},
      {"Earlier", "A", 'A', false, false, [](Session& s) { s.pan(-0.15 * width(s)); }},
      {"Later", "D", 'D', false, false, [](Session& s) { s.pan(0.15 * width(s)); }},
      {"Show the whole recording", "0", '0', false, false, [](Session& s) { s.show_all(); }},
      {"Zoom to A and B", "F", 'F', false, false, focus},
      {"Set A here", "[", '[', false, false, [](Session& s) { s.mark_a = s.at(); }},
      {"Set B here", "]", ']', false, false, [](Session& s) { s.mark_b = s.at(); }},
      {"Compare the first snapshot with the last", "", 0, false, false,
       [](Session& s) {
         if (s.overview().instants.size() > 1) s.compare(0, s.overview().instants.size() - 1);
       }},
      {"Clear A and B", "Esc", kEscape, false, false, clear},
      {"Back", "Alt+Left", kLeft, false, true, [](Session& s) { s.go_back(); }},
      {"Forward", "Alt+Right", kRight, false, true, [](Session& s) { s.go_forward(); }},
      {"Pin the selected process to the top", "P", 'P', false, false,
       [](Session& s) { with_pid(s, &Session::pin); }},
      {"Mark the selected process with the next colour", "T", 'T', false, false,
       [](Session& s) { with_pid(s, &Session::tag); }},
      {"Copy what is known of the selected process", "C", 'C', false, false, copy_selected},
      {"Write a note about this instant", "N", 'N', false, false,
       [](Session& s) { s.around.noting = s.instant() != nullptr; }},
      {"Light or dark", "L", 'L', false, false, [](Session& s) { s.wishes.other_theme = true; }},
      {"Save a picture of the window (PNG)", "Ctrl+S", 'S', true, false,
       [](Session& s) { s.wishes.picture = true; }},
      {"Write the report (HTML)", "Ctrl+R", 'R', true, false,
       [](Session& s) { s.wishes.report = true; }},
      {"Next open file", "Ctrl+Tab", kTab, true, false, next_file},
      {"Close this file", "Ctrl+W", 'W', true, false,
       [](Session& s) { s.wishes.close_file = true; }},
      {"Quit", "Ctrl+Q", 'Q', true, false, [](Session& s) { s.wishes.quit = true; }},
      {"Close the inspector", "X", 'X', false, false, [](Session& s) { s.select(""); }},
  };
  return actions;
}

void take_keys(Session& session) {
  const bool typing = ImGui::GetIO().WantTextInput;
  const auto& panels = all_panels();
  for (const KeyPress& pressed : session.pressed) {
    if (pressed.ctrl && pressed.key == 'P') ImGui::OpenPopup("palette");
    if (typing) continue;
    if (pressed.shift && pressed.key == '/') ImGui::OpenPopup("keys");
    for (const Action& action : all_actions()) {
      const bool held = pressed.ctrl == action.ctrl && pressed.alt == action.alt;
      if (action.key != 0 && action.key == pressed.key && held) action.run(session);
    }
    const int place = pressed.key - '1';
    if (!pressed.ctrl && !pressed.alt && place >= 0 && place < 9 &&
        static_cast<std::size_t>(place) < panels.size()) {
      session.show(panels[static_cast<std::size_t>(place)].name);
    }
  }
}

// In the middle, a little above it.
void place_popup() {
  const ImVec2 room = ImGui::GetIO().DisplaySize;
  ImGui::SetNextWindowPos({room.x / 2, room.y * 0.16F}, ImGuiCond_Always, {0.5F, 0});
}

void draw_palette(Session& session) {
  static std::array<char, 128> typed{};
  ImGui::SetNextWindowSize({scaled(560), scaled(420)});
  place_popup();
  if (!ImGui::BeginPopup("palette")) {
    typed[0] = 0;
    return;
  }
  if (ImGui::IsWindowAppearing()) ImGui::SetKeyboardFocusHere();
  ImGui::SetNextItemWidth(-1);
  const bool entered =
      ImGui::InputTextWithHint("##what", "what to do, or a pid or name to show", typed.data(),
                               typed.size(), ImGuiInputTextFlags_EnterReturnsTrue);
  const std::string part = typed.data();
  bool taken = false;
  const auto offer = [&](const std::string& name, const char* keys, auto run) {
    if (taken || !contains(name, part)) return;
    const bool clicked = ImGui::Selectable(name.c_str());
    ImGui::SameLine(ImGui::GetContentRegionMax().x - scaled(90));
    quiet_text(keys);
    if (clicked || entered) {
      taken = true;
      run();
      ImGui::CloseCurrentPopup();
    }
  };
  for (const Panel& panel : all_panels()) {
    offer(std::string("Go to ") + panel.title, "", [&] { session.show(panel.name); });
  }
  for (const Action& action : all_actions()) {
    offer(action.name, action.keys, [&] { action.run(session); });
  }
  for (const std::string& file : session.remembered->recent) {
    offer("Open " + file, "", [&] { session.wishes.open = file; });
  }
  if (!part.empty() && !taken) {
    const std::string label = "Show process " + part;
    if (ImGui::Selectable(label.c_str()) || entered) {
      session.select(part);
      ImGui::CloseCurrentPopup();
    }
  }
  ImGui::EndPopup();
}

void draw_note(Session& session) {
  static std::array<char, 500> typed{};
  static std::int64_t wall_us = 0;  // of the instant that was shown when it was begun
  const Instant* now = session.instant();
  if (now && std::exchange(session.around.noting, false)) {
    wall_us = now->wall_us;
    typed[0] = 0;
    ImGui::OpenPopup("note");
  }
  place_popup();
  if (!ImGui::BeginPopup("note")) return;
  title_text("A note at " + clock_text(wall_us, false) + " UTC");
  quiet_text("It is written into the recording. Enter keeps it, Esc leaves.");
  if (ImGui::IsWindowAppearing()) ImGui::SetKeyboardFocusHere();
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

void draw_help() {
  place_popup();
  if (!ImGui::BeginPopup("keys")) return;
  title_text("Keys");
  if (ImGui::BeginTable("keys", 2, ImGuiTableFlags_SizingFixedFit)) {
    const auto line = [](const char* keys, const char* name) {
      ImGui::TableNextRow();
      ImGui::TableSetColumnIndex(0);
      mono_text(keys, theme().accent);
      ImGui::TableSetColumnIndex(1);
      ImGui::TextUnformatted(name);
    };
    for (const Action& action : all_actions()) {
      if (action.keys[0]) line(action.keys, action.name);
    }
    line("Drop a file", "Opens it beside those that are open");
    line("1 to 9", "The places at the left");
    line("Ctrl+F", "Filter");
    line("Ctrl+P", "Anything by its name");
    line("?", "These keys");
    line("Click", "On the timeline: that instant");
    line("Drag", "On the timeline: compare its two ends");
    ImGui::EndTable();
  }
  ImGui::EndPopup();
}

}  // namespace beamtape
