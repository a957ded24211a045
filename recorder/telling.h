#pragma once

#include <atomic>
#include <cstdio>
#include <string_view>

#include "recorder/options.h"
#include "recorder/session/recorder.h"

namespace beamtape {

// What the recorder prints is worth less than what it records: what cannot be written, because
// whoever read a pipe has gone or the disk of a log is full, is lost, and the recording goes on.
// Waits for who reads it, but for nobody once the program has been asked to stop.
void print(std::FILE* stream, std::string_view text);

// Somebody has asked the program to stop. A signal's handler may set it.
inline std::atomic<bool> stop_asked = false;

// One line on stderr, with the program's name. Here and below control characters in the name of a
// node or a file are made visible.
void complain(std::string_view message);

// Tells how a recording goes, in the way that was asked for. Only one thread may use it.
class Telling {
 public:
  // Looks at what stdout is, and at TERM.
  explicit Telling(RecorderOptions::Show show);

  // Before the first snapshot, on a terminal: what it may take of the node, where the others keep
  // to `budget`.
  void beginning(double budget) const;
  // Each snapshot, on stdout: a line of JSON, or on a terminal one that replaces the last; a line
  // below it if the terminal cannot erase one.
  void stored(const Status& status) const;
  // A connection is lost, a node is back: a line on stderr, unless nothing is to be printed.
  void news(std::string_view text) const;
  // Ends the live line: what is printed next stands below it.
  void end_live_line() const;
  // Where the recording is, on stdout, in words.
  void result(std::string_view text) const;

 private:
  RecorderOptions::Show show_;
  bool is_on_terminal_;
  bool has_live_line_;
};

}  // namespace beamtape
