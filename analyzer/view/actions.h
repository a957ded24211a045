#pragma once

#include <vector>

#include "analyzer/view/session.h"

namespace beamtape {

// Everything that a key does: stated once, for the keys, the help (?) and the palette (Ctrl+P).
struct Action {
  const char* name;
  const char* keys;  // as people read them
  int key;           // as GLFW numbers it; 0: only in the palette
  bool ctrl, alt;
  void (*run)(Session& session);
};

const std::vector<Action>& all_actions();

// Runs what the pressed keys say, unless somebody types.
void take_keys(Session& session);
// The palette, the line for a note and the help, where they are open.
void draw_palette(Session& session);
void draw_note(Session& session);
void draw_help();

}  // namespace beamtape
