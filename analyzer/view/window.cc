#include "analyzer/view/window.h"

#include <fmt/format.h>
#include <imgui.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "analyzer/load/text.h"
#include "analyzer/view/documents.h"
#include "analyzer/view/panel.h"
#include "analyzer/view/session.h"
#include "analyzer/view/start.h"
#include "analyzer/view/surface.h"
#include "analyzer/view/window_state.h"

namespace beamtape {

namespace {

// Draws until all that the frame asks for has been answered, then keeps it.
Expected<void> take_screenshot(Surface& surface, Session& session, const std::string& path) {
  // An answer that is there at once brings the next question: rows, their texts, their curves.
  // After each, a layout takes three frames to settle.
  constexpr int kQuietFrames = 12;
  for (int quiet = 0; quiet < kQuietFrames;) {
    surface.wait(0);
    surface.draw([&](float width, float height) { draw_everything(session, width, height); });
    if (session.busy()) {
      surface.wait(0.02);
      quiet = 0;
    } else {
      ++quiet;
    }
  }
  return surface.save(path);
}

// Steps while the recording plays: the time that passed times the speed.
void play(Session& session, double now, double& since) {
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

// How long to wait until the next frame: not at all while there is more to show, for ever while
// nothing happens.
class FramePace {
 public:
  void wait(Surface& surface, const Documents& documents, const Session* session) {
    constexpr double kFrame = 0.015;
    waited_for_answers_ = !session || session->busy() || documents.opening();
    double patience = kUntilSomethingHappens;
    if (documents.live()) patience = 1;
    // "reading …", a blinking caret.
    if (waited_for_answers_ || ImGui::GetIO().WantTextInput) patience = 0.25;
    if (frames_ > 0 || (session && session->playing)) patience = kFrame;
    if (surface.has_input()) patience = 0;
    const double before = surface.now();
    surface.wait(patience);
    if (surface.has_input() || surface.now() - before < 0.9 * patience) {
      frames_ = kFramesAfter;
    } else if (frames_ > 0) {
      --frames_;
    }
  }
  // Whether the frame after the wait shows all that there is to show.
  bool at_rest() const { return frames_ == 0 && !waited_for_answers_; }

 private:
  // ImGui needs a few frames after an event until what it opened has its place.
  static constexpr int kFramesAfter = 3;
  static constexpr double kUntilSomethingHappens = 1e9;

  int frames_ = kFramesAfter;
  bool waited_for_answers_ = true;
};

// For tests: what of mouse and keys has come here by now, so that they need not guess.
void count_input(Around& around, const std::vector<KeyPress>& pressed) {
  const ImGuiIO& io = ImGui::GetIO();
  around.seen.keys += pressed.size();
  for (int button = 0; button < ImGuiMouseButton_COUNT; ++button) {
    around.seen.clicks += ImGui::IsMouseClicked(button) ? 1 : 0;
  }
  around.seen.wheel += io.MouseWheel != 0 ? 1 : 0;
  around.seen.mouse = {io.MousePos.x, io.MousePos.y};
}

// One frame of the shown file. `pressed` are the keys of it.
void draw_session(Surface& surface, Session& session, const std::vector<KeyPress>& pressed) {
  session.pressed = pressed;
  surface.draw([&](float width, float height) {
    count_input(session.around, pressed);
    draw_everything(session, width, height);
  });
  session.around.typing = ImGui::GetIO().WantTextInput;
  if (session.around.opens != Opens::kNothing || std::exchange(session.around.opens_line, false)) {
    surface.expect_line();
  }
}

void run(Surface& surface, Documents& documents, const std::string& file,
         const std::string& state_path) {
  std::string state;
  double played = 0;  // when the last step was
  FramePace pace;
  bool cancelled = false;
  while (!surface.closing() && !documents.quits() && !cancelled && !documents.failed()) {
    Session* const before = documents.empty() ? nullptr : &documents.shown();
    pace.wait(surface, documents, before);
    documents.refresh(surface.now());
    const auto pressed = surface.take_input();
    if (before) {
      play(*before, surface.now(), played);
      before->around.tells_places = !state_path.empty();
      draw_session(surface, *before, pressed);
    } else {
      surface.draw([&](float width, float height) {
        cancelled = draw_opening(file, documents.opening_share(), width, height);
      });
    }
    documents.fulfil();  // before the frame is shown: a picture is taken of what was drawn
    surface.show();
    if (state_path.empty()) continue;
    const bool settled = pace.at_rest() && !surface.has_input() && !documents.opening();
    if (auto now = documents.empty() ? opening_json(file, documents.opening_share())
                                     : state_json(documents.shown(), settled);
        now != state) {
      state = std::move(now);
      write_state(state, state_path);
    }
  }
  surface.hide();
  if (!documents.empty()) documents.keep(true);
}

}  // namespace

std::vector<std::string> panel_names() {
  std::vector<std::string> names;
  for (const Panel& panel : all_panels()) names.push_back(panel.name);
  return names;
}

Expected<void> show_window(const WindowOptions& options, const FileAccess& files) {
  if (!options.panel.empty() && !find_panel(options.panel)) {
    return fail(Error::Code::kUsage,
                fmt::format("cannot show tab '{}': there is none; there are {}", options.panel,
                            joined(panel_names(), ", ")));
  }
  const bool screenshot = !options.screenshot.empty();
  // A picture is the same for everybody.
  const std::string memory = screenshot ? "" : remembered_path();
  const auto remembered = std::make_shared<Remembered>(load_remembered(memory));
  if (options.width > 0) remembered->width = options.width;
  if (options.height > 0) remembered->height = options.height;
  remembered->light |= options.light;
  auto surface = Surface::open({"beamtape: " + options.file, remembered->width, remembered->height,
                                !screenshot, remembered->light, options.scale});
  if (!surface) {
    // What is wrong with the file or the words is told first: it would be so with a display too.
    const auto file = files.open(options.file);
    if (!file) return tl::unexpected(file.error());
    const auto start = starting_point(*file, options);
    if (!start) return tl::unexpected(start.error());
    return fail(surface.error().code,
                fmt::format("{}; the other commands work without, as in `beamtape-analyzer "
                            "findings {}`",
                            surface.error().message, options.file));
  }
  (*surface)->set_layout(remembered->layout);
  Documents documents(**surface, files, remembered, memory);
  documents.open_first(options);
  if (!screenshot) run(**surface, documents, options.file, options.state);
  while (screenshot && documents.opening()) {
    (*surface)->wait(0.02);
    documents.fulfil();
  }
  if (documents.failed()) return tl::unexpected(*documents.failed());
  if (screenshot) return take_screenshot(**surface, documents.shown(), options.screenshot);
  return {};
}

}  // namespace beamtape
