#pragma once

#include <string>
#include <utility>
#include <vector>

#include "analyzer/view/session.h"
#include "analyzer/view/theme.h"

namespace beamtape {

// Small things that several panels draw alike.

void quiet_text(const std::string& text);
void mono_text(const std::string& text, Theme::Colour colour);
// At the right edge of the table cell or line, so that digits stand under digits.
void right_text(const std::string& text, Theme::Colour colour);
// The head of a table's column, that of a number above its digits; `sortable` leaves room for the
// arrow.
void table_head(int column, const std::string& name, const std::string& explanation, bool number,
                bool sortable = false);
void title_text(const std::string& text);
void wrapped_text(const std::string& text, Theme::Colour colour);
// Shown while the mouse is over what was drawn last. Nothing for an empty text.
void explain(const std::string& text);
// What stands where there is nothing to show, and why.
void empty_state(const std::string& headline, const std::string& why);
// A process by pid or name: a click selects it. `id` tells equal texts of one place apart.
void process_link(Session& session, const std::string& text, const std::string& subject, int id);

struct CurveLook {
  Theme::Colour colour = 0;
  double marked_second = 0;  // the playhead
  float height = 0;
  bool filled = false;
};
// A curve from `range.first` to `range.second` seconds over the whole width, from 0 up; breaks
// where nothing was read. Takes its room in the layout.
void curve(const std::vector<double>& seconds, const std::vector<double>& values,
           std::pair<double, double> range, const CurveLook& look);

}  // namespace beamtape
