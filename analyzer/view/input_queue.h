#pragma once

#include <deque>
#include <vector>

namespace beamtape {

// One thing that mouse or keyboard did. Keys are numbered as in KeyPress.
struct InputEvent {
  enum class Kind { kMove, kLeave, kButton, kWheel, kKey, kText };
  Kind kind = Kind::kMove;
  float x = 0, y = 0;                             // kMove: where to, in pixels; kWheel: how far
  int code = 0;                                   // kButton, kKey: which one; kText: the character
  bool down = false;                              // kButton, kKey
  bool repeated = false;                          // kKey: it has been down
  bool ctrl = false, alt = false, shift = false;  // kKey: held meanwhile
};

// Mouse and keys between the window system and the frames. ImGui looks once a frame where the mouse
// is and what is held down, so whatever is over before the frame, or is followed by something else,
// would be lost or take place elsewhere: a click and a move after it, a key pressed twice, what is
// typed right after Ctrl+F. Here events wait in their order, and each frame takes as many as it can
// show. Not thread safe.
class InputQueue {
 public:
  void push(const InputEvent& event);
  bool empty() const { return waiting_.empty(); }
  // Those of the next frame. `typing`: a line of text takes the keys, so that letters can come
  // together.
  std::vector<InputEvent> take(bool typing);

 private:
  std::deque<InputEvent> waiting_;
  bool was_command_ = false;  // of the last frame: who gets the letters may be another one now
};

// Shift, Ctrl, Alt and the like, which do nothing by themselves.
bool is_modifier(int key);

}  // namespace beamtape
