#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace beamtape {

// Somebody's remark about an instant.
struct NewNote {
  std::int64_t wall_us = 0;
  std::string text;
};

// What a panel, key or command asks of the window around it, which fulfils it after the frame.
struct Wishes {
  bool other_theme = false;
  bool picture = false;  // of the window, as a PNG beside where the program was started
  bool report = false;   // the same for the report as HTML
  bool close_file = false;
  bool quit = false;
  std::string open;                 // a file
  std::optional<NewNote> note;      // to be written into the file
  std::optional<std::size_t> file;  // show that one of the open ones
};

// Where a person is: what back and forward go through.
struct Whereabouts {
  std::string panel;
  std::string subject;  // the selected process: pid or name; empty for none
  bool operator==(const Whereabouts&) const = default;
};

// What is under the mouse, so that it is shown wherever else it is.
struct Hover {
  std::string process;           // a pid
  std::optional<double> second;  // since the first snapshot: that of an instant
};

// A key that was pressed, as GLFW numbers it, and what was held with it.
struct KeyPress {
  int key = 0;
  bool ctrl = false, alt = false, shift = false;
};

struct OpenFile {
  std::string path;
  std::string node;           // shown of it, where it has several; else empty
  std::int64_t snapshot = 0;  // that is shown of it; 0: it has none
  std::int64_t wall_us = 0;   // when that was
};

// What the window tells the panels.
struct Around {
  std::vector<OpenFile> files;
  std::size_t shown = 0;  // this one
  std::string opening;    // a file that is being opened; empty: none
  std::string message;    // what became of the last wish
  bool failed = false;
  bool noting = false;  // somebody wants to write a note about the shown instant
  bool typing = false;  // a line of text takes the keys
  // For tests that work the window with a mouse: where things are, by name, in pixels.
  bool tells_places = false;
  std::map<std::string, std::pair<float, float>> places;
};

}  // namespace beamtape
