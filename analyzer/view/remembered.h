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
  std::vector<std::string> recent;                          // files, the newest first
  std::map<std::string, std::vector<std::string>> columns;  // chosen, by table
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
