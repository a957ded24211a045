#include "analyzer/view/input_queue.h"

#include <algorithm>

namespace beamtape {

namespace {

constexpr int kFirstModifier = 340, kLastModifier = 347;
constexpr int kFirstUnprintable = 256;

bool is_move(const InputEvent& event) {
  return event.kind == InputEvent::Kind::kMove || event.kind == InputEvent::Kind::kLeave;
}

bool is_press(const InputEvent& event) {
  return event.kind == InputEvent::Kind::kKey && event.down && !is_modifier(event.code);
}

// A letter for a line of text, which is told by kText.
bool is_letter(const InputEvent& event) {
  return event.code < kFirstUnprintable && !event.ctrl && !event.alt;
}

bool same_key(const InputEvent& a, const InputEvent& b) {
  return a.kind == b.kind && a.code == b.code;
}

// Whether a frame that shows `before` can also show `next`.
bool fits(const std::vector<InputEvent>& before, const InputEvent& next, bool typing) {
  const auto any = [&](const auto& is) { return std::any_of(before.begin(), before.end(), is); };
  const auto of_mouse = [](const InputEvent& one) {
    return one.kind == InputEvent::Kind::kButton || one.kind == InputEvent::Kind::kWheel;
  };
  const auto is_command = [&](const InputEvent& one) {
    return is_press(one) && !(typing && is_letter(one));
  };
  // Of the text of a press, both belong together.
  if (next.kind == InputEvent::Kind::kText) return !any(of_mouse);
  if (any(is_command)) return false;
  if (is_move(next)) return !any([](const InputEvent& one) { return !is_move(one); });
  if (next.kind == InputEvent::Kind::kWheel) {
    return !any([](const InputEvent& one) { return one.kind == InputEvent::Kind::kButton; });
  }
  if (next.kind == InputEvent::Kind::kButton) {
    // Of two things that overlap ImGui gives a press to the one that was under the mouse before.
    return !any(of_mouse) && !(next.down && any(is_move));
  }
  if (any(of_mouse)) return false;
  // Up and down of one key in one frame is neither.
  return (typing && is_letter(next)) ||
         !any([&](const InputEvent& one) { return same_key(one, next); });
}

}  // namespace

bool is_modifier(int key) { return key >= kFirstModifier && key <= kLastModifier; }

void InputQueue::push(const InputEvent& event) {
  // Where the mouse has been on its way does not matter.
  if (is_move(event) && !waiting_.empty() && is_move(waiting_.back())) {
    waiting_.back() = event;
  } else {
    waiting_.push_back(event);
  }
}

std::vector<InputEvent> InputQueue::take(bool typing) {
  typing &= !was_command_;
  std::vector<InputEvent> taken;
  while (!waiting_.empty() && fits(taken, waiting_.front(), typing)) {
    taken.push_back(waiting_.front());
    waiting_.pop_front();
  }
  was_command_ = std::any_of(taken.begin(), taken.end(), [&](const InputEvent& one) {
    return is_press(one) && !(typing && is_letter(one));
  });
  return taken;
}

}  // namespace beamtape
