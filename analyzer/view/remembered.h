#pragma once

#include <map>
#include <string>
#include <vector>

namespace beamtape {

// What the window keeps from one time to the next, in a file of the person's own. That it cannot
// be read or written is no error: the window works without.
struct Remembered {
  bool light = false;
  int width = 1600, height = 1000;
  std::vector<std::string> recent;  // files, the newest first
  // What a table shows and how: by its name, where rows are grouped by that with the key
  // ("processes by owner").
  std::map<std::string, std::vector<std::string>> columns;  // chosen
  std::map<std::string, std::string> sorts;                 // as --sort
  std::map<std::string, std::string> filters;               // as --filter
  std::map<std::string, std::string> groupings;             // as --group-by
  std::string layout;                                       // widths and order of columns, ImGui's
  bool operator==(const Remembered&) const = default;

  // Puts a file first; keeps the newest ten.
  void opened(const std::string& file);
};

// $XDG_STATE_HOME/beamtape/window.json, or below ~/.local/state; empty if there is no home.
std::string remembered_path();
// What is not there, or makes no sense, is as when nothing was remembered.
Remembered load_remembered(const std::string& path);
// Makes the folder. True if it was written.
bool save_remembered(const Remembered& remembered, const std::string& path);

}  // namespace beamtape
