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
  bool stop_opening = false;        // the one that is being opened
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

// A key that was pressed, and what was held with it. Numbered as GLFW does, letters by what is
// written on them and not by where they are.
struct KeyPress {
  int key = 0;
  bool ctrl = false, alt = false, shift = false;
  bool repeated = false;  // it has been held down for a while
  int text = 0;           // the ASCII character that it writes, a capital letter; 0: none
};

// What a key or a command opens, for whoever draws it to take.
enum class Opens { kNothing, kPalette, kKeys, kNote, kFilter };

class Session;

struct OpenFile {
  std::string path;
  std::string node;           // shown of it, where it has several; else empty
  std::int64_t snapshot = 0;  // that is shown of it; 0: it has none
  std::int64_t wall_us = 0;   // when that was
};

// What the window tells the panels.
struct Around {
  std::vector<OpenFile> files;
  std::size_t shown = 0;     // this one
  std::string opening;       // a file that is being opened; empty: none
  double opening_share = 0;  // of it has been read
  std::string message;       // what became of the last wish
  bool failed = false;
  Opens opens = Opens::kNothing;
  // What somebody wanted done to the selected process before it had been read.
  void (*once_read)(Session&) = nullptr;
  bool opens_line = false;  // a line of text was opened: what is typed next is for that
  std::string popup;        // that is open
  bool typing = false;      // a line of text takes the keys
  // For tests: what of mouse and keys frames have shown.
  struct Seen {
    std::size_t keys = 0, clicks = 0, wheel = 0;
    std::pair<float, float> mouse;
  } seen;
  // For tests that work the window with a mouse: where things are, by name, in pixels.
  bool tells_places = false;
  std::map<std::string, std::pair<float, float>> places;
};

}  // namespace beamtape
