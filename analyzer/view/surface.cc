#include "analyzer/view/surface.h"

#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>
#include <backends/imgui_impl_glfw.h>
#include <backends/imgui_impl_opengl3.h>
#include <fmt/format.h>
#include <imgui.h>

#include <algorithm>
#include <utility>

#include "analyzer/view/input.h"
#include "analyzer/view/png.h"
#include "analyzer/view/theme.h"

namespace beamtape {

namespace {

constexpr double kForEver = 1e6;

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
    ImGui_ImplGlfw_InitForOpenGL(window, false);  // its callbacks: Input has them
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

Window make_window(const Surface::Options& options) {
  glfwWindowHint(GLFW_CONTEXT_VERSION_MAJOR, 3);
  glfwWindowHint(GLFW_CONTEXT_VERSION_MINOR, 2);
  glfwWindowHint(GLFW_OPENGL_PROFILE, GLFW_OPENGL_CORE_PROFILE);
  glfwWindowHint(GLFW_VISIBLE, options.visible ? GLFW_TRUE : GLFW_FALSE);
  Window window(
      glfwCreateWindow(options.width, options.height, options.title.c_str(), nullptr, nullptr));
  if (!window) return window;
  glfwMakeContextCurrent(window.get());
  glfwSwapInterval(options.visible ? 1 : 0);
  return window;
}

float scale_of(GLFWwindow* window, double wanted) {
  if (wanted > 0) return static_cast<float>(wanted);
  float x = 1, y = 1;
  glfwGetWindowContentScale(window, &x, &y);
  return std::max(1.0F, x);
}

class GlSurface : public Surface {
 public:
  GlSurface(std::unique_ptr<Display> display, Window window, const Options& options)
      : display_(std::move(display)),
        window_(std::move(window)),
        drawing_(window_.get(), options.light, scale_of(window_.get(), options.scale)),
        input_(window_.get()),
        scale_(options.scale) {}

  void draw(const std::function<void(float, float)>& build) override {
    ImGui_ImplOpenGL3_NewFrame();
    ImGui_ImplGlfw_NewFrame();
    input_.apply();
    ImGui::NewFrame();
    build(ImGui::GetIO().DisplaySize.x, ImGui::GetIO().DisplaySize.y);
    ImGui::Render();
    ImGui_ImplOpenGL3_RenderDrawData(ImGui::GetDrawData());
  }

  void hide() override { glfwHideWindow(window_.get()); }
  void show() override { glfwSwapBuffers(window_.get()); }

  void finish() override {
    using Finish = void (*)();
    if (const auto call = reinterpret_cast<Finish>(glfwGetProcAddress("glFinish"))) call();
  }

  Expected<void> save(const std::string& path) override {
    // With glFinish the only calls of OpenGL that are not ImGui's.
    using ReadPixels = void (*)(int, int, int, int, unsigned, unsigned, void*);
    const auto read = reinterpret_cast<ReadPixels>(glfwGetProcAddress("glReadPixels"));
    if (!read) {
      return fail(Error::Code::kOther,
                  fmt::format("cannot write {}: OpenGL gives no pixels", path));
    }
    constexpr unsigned kRgba = 0x1908, kUnsignedByte = 0x1401;
    int width = 0, height = 0;
    glfwGetFramebufferSize(window_.get(), &width, &height);
    std::vector<unsigned char> rgba(static_cast<std::size_t>(width) * height * 4);
    finish();
    read(0, 0, width, height, kRgba, kUnsignedByte, rgba.data());
    for (std::size_t i = 3; i < rgba.size(); i += 4) rgba[i] = 255;
    return write_png(path, width, height, rgba);
  }

  void wait(double seconds) override {
    if (seconds <= 0) {
      glfwPollEvents();
    } else if (seconds >= kForEver) {
      glfwWaitEvents();
    } else {
      glfwWaitEventsTimeout(seconds);
    }
  }

  bool closing() const override { return glfwWindowShouldClose(window_.get()) == GLFW_TRUE; }
  double now() const override { return glfwGetTime(); }
  std::vector<KeyPress> take_input() override { return input_.take(); }
  bool has_input() const override { return input_.waits(); }
  void expect_line() override { input_.expect_line(); }
  std::vector<std::string> dropped() override { return input_.dropped(); }
  std::pair<int, int> size() const override {
    std::pair<int, int> size{0, 0};
    glfwGetWindowSize(window_.get(), &size.first, &size.second);
    return size;
  }
  void set_light(bool light) override { set_theme(light, scale_of(window_.get(), scale_)); }
  std::string layout() const override { return ImGui::SaveIniSettingsToMemory(); }
  bool layout_changed() override {
    return std::exchange(ImGui::GetIO().WantSaveIniSettings, false);
  }
  void set_layout(const std::string& layout) override {
    ImGui::LoadIniSettingsFromMemory(layout.data(), layout.size());
  }
  void rename(const std::string& title) override {
    glfwSetWindowTitle(window_.get(), title.c_str());
  }

 private:
  std::unique_ptr<Display> display_;
  Window window_;
  Drawing drawing_;
  Input input_;
  double scale_;
};

}  // namespace

void Surface::wake() { glfwPostEmptyEvent(); }

Expected<std::unique_ptr<Surface>> Surface::open(const Options& options) {
  auto display = std::make_unique<Display>();
  if (!display->works()) {
    return fail(Error::Code::kNotFound,
                fmt::format("cannot open a window: no display here ({})", Display::complaint()));
  }
  auto window = make_window(options);
  if (!window) {
    return fail(Error::Code::kNotFound,
                fmt::format("cannot open a window: no OpenGL 3.2 here ({})", Display::complaint()));
  }
  return std::make_unique<GlSurface>(std::move(display), std::move(window), options);
}

}  // namespace beamtape
