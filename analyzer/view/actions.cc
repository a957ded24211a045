#include "analyzer/view/actions.h"

#include <imgui.h>

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include "analyzer/view/panel.h"

namespace beamtape {

namespace {

constexpr int kLeft = 263, kRight = 262, kHome = 268, kEnd = 269, kEscape = 256, kTab = 258;
constexpr std::size_t kPlacesWithKeys = 9;

double width(const Session& session) { return session.to_s - session.from_s; }

double here(const Session& session) {
  const auto& seconds = session.overview().seconds;
  return seconds.empty() ? 0 : seconds[session.at()];
}

// On A and B where they are set, else on the life of the selected process.
void focus(Session& session) {
  const auto& seconds = session.overview().seconds;
  double from = 0, to = 0;
  if (session.mark_a && session.mark_b) {
    std::tie(from, to) = std::minmax(seconds[*session.mark_a], seconds[*session.mark_b]);
  } else if (const auto life = session.life(); life && !life->seconds.empty()) {
    from = life->seconds.front();
    to = life->seconds.back();
  } else {
    return;
  }
  session.from_s = from;
  session.to_s = std::max(from + 0.2, to);
}

void clear(Session& session) {
  session.mark_a.reset();
  session.mark_b.reset();
}

// Does it to the selected process, or once that has been read: a name has no pid before.
void with_life(Session& session, void (*act)(Session&)) {
  if (session.life()) {
    act(session);
  } else if (!session.place().subject.empty()) {
    session.around.once_read = act;
  }
}

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

// Of the table that is shown.
void copy_table(Session& session, TableFormat format) {
  if (const auto rows = session.shown_rows()) session.copy_table(rows, format);
}

}  // namespace

const std::vector<Action>& all_actions() {
  static const std::vector<Action> actions{
      {"Play or pause", "Space", ' ', false, false, [](Session& s) { s.playing = !s.playing; }},
      {"Next snapshot", ".", '.', false, false, [](Session& s) { s.step(1); }, true},
      {"Previous snapshot", ",", ',', false, false, [](Session& s) { s.step(-1); }, true},
      {"First snapshot", "Home", kHome, false, false, [](Session& s) { s.go_to(0); }},
      {"Last snapshot", "End", kEnd, false, false,
       [](Session& s) { s.go_to(s.overview().instants.size()); }},
      {"Zoom in", "W, wheel", 'W', false, false, [](Session& s) { s.zoom(0.7, here(s)); }, true},
      {"Zoom out", "S, wheel", 'S', false, false, [](Session& s) { s.zoom(1 / 0.7, here(s)); },
       true},
      {"Earlier", "A", 'A', false, false, [](Session& s) { s.pan(-0.15 * width(s)); }, true},
      {"Later", "D", 'D', false, false, [](Session& s) { s.pan(0.15 * width(s)); }, true},
      {"Show the whole recording", "0", '0', false, false, [](Session& s) { s.show_all(); }},
      {"Zoom to A and B, or to the life of the selected process", "F", 'F', false, false, focus},
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
       [](Session& s) { with_life(s, [](Session& of) { with_pid(of, &Session::pin); }); }},
      {"Mark the selected process with the next colour", "T", 'T', false, false,
       [](Session& s) { with_life(s, [](Session& of) { with_pid(of, &Session::tag); }); }},
      {"Copy what is known of the selected process", "C", 'C', false, false,
       [](Session& s) { with_life(s, copy_selected); }},
      {"Write a note about this instant", "N", 'N', false, false,
       [](Session& s) { s.around.opens = Opens::kNote; }},
      {"Filter the table", "Ctrl+F", 'F', true, false,
       [](Session& s) { s.around.opens = Opens::kFilter; }},
      {"Copy the table as text", "", 0, false, false,
       [](Session& s) { copy_table(s, TableFormat::kText); }},
      {"Copy the table as CSV", "", 0, false, false,
       [](Session& s) { copy_table(s, TableFormat::kCsv); }},
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
      {"All keys", "?", '?', false, false, [](Session& s) { s.around.opens = Opens::kKeys; }},
  };
  return actions;
}

std::string key_of_place(std::size_t position) {
  return position < kPlacesWithKeys ? std::to_string(position + 1) : "";
}

namespace {

// Whether that key does anything.
bool take_key(Session& session, int key, const KeyPress& pressed) {
  for (const Action& action : all_actions()) {
    const bool held = pressed.ctrl == action.ctrl && pressed.alt == action.alt;
    if (action.key == 0 || action.key != key || !held) continue;
    if (!pressed.repeated || action.repeats) action.run(session);
    return true;
  }
  if (pressed.ctrl || pressed.alt || key < '1') return false;
  const auto place = static_cast<std::size_t>(key - '1');
  if (place >= std::min(kPlacesWithKeys, all_panels().size())) return false;
  session.show(all_panels()[place].name);
  return true;
}

}  // namespace

void take_keys(Session& session) {
  if (session.around.once_read && (session.life() || session.place().subject.empty())) {
    std::exchange(session.around.once_read, nullptr)(session);
  }
  const bool typing = ImGui::GetIO().WantTextInput;
  // Esc closes what is open, and is for nothing else then.
  const bool popup =
      ImGui::IsPopupOpen("", ImGuiPopupFlags_AnyPopupId | ImGuiPopupFlags_AnyPopupLevel);
  for (const KeyPress& pressed : session.pressed) {
    if (pressed.ctrl && pressed.key == 'P') session.around.opens = Opens::kPalette;
    if (typing || (popup && pressed.key == kEscape)) continue;
    // Brackets and question marks are elsewhere on other keyboards, with other keys held.
    const bool written = pressed.text != 0 && take_key(session, pressed.text, pressed);
    if (!written) take_key(session, pressed.key, pressed);
  }
}

}  // namespace beamtape
