#include "analyzer/view/input.h"

#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>
#include <imgui.h>

#include <algorithm>

namespace beamtape {

namespace {

constexpr int kButtons = ImGuiMouseButton_COUNT;

InputEvent event(InputEvent::Kind kind) {
  InputEvent made;
  made.kind = kind;
  return made;
}

// Where a letter is depends on the keyboard; what is written on it is what people press.
int key_number(int key, int scancode) {
  const char* name = glfwGetKeyName(key, scancode);
  if (!name || name[0] == 0 || name[1] != 0) return key;
  if (name[0] >= 'a' && name[0] <= 'z') return name[0] - 'a' + 'A';
  return key;
}

// As KeyPress has it.
int shortcut_text(int character) {
  if (character >= 'a' && character <= 'z') return character - 'a' + 'A';
  return character > ' ' && character <= '~' ? character : 0;
}

}  // namespace

Input::Input(GLFWwindow* window) {
  static_assert(std::tuple_size_v<decltype(buttons_)> == kButtons);
  glfwSetWindowUserPointer(window, this);
  set_callbacks(window);
}

Input& Input::of(GLFWwindow* window) {
  return *static_cast<Input*>(glfwGetWindowUserPointer(window));
}

void Input::set_callbacks(GLFWwindow* window) {
  glfwSetCursorPosCallback(window, [](GLFWwindow* at, double x, double y) {
    InputEvent move = event(InputEvent::Kind::kMove);
    move.x = static_cast<float>(x);
    move.y = static_cast<float>(y);
    of(at).queue_.push(move);
  });
  glfwSetCursorEnterCallback(window, [](GLFWwindow* at, int entered) {
    if (!entered) of(at).queue_.push(event(InputEvent::Kind::kLeave));
  });
  glfwSetMouseButtonCallback(window, [](GLFWwindow* at, int button, int action, int) {
    InputEvent press = event(InputEvent::Kind::kButton);
    press.code = button;
    press.down = action == GLFW_PRESS;
    if (button < kButtons) of(at).queue_.push(press);
  });
  glfwSetScrollCallback(window, [](GLFWwindow* at, double x, double y) {
    InputEvent wheel = event(InputEvent::Kind::kWheel);
    wheel.x = static_cast<float>(x);
    wheel.y = static_cast<float>(y);
    of(at).queue_.push(wheel);
  });
  glfwSetKeyCallback(window, [](GLFWwindow* at, int key, int scancode, int action, int held) {
    if (key == GLFW_KEY_UNKNOWN) return;
    InputEvent press = event(InputEvent::Kind::kKey);
    press.code = key_number(key, scancode);
    press.down = action != GLFW_RELEASE;
    press.repeated = action == GLFW_REPEAT;
    press.ctrl = (held & GLFW_MOD_CONTROL) != 0;
    press.alt = (held & GLFW_MOD_ALT) != 0;
    press.shift = (held & GLFW_MOD_SHIFT) != 0;
    of(at).queue_.push(press);
  });
  glfwSetCharCallback(window, [](GLFWwindow* at, unsigned character) {
    InputEvent text = event(InputEvent::Kind::kText);
    text.code = static_cast<int>(character);
    of(at).queue_.push(text);
  });
  glfwSetDropCallback(window, [](GLFWwindow* at, int count, const char** paths) {
    auto& dropped = of(at).dropped_;
    dropped.insert(dropped.end(), paths, paths + count);
  });
}

std::vector<KeyPress> Input::take() {
  now_.clear();
  const bool typing = ImGui::GetIO().WantTextInput;
  if (kept_frames_ > 0 && !typing) {
    --kept_frames_;
    return {};
  }
  kept_frames_ = 0;
  now_ = queue_.take(typing);
  std::vector<KeyPress> pressed;
  for (const InputEvent& one : now_) {
    if (one.kind == InputEvent::Kind::kText && !pressed.empty() && pressed.back().text == 0) {
      pressed.back().text = shortcut_text(one.code);
    }
    if (one.kind != InputEvent::Kind::kKey || !one.down || is_modifier(one.code)) continue;
    pressed.push_back({one.code, one.ctrl, one.alt, one.shift, one.repeated});
  }
  return pressed;
}

void Input::apply() {
  ImGuiIO& io = ImGui::GetIO();
  for (const InputEvent& one : std::exchange(now_, {})) {
    switch (one.kind) {
      case InputEvent::Kind::kMove:
        mouse_x_ = one.x;
        mouse_y_ = one.y;
        break;
      case InputEvent::Kind::kLeave:
        // What is dragged outside is still held.
        if (std::find(buttons_.begin(), buttons_.end(), true) == buttons_.end()) {
          mouse_x_ = mouse_y_ = -FLT_MAX;
        }
        break;
      case InputEvent::Kind::kButton:
        buttons_[static_cast<std::size_t>(one.code)] = one.down;
        break;
      case InputEvent::Kind::kWheel:
        io.MouseWheelH += one.x;
        io.MouseWheel += one.y;
        break;
      case InputEvent::Kind::kKey:
        io.KeysDown[one.code] = one.down;
        break;
      case InputEvent::Kind::kText:
        io.AddInputCharacter(static_cast<unsigned>(one.code));
        break;
    }
  }
  // The backend has written where the mouse is by now.
  io.MousePos = {mouse_x_, mouse_y_};
  std::copy(buttons_.begin(), buttons_.end(), io.MouseDown);
  const auto either = [&](int left, int right) { return io.KeysDown[left] || io.KeysDown[right]; };
  io.KeyCtrl = either(GLFW_KEY_LEFT_CONTROL, GLFW_KEY_RIGHT_CONTROL);
  io.KeyShift = either(GLFW_KEY_LEFT_SHIFT, GLFW_KEY_RIGHT_SHIFT);
  io.KeyAlt = either(GLFW_KEY_LEFT_ALT, GLFW_KEY_RIGHT_ALT);
  io.KeySuper = either(GLFW_KEY_LEFT_SUPER, GLFW_KEY_RIGHT_SUPER);
}

}  // namespace beamtape
