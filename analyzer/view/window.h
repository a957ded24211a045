#pragma once

#include <functional>
#include <string>
#include <vector>

#include "analyzer/view/session.h"

namespace beamtape {

struct WindowOptions {
  std::string file;
  std::string node;           // of several in the file; empty: the first
  std::string at = "last";    // a time word
  std::string from, to;       // time words: A and B of a comparison, as in `diff`; empty: none
  std::string panel;          // empty: findings, or diff if there is something to compare
  std::string process;        // selected; empty: none
  std::string screenshot;     // a PNG is written there, and no window is shown
  int width = 0, height = 0;  // 0: as it was last; of a screenshot 1600x1000
  double scale = 0;           // of the display; 0: as the display says
  bool light = false;         // else as it was last
  std::string state;  // what is shown is written there as JSON whenever it changes: for tests
  std::vector<std::string> more;  // further files, a tab each
};

// How the window comes to files, on any thread: it never touches one itself.
struct FileAccess {
  OpenRecording open;  // called twice for each file: two threads read
  std::function<Expected<void>(const std::string& file, const NewNote& note)> add_note;
};

// Opens the window on a recording and returns when it is closed, or draws it once into a PNG.
// kUsage: no such panel or instant. kNotFound: no display, no OpenGL 3.2, or what `open` says.
Expected<void> show_window(const WindowOptions& options, const FileAccess& files);

// Names that `panel` may have.
std::vector<std::string> panel_names();

}  // namespace beamtape
