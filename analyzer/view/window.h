#pragma once

#include <functional>
#include <string>

#include "analyzer/load/recording.h"

namespace beamtape {

struct WindowOptions {
  std::string file;
  std::string node;         // of several in the file; empty: the first
  std::string at = "last";  // a time word
  std::string from, to;     // time words: A and B of a comparison, as in `diff`; empty: none
  std::string panel;        // empty: findings, or diff if there is something to compare
  std::string process;      // selected; empty: none
  std::string screenshot;   // a PNG is written there, and no window is shown
  int width = 1600, height = 1000;
  double scale = 0;  // of the display; 0: as the display says
  bool light = false;
};

// Opens the window on a recording and returns when it is closed, or draws it once into a PNG.
// `open` is called twice: two threads read. kUsage: no such panel or instant. kNotFound: no
// display, no OpenGL 3.2, or what `open` says.
Expected<void> show_window(const WindowOptions& options,
                           const std::function<Expected<Recording>()>& open);

// Names that `panel` may have.
std::vector<std::string> panel_names();

}  // namespace beamtape
