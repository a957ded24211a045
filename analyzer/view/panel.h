#pragma once

#include <string>
#include <vector>

#include "analyzer/view/session.h"

namespace beamtape {

// A place of the window. To add one: a file that defines it and a line in all_panels.cc.
struct Panel {
  const char* name;   // as --tab and the session take it: "processes"
  const char* title;  // "Processes"
  const char* explanation;
  // Inside a child window of its own.
  void (*draw)(Session& session);
};

// In the order in which the window lists them.
const std::vector<Panel>& all_panels();
// Null if there is none of that name.
const Panel* find_panel(const std::string& name);

// The parts of the window that are always there; each fills a child window of its own.
void draw_timeline(Session& session);
void draw_inspector(Session& session);
// The whole window, `width` by `height` pixels; keys included. Between ImGui's NewFrame and Render.
void draw_everything(Session& session, float width, float height);

// The window while its first file is being read, of which `share` has been; true if a person does
// not want to wait for it.
bool draw_opening(const std::string& path, double share, float width, float height);

}  // namespace beamtape
