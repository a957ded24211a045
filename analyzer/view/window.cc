#include "analyzer/view/window.h"

#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>
#include <backends/imgui_impl_glfw.h>
#include <backends/imgui_impl_opengl3.h>
#include <fmt/format.h>
#include <imgui.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>

#include "analyzer/load/text.h"
#include "analyzer/view/panel.h"
#include "analyzer/view/png.h"
#include "analyzer/view/session.h"
#include "analyzer/view/theme.h"

namespace beamtape {

namespace {

// GLFW for as long as it lives; the last thing that GLFW complained of.
class Display {
 public:
  Display() {
    glfwSetErrorCallback([](int, const char* text) { complaint() = text; });
    works_ = glfwInit() == GLFW_TRUE;
  }
  ~Display() { glfwTerminate(); }
  Display(const Display&) = delete;
  Display& operator=(const Display&) = delete;

  bool works() const { return works_; }
  static std::string& complaint() {
    static std::string text;
    return text;
  }

 private:
  bool works_ = false;
};

struct CloseWindow {
  void operator()(GLFWwindow* window) const { glfwDestroyWindow(window); }
};
using Window = std::unique_ptr<GLFWwindow, CloseWindow>;

// ImGui and its two backends.
class Drawing {
 public:
  Drawing(GLFWwindow* window, bool light, float scale) {
    ImGui::CreateContext();
    ImGui::GetIO().IniFilename = nullptr;
    set_theme(light, scale);
    load_faces(scale);
    ImGui_ImplGlfw_InitForOpenGL(window, true);
    ImGui_ImplOpenGL3_Init("#version 150");
  }
  ~Drawing() {
    ImGui_ImplOpenGL3_Shutdown();
    ImGui_ImplGlfw_Shutdown();
    ImGui::DestroyContext();
  }
  Drawing(const Drawing&) = delete;
  Drawing& operator=(const Drawing&) = delete;
};

Expected<Window> make_window(const WindowOptions& options) {
  glfwWindowHint(GLFW_CONTEXT_VERSION_MAJOR, 3);
  glfwWindowHint(GLFW_CONTEXT_VERSION_MINOR, 2);
  glfwWindowHint(GLFW_OPENGL_PROFILE, GLFW_OPENGL_CORE_PROFILE);
  glfwWindowHint(GLFW_VISIBLE, options.screenshot.empty() ? GLFW_TRUE : GLFW_FALSE);
  Window window(glfwCreateWindow(options.width, options.height,
                                 ("beamtape: " + options.file).c_str(), nullptr, nullptr));
  if (!window) {
    return fail(Error::Code::kNotFound,
                fmt::format("cannot open a window: no OpenGL 3.2 here ({}); the other commands "
                            "work without, as in `beamtape-analyzer findings {}`",
                            Display::complaint(), options.file));
  }
  glfwMakeContextCurrent(window.get());
  glfwSwapInterval(options.screenshot.empty() ? 1 : 0);
  return window;
}

void draw_frame(GLFWwindow* window, Session& session) {
  ImGui_ImplOpenGL3_NewFrame();
  ImGui_ImplGlfw_NewFrame();
  ImGui::NewFrame();
  draw_everything(session, ImGui::GetIO().DisplaySize.x, ImGui::GetIO().DisplaySize.y);
  ImGui::Render();
  int width = 0, height = 0;
  glfwGetFramebufferSize(window, &width, &height);
  ImGui_ImplOpenGL3_RenderDrawData(ImGui::GetDrawData());
}

// The pixels of the frame that was drawn last.
Expected<void> save_frame(GLFWwindow* window, const std::string& path) {
  // The only two calls of OpenGL that are not ImGui's.
  using Finish = void (*)();
  using ReadPixels = void (*)(int, int, int, int, unsigned, unsigned, void*);
  const auto finish = reinterpret_cast<Finish>(glfwGetProcAddress("glFinish"));
  const auto read = reinterpret_cast<ReadPixels>(glfwGetProcAddress("glReadPixels"));
  if (!finish || !read) {
    return fail(Error::Code::kOther, fmt::format("cannot write {}: OpenGL gives no pixels", path));
  }
  constexpr unsigned kRgba = 0x1908, kUnsignedByte = 0x1401;
  int width = 0, height = 0;
  glfwGetFramebufferSize(window, &width, &height);
  std::vector<unsigned char> rgba(static_cast<std::size_t>(width) * height * 4);
  finish();
  read(0, 0, width, height, kRgba, kUnsignedByte, rgba.data());
  for (std::size_t i = 3; i < rgba.size(); i += 4) rgba[i] = 255;
  return write_png(path, width, height, rgba);
}

// Draws until all that the frame asks for has been answered, then keeps it.
Expected<void> take_screenshot(GLFWwindow* window, Session& session, const std::string& path) {
  constexpr int kQuietFrames = 4;  // a layout settles, an answer brings the next question
  for (int quiet = 0; quiet < kQuietFrames;) {
    glfwPollEvents();
    draw_frame(window, session);
    if (session.busy()) {
      glfwWaitEventsTimeout(0.02);
      quiet = 0;
    } else {
      ++quiet;
    }
  }
  return save_frame(window, path);
}

// Steps while the recording plays: the time that passed times the speed.
void play(Session& session, double& since) {
  const double now = glfwGetTime();
  const auto& seconds = session.overview().seconds;
  if (!session.playing || session.at() + 1 >= seconds.size()) {
    session.playing = false;
    since = now;
    return;
  }
  const double until_next =
      (seconds[session.at() + 1] - seconds[session.at()]) / std::max(0.1F, session.speed);
  // A gap is skipped: nobody wants to watch nothing for an hour.
  if (now - since < std::min(until_next, 2.0)) return;
  since = now;
  session.step(1);
}

void run(GLFWwindow* window, Session& session) {
  double since = 0;
  // ImGui needs a few frames after an event until what it opened has its place.
  int frames = 3;
  while (!glfwWindowShouldClose(window)) {
    if (frames > 0 || session.playing) {
      glfwWaitEventsTimeout(0.015);
      --frames;
    } else if (session.busy() || ImGui::GetIO().WantTextInput) {
      glfwWaitEventsTimeout(0.25);  // "reading …", a blinking caret
    } else {
      glfwWaitEvents();
      frames = 3;
    }
    play(session, since);
    draw_frame(window, session);
    glfwSwapBuffers(window);
  }
}

float scale_of(GLFWwindow* window, double wanted) {
  if (wanted > 0) return static_cast<float>(wanted);
  float x = 1, y = 1;
  glfwGetWindowContentScale(window, &x, &y);
  return std::max(1.0F, x);
}

// The position of an instant among those of the shown node.
Expected<std::size_t> position_of(const Recording& recording, const std::string& time,
                                  const std::string& shown_node) {
  if (recording.node_names().empty()) return 0;
  const std::string node = shown_node.empty() ? recording.node_names().front() : shown_node;
  const auto at = recording.at(time, node);
  if (!at) return tl::unexpected(at.error());
  std::size_t position = 0;
  for (const SnapshotRecord& one : recording.reader().snapshots()) {
    if (one.id == at->front()->id) break;
    if (recording.node_name(one) == node) ++position;
  }
  return position;
}

// Where the options say that it should begin.
struct Start {
  std::size_t at = 0;
  std::optional<std::size_t> a, b;
};

Expected<Start> starting_point(const Recording& recording, const WindowOptions& options) {
  Start start;
  const auto at = position_of(recording, options.at, options.node);
  if (!at) return tl::unexpected(at.error());
  start.at = *at;
  for (const auto& [word, mark] : {std::pair(&options.from, &start.a), {&options.to, &start.b}}) {
    if (word->empty()) continue;
    const auto position = position_of(recording, *word, options.node);
    if (!position) return tl::unexpected(position.error());
    *mark = *position;
  }
  return start;
}

}  // namespace

std::vector<std::string> panel_names() {
  std::vector<std::string> names;
  for (const Panel& panel : all_panels()) names.push_back(panel.name);
  return names;
}

Expected<void> show_window(const WindowOptions& options,
                           const std::function<Expected<Recording>()>& open) {
  if (!options.panel.empty() && !find_panel(options.panel)) {
    return fail(Error::Code::kUsage,
                fmt::format("cannot show tab '{}': there is none; there are {}", options.panel,
                            joined(panel_names(), ", ")));
  }
  auto rows = open();
  if (!rows) return tl::unexpected(rows.error());
  auto answers = open();
  if (!answers) return tl::unexpected(answers.error());
  const auto start = starting_point(*rows, options);
  if (!start) return tl::unexpected(start.error());
  const Display display;
  if (!display.works()) {
    return fail(Error::Code::kNotFound,
                fmt::format("cannot open a window: no display here ({}); the other commands work "
                            "without, as in `beamtape-analyzer findings {}`",
                            Display::complaint(), options.file));
  }
  auto window = make_window(options);
  if (!window) return tl::unexpected(window.error());
  const Drawing drawing(window->get(), options.light, scale_of(window->get(), options.scale));
  Session session(std::move(*rows), std::move(*answers), options.node,
                  [] { glfwPostEmptyEvent(); });
  session.go_to(start->at);
  session.mark_a = start->a;
  session.mark_b = start->b;
  if (session.compared()) session.show("diff");
  if (!options.panel.empty()) session.show(options.panel);
  if (!options.process.empty()) session.select(options.process);
  if (!options.screenshot.empty()) {
    return take_screenshot(window->get(), session, options.screenshot);
  }
  run(window->get(), session);
  return {};
}

}  // namespace beamtape
