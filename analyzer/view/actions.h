#pragma once

#include <cstddef>
#include <string>
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
  bool repeats = false;  // while the key is held down
};

const std::vector<Action>& all_actions();

// Runs what the pressed keys say, unless somebody types.
void take_keys(Session& session);
// The key of a place, by its position among all_panels(); empty: it has none.
std::string key_of_place(std::size_t position);

}  // namespace beamtape
