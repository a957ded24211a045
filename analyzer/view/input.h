#pragma once

#include <array>
#include <cfloat>
#include <string>
#include <utility>
#include <vector>

#include "analyzer/view/input_queue.h"
#include "analyzer/view/wishes.h"

struct GLFWwindow;

namespace beamtape {

// Mouse and keys of a window, as its frames see them, and the files that are dropped onto it. For
// the drawing thread.
class Input {
 public:
  // Takes the window's callbacks and its user pointer, for as long as it lives.
  explicit Input(GLFWwindow* window);
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  // Decides what the next frame shows; returns the keys that are pressed in it.
  std::vector<KeyPress> take();
  // Tells ImGui: after its backend has begun the frame, before ImGui does.
  void apply();
  // Whether there is something for another frame.
  bool waits() const { return !queue_.empty(); }
  // Keeps what comes until a line of text takes the keys, for some frames at most: it was opened
  // just now.
  void expect_line() { kept_frames_ = kMostKept; }
  std::vector<std::string> dropped() { return std::exchange(dropped_, {}); }

 private:
  static constexpr int kMostKept = 6;  // ImGui needs three

  static Input& of(GLFWwindow* window);
  void set_callbacks(GLFWwindow* window);

  InputQueue queue_;
  std::vector<InputEvent> now_;
  int kept_frames_ = 0;
  float mouse_x_ = -FLT_MAX, mouse_y_ = -FLT_MAX;  // as ImGui says that it is nowhere
  std::array<bool, 5> buttons_{};                  // held down, as ImGui has seen it
  std::vector<std::string> dropped_;
};

}  // namespace beamtape
