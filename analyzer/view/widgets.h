#pragma once

#include <string>
#include <vector>

#include "analyzer/view/session.h"
#include "analyzer/view/theme.h"

namespace beamtape {

// Small things that several panels draw alike.

void quiet_text(const std::string& text);
void mono_text(const std::string& text, Theme::Colour colour);
// What comes next, the last on its line, is in the smaller mono face beside text: on one line with
// its letters.
void lower_to_text();
// At the right edge of the table cell or line, so that digits stand under digits.
void right_text(const std::string& text, Theme::Colour colour);
// The head of a table's column, that of a number above its digits.
void table_head(int column, const std::string& name, const std::string& explanation, bool number);
void title_text(const std::string& text);
void wrapped_text(const std::string& text, Theme::Colour colour);
// ImGui's BeginPopup, of a popup that Esc closes.
bool begin_popup(Session& session, const char* name);
// The line of text that is drawn next takes the keys.
void focus_line(Session& session);
// Notes for tests where the middle of what was drawn last is (Around::places).
void tell_place(Session& session, const std::string& name);
// Shown while the mouse is over what was drawn last. Nothing for an empty text.
void explain(const std::string& text);
// Lines that say what is damaged, the first of them where there are many.
void damage_lines(const std::vector<std::string>& damage);
// What stands where there is nothing to show, and why.
void empty_state(const std::string& headline, const std::string& why);
// Text that leads somewhere; true when it was clicked.
bool text_link(const std::string& text);
// A process by pid or name: a click selects it.
void process_link(Session& session, const std::string& text, const std::string& subject);

// "to 13 575": what a curve reaches in the shown range, on the same line; it has no scale
// otherwise.
void reach_text(const Session& session, const std::vector<double>& seconds,
                const std::vector<double>& values, Unit unit, bool is_rate);

struct CurveLook {
  Theme::Colour colour = 0;
  float height = 0;
  Unit unit = Unit::kNone;  // of the values, which are told under the mouse
  bool is_rate = false;
  std::string subject = {};  // the process that it is of: drawn stronger while that is hovered
};
// A curve over the shown range and the whole width, from 0 up, filled; breaks where nothing was
// read and at gaps. Takes its room in the layout. The instant under the mouse is marked in every
// curve, and told beside the mouse; a click goes there.
void curve(Session& session, const std::vector<double>& seconds, const std::vector<double>& values,
           const CurveLook& look);

}  // namespace beamtape
